//! What every unit of work shares.

use crate::Application;
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::{Changed, Event, MessageId, ProductId, Stamped, Trace, Version};
use wareroom_ports::{Invalidation, StoreError, UnitOfWork};

/// How often a use case is run again after a conflict, and the first of the waits before, each twice the one before it: 0.6 s
/// together. Stores have conflicts that pass in no time, and the collector keeps a blob's name for as long as it deletes it.
const CONFLICT_RETRIES: u32 = 6;
const CONFLICT_WAIT: Duration = Duration::from_millis(10);

/// Runs a whole use case again when its unit of work met a conflict; the closure must have no other effect than its unit.
pub(crate) async fn retry_conflicts<T, F, Answer>(mut attempt: F) -> Result<T, StoreError>
where
    F: FnMut() -> Answer,
    Answer: Future<Output = Result<T, StoreError>>,
{
    for retry in 0..CONFLICT_RETRIES {
        match attempt().await {
            Err(StoreError::Conflict) => tokio::time::sleep(CONFLICT_WAIT * 2_u32.pow(retry)).await,
            other => return other,
        }
    }
    attempt().await
}

impl Application {
    /// Gives a job or an event its identity, moment and origin.
    pub(crate) fn stamp<T>(&self, trace: &Trace, body: T) -> Stamped<T> {
        Stamped { id: MessageId(self.ports.ids.uuid()), at: self.ports.clock.now(), trace: trace.clone(), body }
    }

    /// Leaves an event in the unit's outbox.
    pub(crate) fn tell(&self, unit: &mut dyn UnitOfWork, trace: &Trace, event: Event) {
        unit.outbox().event(self.stamp(trace, event));
    }

    /// Stores a move of an image that the pipeline made: the image, the version of its product, the event.
    pub(crate) async fn save_change(
        &self,
        unit: &mut dyn UnitOfWork,
        trace: &Trace,
        changed: &Changed,
    ) -> Result<Option<(ProductId, Version)>, StoreError> {
        unit.images().save(&changed.image).await?;
        let Some(product) = changed.image.owner.product() else { return Ok(None) };
        let now: Timestamp = self.ports.clock.now();
        let Some(version) = unit.products().touch(product, now).await? else { return Ok(None) };
        self.tell(unit, trace, changed.event(product, version));
        Ok(Some((product, version)))
    }

    /// To be asked by the unit that is about to name blobs which were claimed at that moment and put since: a conflict when the
    /// claim may run out before it commits. Then a collector may have deleted them, and `hold` cannot tell, when somebody else
    /// has claimed the same bytes since.
    pub(crate) fn still_claimed(&self, claimed_at: Timestamp) -> Result<(), StoreError> {
        let passed = Duration::try_from(self.ports.clock.now().duration_since(claimed_at)).unwrap_or_default();
        if passed <= self.settings.blob_claim / 2 { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// Tells the caches what a committed unit overwrote, before its caller is answered.
    pub(crate) async fn announce(&self, change: Option<(ProductId, Version)>) {
        if let Some((product, version)) = change {
            self.ports.invalidations.announce(&[Invalidation::Product(product, version)]).await;
        }
    }
}
