//! Writes the API's description. Made from the code: needs no service, no configuration and no data.

use super::Ended;
use crate::command_line::PROFILE;
use clap::ArgMatches;
use std::io::Write;

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let document = match arguments.get_one::<String>(PROFILE).map(String::as_str) {
        Some("rust") => wareroom_app_api::openapi_for_rust(),
        _ => wareroom_app_api::openapi(),
    };
    std::io::stdout().write_all(document.as_bytes())?;
    Ok(())
}
