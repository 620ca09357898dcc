//! Asks for all dead letters that fit a filter to be replayed. However many they are, they are only marked here: workers
//! replay them at their own pace, and a crash forgets none.

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
    let once = app.once(context, fingerprint("retry_dead_letters", filter));
    write(async || {
        let mut unit = app.ports.store.begin().await?;
        let ours = match once.reserve(&mut *unit).await? {
            Turn::Ours(ours) => ours,
            Turn::Told(told) => return Ok(told),
        };
        let marked = unit.dead_letters().mark(filter).await?;
        ours.answer(&mut *unit, &marked).await?;
        unit.commit().await?;
        Ok(Answered::now(marked))
    })
    .await
}
