//! Carries jobs from the outbox to the queue. A job that was published and not yet forgotten when the process dies is published
//! again: receivers expect duplicates.

use crate::{Application, Error, ErrorCode};
use wareroom_ports::Message;

pub(crate) async fn execute(app: &Application) -> Result<usize, Error> {
    let Some(outbox) = &app.ports.outbox else { return Ok(0) };
    let claimed = outbox.claim(app.settings.batch, app.settings.relay_lease).await?;
    if claimed.is_empty() {
        return Ok(0);
    }
    let messages: Vec<Message> = claimed.iter().map(|row| row.message.clone()).collect();
    let outcomes = app.ports.queue.publish(&messages).await.map_err(|error| {
        Error::new(ErrorCode::Unavailable, "the queue cannot be used now; its jobs wait in the outbox").caused_by(error)
    })?;
    let (mut published, mut refused) = (vec![], vec![]);
    for (row, outcome) in claimed.into_iter().zip(outcomes) {
        match outcome {
            Ok(()) => published.push(row),
            Err(error) => refused.push(error),
        }
    }
    if let Some(error) = refused.first() {
        tracing::warn!(refused = refused.len(), %error, "the queue refused jobs; they wait in the outbox and are tried again");
    }
    outbox.done(&published).await?;
    Ok(published.len())
}
