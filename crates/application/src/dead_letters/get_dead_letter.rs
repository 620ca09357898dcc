//! One dead letter.

use super::not_found;
use crate::{Application, Caller, Context, Error};
use wareroom_domain::DeadLetterId;
use wareroom_ports::DeadLetter;

pub(crate) async fn execute(app: &Application, context: &Context, id: DeadLetterId) -> Result<DeadLetter, Error> {
    let Caller::Operator = context.caller;
    let mut unit = app.ports.store.begin().await?;
    unit.dead_letters().load(id).await?.ok_or_else(not_found)
}
