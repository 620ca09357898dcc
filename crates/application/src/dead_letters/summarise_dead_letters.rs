//! Dead letters, counted by reason and host.

use crate::{Application, Caller, Context, Error};
use wareroom_ports::{DeadLetterCount, DeadLetterFilter};

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    filter: &DeadLetterFilter,
) -> Result<Vec<DeadLetterCount>, Error> {
    let Caller::Operator = context.caller;
    Ok(app.ports.dead_letters.summary(filter).await?)
}
