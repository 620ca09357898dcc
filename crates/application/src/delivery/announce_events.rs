//! Announces what events invalidate. Every write announces itself before it is answered; this is the second time, for whoever
//! died in between.

use crate::{Application, Error};
use wareroom_domain::EventPosition;
use wareroom_ports::{Invalidation, LogPage};

pub(crate) async fn execute(app: &Application, after: EventPosition) -> Result<EventPosition, Error> {
    let events = match app.ports.events.read(after, app.settings.batch).await? {
        LogPage::Events(events) => events,
        LogPage::Pruned { .. } => return skip(app).await,
    };
    let Some(&(last, _)) = events.last() else { return Ok(after) };
    let changes: Vec<Invalidation> = events
        .iter()
        .filter_map(|(_, event)| event.body.product())
        .map(|(product, version)| Invalidation::Product(product, version))
        .collect();
    app.ports.invalidations.repeat(&changes).await;
    Ok(last)
}

/// What was missed cannot be told one by one any more. The head is looked up first: what happens from then on is announced
/// by its own event.
async fn skip(app: &Application) -> Result<EventPosition, Error> {
    let head = app.ports.events.head().await?;
    app.ports.invalidations.announce(&[Invalidation::Everything]).await;
    Ok(head)
}
