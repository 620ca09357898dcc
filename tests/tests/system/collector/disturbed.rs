//! Stores whose calls take a random time, and that may be wrong in one way. Knows nothing of who calls them.

use async_trait::async_trait;
use bytes::Bytes;
use fastrand::Rng;
use jiff::Timestamp;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::sleep;
use wareroom_domain::{BlobKey, Sha256};
use wareroom_ports::{
    Blob, BlobError, BlobListing, BlobMeta, BlobRefs, BlobStore, DeadLetters, IdempotencyKey, IdempotencyKeys,
    ImageRepo, Outbox, ProductRepo, Reservation, Store, StoreError, UnitOfWork, UserRepo,
};

/// What may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// A claim takes no notice of a collector that has condemned the name.
    ClaimsTheCondemned,
    /// Two collectors are at work at once.
    LetsEveryCollectorIn,
    /// A collector deletes bytes before anybody can know that it is about to.
    DeletesFirst,
}

/// Pauses of random lengths. Clones draw from the same randomness.
#[derive(Clone)]
pub(super) struct Pauses(Arc<Mutex<Rng>>);

impl Pauses {
    pub(super) fn new(random: &mut Rng) -> Self {
        Self(Arc::new(Mutex::new(random.fork())))
    }

    async fn pause(&self) {
        let drawn = self.0.lock().unwrap().u64(..8);
        match drawn {
            0..4 => {}
            4 | 5 => yield_now().await,
            milliseconds => sleep(Duration::from_millis(milliseconds - 5)).await,
        }
    }
}

/// A store behind pauses.
pub(super) struct DisturbedStore {
    pub(super) store: Arc<dyn Store>,
    pub(super) pauses: Pauses,
    pub(super) wrong: Option<Wrong>,
}

#[async_trait]
impl Store for DisturbedStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.pauses.pause().await;
        let unit = self.store.begin().await?;
        Ok(Box::new(DisturbedUnit { unit, pauses: self.pauses.clone(), wrong: self.wrong }))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

struct DisturbedUnit {
    unit: Box<dyn UnitOfWork>,
    pauses: Pauses,
    wrong: Option<Wrong>,
}

#[async_trait]
impl UnitOfWork for DisturbedUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self.unit.products()
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self.unit.images()
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self.unit.users()
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self.unit.dead_letters()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.unit.outbox()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { unit, pauses, .. } = *self;
        unit.commit().await?;
        pauses.pause().await;
        Ok(())
    }
}

#[async_trait]
impl BlobRefs for DisturbedUnit {
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError> {
        if self.wrong == Some(Wrong::ClaimsTheCondemned) {
            self.unit.blobs().bury(keys).await?;
        }
        self.unit.blobs().claim(keys, lease).await
    }

    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.unit.blobs().hold(keys).await
    }

    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.unit.blobs().drop_references(keys).await
    }

    async fn condemn(&mut self, limit: usize) -> Result<Vec<BlobKey>, StoreError> {
        self.unit.blobs().condemn(limit).await
    }

    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.unit.blobs().bury(keys).await
    }
}

#[async_trait]
impl IdempotencyKeys for DisturbedUnit {
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError> {
        match self.unit.idempotency().reserve(key, fingerprint, at, lease).await? {
            Reservation::Running if self.wrong == Some(Wrong::LetsEveryCollectorIn) => {
                Ok(Reservation::Granted { token: 0 })
            }
            reserved => Ok(reserved),
        }
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        self.unit.idempotency().answer(key, token, result).await
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        self.unit.idempotency().forget(key, token).await
    }
}

/// Blobs behind pauses.
pub(super) struct DisturbedBlobs {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) pauses: Pauses,
}

impl DisturbedBlobs {
    async fn disturbed<T>(&self, call: impl Future<Output = T> + Send) -> T {
        self.pauses.pause().await;
        let answer = call.await;
        self.pauses.pause().await;
        answer
    }
}

#[async_trait]
impl BlobStore for DisturbedBlobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.disturbed(self.blobs.put(key, bytes)).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.disturbed(self.blobs.get(key, range)).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.disturbed(self.blobs.head(key)).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.disturbed(self.blobs.delete(key)).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.blobs.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.blobs.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.blobs.check().await
    }
}
