//! The application without configuration, drivers or a disk.

use std::sync::Arc;
use std::time::Duration;
use wareroom_application::{Application, Ports, Settings};
use wareroom_decorators::{CacheInvalidations, CachedProductQueries};
use wareroom_memory::{
    LocalInvalidations, MemoryBlobs, MemoryCache, MemoryCodec, MemorySource, MemorySpace, MemoryStore,
};
use wareroom_ports::{Clock, Ids, ImageCodec};

/// An application in memory, and the adapters behind it for whoever wants to look inside or to set them.
pub struct InMemory {
    /// The application.
    pub application: Arc<Application>,
    /// Its store.
    pub store: MemoryStore,
    /// The web that its images come from: empty until pages are put there.
    pub web: Arc<MemorySource>,
    /// Its room: without a limit until one is set.
    pub space: MemorySpace,
}

/// An application over the memory adapters. `codec` is what reads images; `None` takes the memory adapter's own, which knows
/// only its toy format.
pub fn in_memory(
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    codec: Option<Arc<dyn ImageCodec>>,
    settings: Settings,
) -> InMemory {
    let (store, web, space) = (MemoryStore::default(), Arc::new(MemorySource::new()), MemorySpace::new());
    let cache = Arc::new(MemoryCache::new(10_000));
    let ttl = Duration::from_mins(1);
    let ports = Ports {
        store: Arc::new(store.clone()),
        products: Arc::new(CachedProductQueries::new(Arc::new(store.clone()), cache.clone(), ttl)),
        users: Arc::new(store.clone()),
        dead_letters: Arc::new(store.clone()),
        outbox: None,
        jobs: Arc::new(store.clone()),
        queue: Arc::new(store.clone()),
        events: Arc::new(store.clone()),
        retention: Arc::new(store.clone()),
        invalidations: Arc::new(CacheInvalidations::new(Arc::new(LocalInvalidations::default()), cache, ttl)),
        blobs: Arc::new(MemoryBlobs::default()),
        media_links: None,
        image_source: web.clone(),
        codec: codec.unwrap_or_else(|| Arc::new(MemoryCodec)),
        space: Arc::new(space.clone()),
        clock,
        ids,
    };
    InMemory { application: Arc::new(Application::new(ports, settings)), store, web, space }
}
