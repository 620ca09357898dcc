//! Announces what events invalidate. Every write announces itself before it is answered; this is the second time, for whoever
//! died in between.

use crate::{Application, Error};
use wareroom_domain::EventPosition;
use wareroom_ports::Invalidation;

pub(crate) async fn execute(app: &Application, after: EventPosition) -> Result<EventPosition, Error> {
    let events = app.ports.events.read(after, app.settings.batch).await?;
    let Some(&(last, _)) = events.last() else { return Ok(after) };
    let changes: Vec<Invalidation> = events
        .iter()
        .filter_map(|(_, event)| event.body.product())
        .map(|(product, version)| Invalidation::Product(product, version))
        .collect();
    app.ports.invalidations.announce(&changes).await;
    Ok(last)
}
