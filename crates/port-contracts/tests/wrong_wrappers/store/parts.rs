//! Blob references and the outbox of the wrong store's unit.

use super::Fault;
use super::unit::WrongUnit;
use async_trait::async_trait;
use futures::FutureExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;
use wareroom_domain::{BlobKey, Event, Job, MessageId, Stamped};
use wareroom_ports::{BlobRefs, Message, Outbox, Queue, StoreError};

#[async_trait]
impl BlobRefs for WrongUnit {
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError> {
        let until = Instant::now() + lease;
        self.store.remembered().claims.extend(keys.iter().map(|key| (*key, until)));
        let lease = if self.is(Fault::ForgetsClaims) { Duration::ZERO } else { lease };
        if self.is(Fault::RevivesWhatIsClaimed) {
            self.behind().await.blobs().bury(keys).await?;
        }
        self.behind().await.blobs().claim(keys, lease).await
    }

    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let mut keys = keys.to_vec();
        if self.is(Fault::CountsOneReferenceAKey) {
            keys.retain(|key| self.store.remembered().held.insert(*key));
        }
        if self.is(Fault::RevivesWhatIsHeld) {
            self.behind().await.blobs().bury(&keys).await?;
        }
        if self.is(Fault::RevivesWhatIsHeld) || self.is(Fault::RegistersWhatIsHeld) {
            self.behind().await.blobs().claim(&keys, Duration::ZERO).await?;
        }
        self.behind().await.blobs().hold(&keys).await
    }

    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let times = if self.is(Fault::DropsAllReferences) { 9 } else { 1 };
        self.behind().await.blobs().drop_references(&keys.repeat(times)).await
    }

    async fn condemn(&mut self, limit: usize) -> Result<Vec<BlobKey>, StoreError> {
        let mut condemned = self.behind().await.blobs().condemn(limit).await?;
        match self.store.fault {
            Some(Fault::LetsTheLastClaimWin) => {
                let now = Instant::now();
                let remembered = self.store.remembered();
                condemned = remembered.claims.iter().filter(|(_, until)| **until <= now).map(|(key, _)| *key).collect();
            }
            Some(Fault::NeverCondemnsRenditions) => condemned.retain(|key| matches!(key, BlobKey::Source(_))),
            Some(Fault::CondemnsOnlyOnce) => condemned.retain(|key| self.store.remembered().condemned.insert(*key)),
            _ => {}
        }
        Ok(condemned)
    }

    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        if self.is(Fault::BuriesNothing) { Ok(()) } else { self.behind().await.blobs().bury(keys).await }
    }
}

impl Outbox for WrongUnit {
    fn job(&mut self, mut job: Stamped<Job>, due_in: Duration) {
        let due_in = match self.store.fault {
            Some(Fault::LeavesJobsBesideThemselves) => {
                static LEFT: AtomicU64 = AtomicU64::new(1);
                job.id = MessageId(Uuid::from_u128(LEFT.fetch_add(1, Ordering::Relaxed).into()));
                due_in
            }
            Some(Fault::CommitsWithoutTheOutbox) => return,
            Some(Fault::PublishesBeforeTheCommit) => {
                drop(self.store.behind.publish(&[Message::of(&job)]).now_or_never());
                return;
            }
            Some(Fault::LendsBeforeTheTime) => Duration::ZERO,
            Some(Fault::LendsLongAfterTheTime) => 1_000 * due_in,
            _ => due_in,
        };
        if let Some(behind) = &mut self.behind {
            behind.outbox().job(job, due_in);
        }
    }

    fn event(&mut self, event: Stamped<Event>) {
        if let Some(behind) = self.behind.as_mut().filter(|_| !self.store.is(Fault::CommitsWithoutTheOutbox)) {
            behind.outbox().event(event);
        }
    }
}
