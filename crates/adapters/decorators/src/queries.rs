//! Products from the cache, or from the store and then into the cache.

use crate::{cache_key, lifetime, reachability::Reachability};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wareroom_domain::ProductId;
use wareroom_ports::{
    Cache, Cached, Origin, ProductFilter, ProductPage, ProductQueries, ProductView, StoreError, decode_view,
    encode_view,
};

/// Queries with a shared cache in front.
///
/// A value is put under the version it had when it was read, so the cache refuses it when a newer version was announced
/// meanwhile; see [`CacheInvalidations`](crate::CacheInvalidations). That a product does not exist is not cached.
///
/// Lists are not cached: any write may move any of them.
///
/// Readers of one product that miss together all ask the store. They do not share one answer: one who comes after a write
/// was acknowledged must not be given what was read before it.
pub struct CachedProductQueries {
    inner: Arc<dyn ProductQueries>,
    cache: Arc<dyn Cache>,
    ttl: Duration,
    reachability: Reachability,
}

impl CachedProductQueries {
    /// A cache in front of `inner` whose values live for `ttl` or up to a tenth less.
    pub fn new(inner: Arc<dyn ProductQueries>, cache: Arc<dyn Cache>, ttl: Duration) -> Self {
        Self { inner, cache, ttl, reachability: Reachability::new("products are read from the store") }
    }
}

#[async_trait]
impl ProductQueries for CachedProductQueries {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let key = cache_key::product(id);
        let cached = self.reachability.answer(self.cache.get(&key).await);
        if let Some(Cached::Value { version, bytes }) = &cached {
            let fits = |view: &ProductView| view.product.id == id && view.product.version == *version;
            if let Some(view) = decode_view(bytes).filter(fits) {
                return Ok((Some(Arc::new(view)), Origin::Cache));
            }
            tracing::debug!(product = %id, "a cached product of another release, or damaged, is read anew");
        }
        let (view, origin) = self.inner.get(id).await?;
        // A cache that has just failed is not asked a second time within one read.
        if let (Some(view), Some(_)) = (&view, cached)
            && let Some(bytes) = encode_view(view)
        {
            let version = view.product.version;
            let ttl = lifetime::spread(self.ttl, id, version);
            self.reachability.answer(self.cache.put(&key, version, Some(bytes), ttl).await);
        }
        Ok((view, origin))
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.inner.list(filter, page).await
    }
}
