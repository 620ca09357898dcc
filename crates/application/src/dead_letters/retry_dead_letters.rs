//! Asks for all dead letters that fit a filter to be replayed. However many they are, they are only marked here: workers
//! replay them at their own pace, and a crash forgets none.

use super::filtered::{Fate, decide};
use crate::idempotency::Answered;
use crate::{Application, Context, Error};
use wareroom_ports::DeadLetterFilter;

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    filter: &DeadLetterFilter,
) -> Result<Answered<u64>, Error> {
    decide(app, context, Fate::Replayed, filter).await
}
