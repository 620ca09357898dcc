//! Does again, at once, what one dead letter asks for.

use super::{not_found, replay::replay};
use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::{Application, Caller, Context, Error, write::write};
use wareroom_domain::DeadLetterId;

/// Answers to how many images are processed again by that: none when the letter's is gone or has not failed.
pub(crate) async fn execute(app: &Application, context: &Context, id: DeadLetterId) -> Result<Answered<u64>, Error> {
    let Caller::Operator = context.caller;
    let once = app.once(context, Fingerprint::of("retry_dead_letter").field("id", id.to_string()));
    let outlook = app.outlook().await;
    let (retried, change) = write(async || {
        let mut unit = app.ports.store.begin().await?;
        let ours = match once.reserve(&mut *unit).await? {
            Turn::Ours(ours) => ours,
            Turn::Told(told) => return Ok((told, None)),
        };
        outlook.admit()?;
        let letter = unit.dead_letters().load(id).await?.ok_or_else(not_found)?;
        let change = replay(app, &mut *unit, &context.trace, &letter).await?;
        let retried = u64::from(change.is_some());
        ours.answer(&mut *unit, &retried).await?;
        unit.commit().await?;
        Ok((Answered::now(retried), change))
    })
    .await?;
    app.announce(change).await;
    Ok(retried)
}
