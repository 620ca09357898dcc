//! Writes the API's description. Made from the code: needs no service, no configuration and no data.

use super::Ended;
use std::io::Write;

pub(crate) fn run() -> Ended {
    std::io::stdout().write_all(wareroom_app_api::openapi().as_bytes())?;
    Ok(())
}
