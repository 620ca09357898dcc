//! A part of the list of dead letters, the newest first.

use crate::{Application, Caller, Context, Error, Listed};
use jiff::Timestamp;
use wareroom_domain::DeadLetterId;
use wareroom_ports::{DeadLetter, DeadLetterFilter};

/// Which part of which list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDeadLetters {
    /// Which dead letters.
    pub filter: DeadLetterFilter,
    /// Only those behind this one; from the newest without it.
    pub after: Option<(Timestamp, DeadLetterId)>,
    /// At most so many.
    pub limit: usize,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: ListDeadLetters,
) -> Result<Listed<DeadLetter, (Timestamp, DeadLetterId)>, Error> {
    let Caller::Operator = context.caller;
    let ListDeadLetters { filter, after, limit } = command;
    let found = app.ports.dead_letters.list(&filter, after, limit.saturating_add(1)).await?;
    Ok(Listed::first(limit, found, |letter| (letter.at, letter.id)))
}
