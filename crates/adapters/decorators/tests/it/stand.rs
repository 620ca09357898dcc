//! A store, a cache, and the decorators between them; and caches and queries that misbehave.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use wareroom_decorators::{CacheInvalidations, CachedProductQueries};
use wareroom_domain::{Description, PersonName, Price, ProductDraft, ProductId, ProductName, UserDraft, Version};
use wareroom_memory::{LocalInvalidations, MemoryCache, MemoryConfig, MemoryStore};
use wareroom_ports::{
    Cache, CacheError, CacheKey, Cached, Invalidation, Invalidations, Origin, ProductFilter, ProductPage,
    ProductQueries, ProductView, Put, Store, StoreError,
};

pub(crate) const TTL: Duration = Duration::from_mins(1);

pub(crate) struct Stand {
    pub(crate) store: MemoryStore,
    pub(crate) queries: Arc<dyn ProductQueries>,
    pub(crate) invalidations: Arc<dyn Invalidations>,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(MemoryConfig::default(), Arc::new(MemoryCache::new(500)))
    }

    pub(crate) fn with(config: MemoryConfig, cache: Arc<dyn Cache>) -> Self {
        let store = MemoryStore::new(config);
        let reads = Arc::new(store.clone());
        Self::over(store, reads, cache)
    }

    pub(crate) fn over(store: MemoryStore, reads: Arc<dyn ProductQueries>, cache: Arc<dyn Cache>) -> Self {
        let queries = Arc::new(CachedProductQueries::new(reads, Arc::clone(&cache), TTL));
        let local = Arc::new(LocalInvalidations::default());
        Self { store, queries, invalidations: Arc::new(CacheInvalidations::new(local, cache, TTL)) }
    }

    /// Stores a product of a new user and announces it.
    pub(crate) async fn create(&self) -> ProductId {
        let id = self.store_new().await;
        self.invalidations.announce(&[Invalidation::Product(id, Version(1))]).await;
        id
    }

    /// Stores a product of a new user and tells nobody.
    pub(crate) async fn store_new(&self) -> ProductId {
        let created_at = Timestamp::UNIX_EPOCH;
        let name = PersonName::new("Ada").unwrap();
        let mut unit = self.store.begin().await.unwrap();
        let user = UserDraft { first_name: name.clone(), last_name: name, created_at };
        let owner = unit.users().insert(&user).await.unwrap().id;
        let draft = ProductDraft {
            owner,
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("").unwrap(),
            price: Price::default(),
            created_at,
        };
        let product = unit.products().insert(&draft).await.unwrap();
        unit.commit().await.unwrap();
        product.id
    }

    /// Changes a product and announces that.
    pub(crate) async fn change(&self, id: ProductId) -> Version {
        let mut unit = self.store.begin().await.unwrap();
        let version = unit.products().touch(id, Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
        unit.commit().await.unwrap();
        self.invalidations.announce(&[Invalidation::Product(id, version)]).await;
        version
    }

    /// Deletes a product, whose version this was, and announces that.
    pub(crate) async fn delete(&self, id: ProductId, version: Version) {
        let mut unit = self.store.begin().await.unwrap();
        assert!(unit.products().delete(id).await.unwrap());
        unit.commit().await.unwrap();
        self.invalidations.announce(&[Invalidation::Product(id, version.next())]).await;
    }

    /// The version that a reader sees, and where it came from.
    pub(crate) async fn read(&self, id: ProductId) -> (Option<Version>, Origin) {
        let (view, origin) = self.queries.get(id).await.unwrap();
        (view.map(|view| view.product.version), origin)
    }
}

/// A cache that cannot be reached while it is gone.
pub(crate) struct FlakyCache {
    pub(crate) inner: MemoryCache,
    pub(crate) gone: Arc<AtomicBool>,
}

impl FlakyCache {
    fn pass(&self) -> Result<(), CacheError> {
        if self.gone.load(Ordering::SeqCst) {
            return Err(CacheError::Unavailable("connection refused".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Cache for FlakyCache {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        self.pass()?;
        self.inner.get(key).await
    }

    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError> {
        self.pass()?;
        self.inner.put(key, version, value, ttl).await
    }

    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        self.pass()?;
        self.inner.invalidate(entries, ttl).await
    }
}

/// A cache that takes nothing more.
pub(crate) struct FullCache {
    pub(crate) inner: MemoryCache,
}

#[async_trait]
impl Cache for FullCache {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        self.inner.get(key).await
    }

    async fn put(&self, _: &CacheKey, _: Version, _: Option<Bytes>, _: Duration) -> Result<Put, CacheError> {
        Err(CacheError::Backend("out of memory".into()))
    }

    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        self.inner.invalidate(entries, ttl).await
    }
}

/// A cache whose values come back changed.
pub(crate) struct SpoilingCache {
    pub(crate) inner: MemoryCache,
    pub(crate) spoil: fn(&mut Vec<u8>),
}

#[async_trait]
impl Cache for SpoilingCache {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        Ok(match self.inner.get(key).await? {
            Cached::Value { version, bytes } => {
                let mut bytes = bytes.to_vec();
                (self.spoil)(&mut bytes);
                Cached::Value { version, bytes: bytes.into() }
            }
            other => other,
        })
    }

    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError> {
        self.inner.put(key, version, value, ttl).await
    }

    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        self.inner.invalidate(entries, ttl).await
    }
}

/// Queries that read at once and answer when they are let. `has_read` has a permit for each read.
pub(crate) struct SlowQueries {
    pub(crate) inner: MemoryStore,
    pub(crate) has_read: Semaphore,
    pub(crate) may_answer: Semaphore,
}

impl SlowQueries {
    /// A stand over such queries, and them.
    pub(crate) fn stand(cache: Arc<dyn Cache>) -> (Stand, Arc<Self>) {
        let store = MemoryStore::default();
        let (has_read, may_answer) = (Semaphore::new(0), Semaphore::new(0));
        let slow = Arc::new(Self { inner: store.clone(), has_read, may_answer });
        (Stand::over(store, slow.clone(), cache), slow)
    }
}

#[async_trait]
impl ProductQueries for SlowQueries {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let answer = self.inner.get(id).await;
        self.has_read.add_permits(1);
        self.may_answer.acquire().await.unwrap().forget();
        answer
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.inner.list(filter, page).await
    }
}
