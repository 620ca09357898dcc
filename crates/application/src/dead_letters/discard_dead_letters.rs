//! Removes all dead letters that fit a filter. Their images stay as they are.

use super::filtered::{Fate, decide};
use crate::idempotency::Answered;
use crate::{Application, Context, Error};
use wareroom_ports::DeadLetterFilter;

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    filter: &DeadLetterFilter,
) -> Result<Answered<u64>, Error> {
    decide(app, context, Fate::Discarded, filter).await
}
