//! Gives committed events their place in the one order. Any number of processes may run it.

use crate::{Application, Error};

pub(crate) async fn execute(app: &Application) -> Result<usize, Error> {
    Ok(app.ports.events.sequence(app.settings.batch).await?)
}
