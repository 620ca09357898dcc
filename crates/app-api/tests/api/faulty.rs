//! Stores and blobs that fail, or panic, as they are told.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wareroom_application::Ports;
use wareroom_domain::{BlobKey, DeadLetterId, ProductId, User, UserId};
use wareroom_ports::{
    Blob, BlobError, BlobListing, BlobMeta, BlobStore, DeadLetter, DeadLetterCount, DeadLetterFilter,
    DeadLetterQueries, Origin, ProductFilter, ProductPage, ProductQueries, ProductView, Store, StoreError, UnitOfWork,
    UserFilter, UserQueries,
};

/// What everything behind the API does from now on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    /// What it always does.
    Works,
    /// Answers every write with this.
    FailsToWrite(fn() -> StoreError),
    /// Answers everything with this.
    Fails(fn() -> StoreError),
    /// Panics.
    Panics,
}

/// Tells them all what to do.
#[derive(Clone)]
pub(crate) struct Switch(Arc<Mutex<Behaviour>>);

impl Switch {
    /// Puts itself between the application and what is behind it, which works for now.
    pub(crate) fn between(ports: &mut Ports) -> Self {
        let switch = Self(Arc::new(Mutex::new(Behaviour::Works)));
        ports.store = Arc::new(Faulty { inner: Arc::clone(&ports.store), switch: switch.clone() });
        ports.products = Arc::new(Faulty { inner: Arc::clone(&ports.products), switch: switch.clone() });
        ports.users = Arc::new(Faulty { inner: Arc::clone(&ports.users), switch: switch.clone() });
        ports.dead_letters = Arc::new(Faulty { inner: Arc::clone(&ports.dead_letters), switch: switch.clone() });
        ports.blobs = Arc::new(Faulty { inner: Arc::clone(&ports.blobs), switch: switch.clone() });
        switch
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.0.lock().unwrap() = behaviour;
    }

    fn read(&self) -> Result<(), StoreError> {
        let behaviour = *self.0.lock().unwrap();
        match behaviour {
            Behaviour::Works | Behaviour::FailsToWrite(_) => Ok(()),
            Behaviour::Fails(error) => Err(error()),
            Behaviour::Panics => panic!("hunter2 was asked for"),
        }
    }

    fn write(&self) -> Result<(), StoreError> {
        let behaviour = *self.0.lock().unwrap();
        if let Behaviour::FailsToWrite(error) = behaviour { Err(error()) } else { self.read() }
    }

    fn blob(&self) -> Result<(), BlobError> {
        self.read().map_err(|error| BlobError::Unavailable(error.into()))
    }
}

struct Faulty<T: ?Sized> {
    inner: Arc<T>,
    switch: Switch,
}

#[async_trait]
impl Store for Faulty<dyn Store> {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.switch.write()?;
        self.inner.begin().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.switch.write()?;
        self.inner.check().await
    }
}

#[async_trait]
impl ProductQueries for Faulty<dyn ProductQueries> {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        self.switch.read()?;
        self.inner.get(id).await
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.switch.read()?;
        self.inner.list(filter, page).await
    }
}

#[async_trait]
impl UserQueries for Faulty<dyn UserQueries> {
    async fn get(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.switch.read()?;
        self.inner.get(id).await
    }

    async fn list(&self, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.switch.read()?;
        self.inner.list(filter, after, limit).await
    }
}

#[async_trait]
impl DeadLetterQueries for Faulty<dyn DeadLetterQueries> {
    async fn list(
        &self,
        filter: &DeadLetterFilter,
        after: Option<(Timestamp, DeadLetterId)>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.switch.read()?;
        self.inner.list(filter, after, limit).await
    }

    async fn summary(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>, StoreError> {
        self.switch.read()?;
        self.inner.summary(filter).await
    }
}

#[async_trait]
impl BlobStore for Faulty<dyn BlobStore> {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.switch.blob()?;
        self.inner.put(key, bytes).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.switch.blob()?;
        self.inner.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.switch.blob()?;
        self.inner.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.switch.blob()?;
        self.inner.delete(key).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.inner.list(after)
    }

    async fn leftovers(&self, older_than: Duration, dry_run: bool) -> Result<u64, BlobError> {
        self.inner.leftovers(older_than, dry_run).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.switch.blob()?;
        self.inner.check().await
    }
}
