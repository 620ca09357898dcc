//! What becomes of all dead letters that fit a filter.

use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::{Application, Caller, Context, Error, write::write};
use wareroom_domain::Reason;
use wareroom_ports::DeadLetterFilter;

#[derive(Clone, Copy)]
pub(super) enum Fate {
    /// A worker is to replay them.
    Replayed,
    /// They go.
    Discarded,
}

/// Decides it for all of them in one unit of work; answers to how many there are.
pub(super) async fn decide(
    app: &Application,
    context: &Context,
    fate: Fate,
    filter: &DeadLetterFilter,
) -> Result<Answered<u64>, Error> {
    let Caller::Operator = context.caller;
    let use_case = match fate {
        Fate::Replayed => "retry_dead_letters",
        Fate::Discarded => "discard_dead_letters",
    };
    let once = app.once(context, fingerprint(use_case, filter));
    write(async || {
        let mut unit = app.ports.store.begin().await?;
        let ours = match once.reserve(&mut *unit).await? {
            Turn::Ours(ours) => ours,
            Turn::Told(told) => return Ok(told),
        };
        let count = match fate {
            Fate::Replayed => unit.dead_letters().mark(filter).await?,
            Fate::Discarded => unit.dead_letters().discard(filter).await?,
        };
        ours.answer(&mut *unit, &count).await?;
        unit.commit().await?;
        Ok(Answered::now(count))
    })
    .await
}

/// What is asked for by this use case and this filter.
fn fingerprint(use_case: &str, filter: &DeadLetterFilter) -> Fingerprint {
    let DeadLetterFilter { product, owner, host, reason, from, to } = filter;
    Fingerprint::of(use_case)
        .optional("product", product.map(|id| id.to_string()))
        .optional("owner", owner.map(|id| id.to_string()))
        .optional("host", host.as_ref())
        .optional("reason", reason.map(Reason::code))
        .optional("from", from.map(|at| at.to_string()))
        .optional("to", to.map(|at| at.to_string()))
}
