//! Tombstones first, then the news.

use crate::{cache_key, reachability::Reachability};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wareroom_ports::{Cache, Invalidation, Invalidations, Listener};

/// Invalidations that reach the shared cache before anybody hears of them.
///
/// While the cache cannot be reached, announcements go on without it: what it holds is then outdated until its time is
/// over, or until the product's next change. `Everything` means near caches: values of the shared one have versions.
pub struct CacheInvalidations {
    inner: Arc<dyn Invalidations>,
    cache: Arc<dyn Cache>,
    tombstone_ttl: Duration,
    reachability: Reachability,
}

impl CacheInvalidations {
    /// Leaves tombstones in `cache` before `inner` announces. `tombstone_ttl` must be longer than any reader takes from
    /// reading the store to putting what it read.
    pub fn new(inner: Arc<dyn Invalidations>, cache: Arc<dyn Cache>, tombstone_ttl: Duration) -> Self {
        let reachability = Reachability::new("products that change now may be read outdated until their time is over");
        Self { inner, cache, tombstone_ttl, reachability }
    }
}

#[async_trait]
impl Invalidations for CacheInvalidations {
    async fn announce(&self, changes: &[Invalidation]) {
        self.bury(changes).await;
        self.inner.announce(changes).await;
    }

    /// The tombstones are repeated, too, whoever else heard of the change: it may have been told where they could not be left.
    async fn repeat(&self, changes: &[Invalidation]) {
        self.bury(changes).await;
        self.inner.repeat(changes).await;
    }

    fn subscribe(&self, listener: Listener) {
        self.inner.subscribe(listener);
    }
}

impl CacheInvalidations {
    async fn bury(&self, changes: &[Invalidation]) {
        let entry = |change: &Invalidation| match *change {
            Invalidation::Product(id, version) => Some((cache_key::product(id), version)),
            Invalidation::Everything => None,
        };
        let entries: Vec<_> = changes.iter().filter_map(entry).collect();
        if !entries.is_empty() {
            self.reachability.answer(self.cache.invalidate(&entries, self.tombstone_ttl).await);
        }
    }
}
