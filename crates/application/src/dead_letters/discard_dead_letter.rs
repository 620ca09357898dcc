//! Removes a dead letter. Its image stays as it is: failed, and still to be retried at its product.

use super::not_found;
use crate::{Application, Caller, Context, Error, unit::retry_conflicts};
use wareroom_domain::DeadLetterId;

pub(crate) async fn execute(app: &Application, context: &Context, id: DeadLetterId) -> Result<(), Error> {
    let Caller::Operator = context.caller;
    let removed = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let removed = unit.dead_letters().remove(id).await?;
        unit.commit().await?;
        Ok(removed)
    })
    .await?;
    if removed { Ok(()) } else { Err(not_found()) }
}
