//! A store whose kept results are in forms that are read no longer.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::Sha256;
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKey, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, Reservation, Store,
    StoreError, UnitOfWork, UserRepo,
};

/// A store of which another release, with other forms, kept the results.
pub(super) struct OlderForms(pub(super) Arc<dyn Store>);

struct OlderUnit(Box<dyn UnitOfWork>);

#[async_trait]
impl Store for OlderForms {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(OlderUnit(self.0.begin().await?)))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.0.check().await
    }
}

#[async_trait]
impl UnitOfWork for OlderUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self.0.products()
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self.0.images()
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self.0.users()
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self.0.blobs()
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self.0.dead_letters()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.0.outbox()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit().await
    }
}

#[async_trait]
impl IdempotencyKeys for OlderUnit {
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError> {
        self.0.idempotency().reserve(key, fingerprint, at, lease).await
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        let older = [&[0], &result[1..]].concat();
        self.0.idempotency().answer(key, token, older.into()).await
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        self.0.idempotency().forget(key, token).await
    }
}
