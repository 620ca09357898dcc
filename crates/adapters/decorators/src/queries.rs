//! Products from the cache, or from the store and then into the cache.

use crate::{absences::Absences, cache_key, flights::Flights, lifetime, reachability::Reachability};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wareroom_domain::{ProductId, Version};
use wareroom_ports::{
    Cache, CacheKey, Cached, Origin, ProductFilter, ProductPage, ProductQueries, ProductView, StoreError, decode_view,
    encode_view,
};

/// Queries with a shared cache in front.
///
/// A value is put under the version it had when it was read, so the cache refuses it when a newer version was announced
/// meanwhile; see [`CacheInvalidations`](crate::CacheInvalidations). That a product does not exist is put under version 0,
/// for a few seconds: the announcement of its first version forbids it as it forbids any older value, also to one who looked
/// before the product was there and puts that afterwards. Ids are never given twice, so after its last version nothing can
/// come back.
///
/// Lists are not cached: any write may move any of them.
///
/// Readers of one product that miss together share reads of the store, one at a time. None of them is given what was read
/// before they came: see `flights.rs`.
pub struct CachedProductQueries {
    inner: Arc<dyn ProductQueries>,
    cache: Arc<dyn Cache>,
    ttl: Duration,
    absences: Absences,
    flights: Flights<(Option<Arc<ProductView>>, Origin)>,
    /// Apart from each other: a cache that is full still tells what it has.
    reading: Reachability,
    keeping: Reachability,
}

impl CachedProductQueries {
    /// A cache in front of `inner` whose values live for `ttl` or up to a tenth less, and absences for 5 s at most.
    pub fn new(inner: Arc<dyn ProductQueries>, cache: Arc<dyn Cache>, ttl: Duration) -> Self {
        Self {
            inner,
            cache,
            ttl,
            absences: Absences::beside(ttl),
            flights: Flights::default(),
            reading: Reachability::new("products are read from the store"),
            keeping: Reachability::new("what is read is not kept"),
        }
    }

    /// The same, with that a product does not exist cached for so long; zero: not at all.
    #[must_use]
    pub fn with_absence_ttl(self, ttl: Duration) -> Self {
        Self { absences: Absences::of(ttl), ..self }
    }

    async fn look_up(&self, id: ProductId, key: &CacheKey) -> Found {
        let Some(cached) = self.reading.answer(self.cache.get(key).await) else { return Found::Failure };
        let (version, bytes) = match cached {
            Cached::Value { version, bytes } => (version, bytes),
            Cached::Absent => return Found::Known(None),
            Cached::Miss => return Found::Miss,
        };
        let fits = |view: &ProductView| view.product.id == id && view.product.version == version;
        let Some(view) = decode_view(&bytes).filter(fits) else {
            tracing::debug!(product = %id, "a cached product of another release, or damaged, is read anew");
            return Found::Miss;
        };
        Found::Known(Some(Arc::new(view)))
    }

    /// Caches what was read.
    async fn keep(&self, id: ProductId, key: &CacheKey, view: Option<&ProductView>) {
        let (version, value, ttl) = if let Some(view) = view {
            let version = view.product.version;
            let Some(bytes) = encode_view(view) else { return };
            (version, Some(bytes), lifetime::spread(self.ttl, id, version))
        } else {
            let Some(ttl) = self.absences.one_more() else { return };
            (Version(0), None, ttl)
        };
        self.keeping.answer(self.cache.put(key, version, value, ttl).await);
    }
}

/// What the cache says of a product.
enum Found {
    /// What it is, or that it does not exist.
    Known(Option<Arc<ProductView>>),
    /// Nothing of use.
    Miss,
    /// Nothing at all. It is not asked a second time within one read.
    Failure,
}

#[async_trait]
impl ProductQueries for CachedProductQueries {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let key = &cache_key::product(id);
        let mut found = self.look_up(id, key).await;
        if let Found::Known(view) = found {
            return Ok((view, Origin::Cache));
        }
        let read = |waited| async move {
            // Whoever was ahead has put what they read; the tombstones see to it that it is not too old.
            if waited && matches!(found, Found::Miss) {
                found = self.look_up(id, key).await;
            }
            if let Found::Known(view) = found {
                return Ok((view, Origin::Cache));
            }
            let (view, origin) = self.inner.get(id).await?;
            if matches!(found, Found::Miss) {
                self.keep(id, key, view.as_deref()).await;
            }
            Ok((view, origin))
        };
        self.flights.share(id, read).await
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.inner.list(filter, page).await
    }
}
