//! Removes all dead letters that fit a filter. Their images stay as they are.

use super::filtered::fingerprint;
use crate::idempotency::{Answered, Turn};
use crate::{Application, Caller, Context, Error, write::write};
use wareroom_ports::DeadLetterFilter;

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    filter: &DeadLetterFilter,
) -> Result<Answered<u64>, Error> {
    let Caller::Operator = context.caller;
    let once = app.once(context, fingerprint("discard_dead_letters", filter));
    write(async || {
        let mut unit = app.ports.store.begin().await?;
        let ours = match once.reserve(&mut *unit).await? {
            Turn::Ours(ours) => ours,
            Turn::Told(told) => return Ok(told),
        };
        let discarded = unit.dead_letters().discard(filter).await?;
        ours.answer(&mut *unit, &discarded).await?;
        unit.commit().await?;
        Ok(Answered::now(discarded))
    })
    .await
}
