//! One `match` per choice: from a configuration to an application.

use crate::{BlobUrl, CacheUrl, Config, DatabaseUrl, Locks, QueueUrl, StartError};
use std::sync::Arc;
use wareroom_application::{Application, Ports, Settings};
use wareroom_decorators::{CacheInvalidations, CachedProductQueries};
use wareroom_domain::default_renditions;
use wareroom_memory::{LocalInvalidations, MemoryBlobs, MemoryCache, MemoryConfig, MemoryQueue, MemoryStore};
use wareroom_ports::{
    BlobStore, CodecLimits, EventLog, ImageCodec, Invalidations, OutboxRelay, ProductQueries, Queue, Store,
};
use wareroom_system::{SystemClock, SystemIds};

/// An application, ready to serve, with what must live as long as it.
pub struct Wired {
    /// The application.
    pub application: Arc<Application>,
    /// The locks of what it uses on disk.
    pub locks: Locks,
}

/// Opens every adapter that the configuration asks for, for the one process that serves from there.
pub async fn wire(config: &Config) -> Result<Wired, StartError> {
    let locks = Locks::take(config)?;
    let database = open_database(config).await?;
    let (products, invalidations) = cached(config, Arc::clone(&database.products));
    let (outbox, queue) = match config.queue {
        QueueUrl::Database => (None, database.queue),
        QueueUrl::Memory => (Some(database.outbox), Arc::new(MemoryQueue::new(config.lease())) as Arc<dyn Queue>),
    };
    let ports = Ports {
        store: database.store,
        products,
        outbox,
        queue,
        events: database.events,
        invalidations,
        blobs: open_blobs(config)?,
        codec: open_codec(config)?,
        clock: Arc::new(SystemClock::default()),
        ids: Arc::new(SystemIds),
    };
    Ok(Wired { application: Arc::new(Application::new(ports, settings(config))), locks })
}

fn settings(config: &Config) -> Settings {
    Settings {
        renditions: default_renditions(),
        image_max_bytes: config.image_max_bytes,
        images_per_product: config.image_max_per_product,
        codec: CodecLimits { pixels: config.image_max_pixels, time: config.codec_timeout },
        back_off: config.back_off.clone(),
        rescue_after: config.lease() * 2,
        ..Settings::default()
    }
}

/// The ports that a database fills.
struct Database {
    store: Arc<dyn Store>,
    products: Arc<dyn ProductQueries>,
    outbox: Arc<dyn OutboxRelay>,
    queue: Arc<dyn Queue>,
    events: Arc<dyn EventLog>,
}

impl Database {
    fn of<S>(store: &S) -> Self
    where
        S: Store + ProductQueries + OutboxRelay + Queue + EventLog + Clone + 'static,
    {
        Self {
            store: Arc::new(store.clone()),
            products: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            events: Arc::new(store.clone()),
        }
    }
}

#[cfg_attr(not(feature = "sqlite"), expect(clippy::unused_async, reason = "a database is opened by asking it"))]
async fn open_database(config: &Config) -> Result<Database, StartError> {
    match &config.database {
        DatabaseUrl::Memory => {
            let settings = MemoryConfig { begin_wait: config.store_wait, lease: config.lease() };
            Ok(Database::of(&MemoryStore::new(settings)))
        }
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => {
            let failed = |source| StartError::Adapter { what: "database", source };
            let settings = wareroom_sqlite::SqliteConfig {
                begin_wait: config.store_wait,
                lease: config.lease(),
                ..wareroom_sqlite::SqliteConfig::at(path)
            };
            let store = wareroom_sqlite::SqliteStore::open(settings).await.map_err(|error| failed(error.into()))?;
            // The lock says that whoever held these is gone.
            let freed = store.release_leases().await.map_err(|error| failed(error.into()))?;
            if freed > 0 {
                tracing::info!(freed, "jobs of a process that ended without notice are taken up again");
            }
            Ok(Database::of(&store))
        }
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
    }
}

/// Reads go through the shared cache, and what is announced empties it first.
fn cached(config: &Config, store: Arc<dyn ProductQueries>) -> (Arc<dyn ProductQueries>, Arc<dyn Invalidations>) {
    let local = Arc::new(LocalInvalidations::default());
    match config.cache {
        CacheUrl::None => (store, local),
        CacheUrl::Memory => {
            let cache = Arc::new(MemoryCache::new(CACHED_PRODUCTS));
            let products = CachedProductQueries::new(store, cache.clone(), config.cache_ttl);
            (Arc::new(products), Arc::new(CacheInvalidations::new(local, cache, config.cache_ttl)))
        }
    }
}

/// How many products the cache in memory holds at most.
const CACHED_PRODUCTS: usize = 10_000;

fn open_blobs(config: &Config) -> Result<Arc<dyn BlobStore>, StartError> {
    match &config.blobs {
        BlobUrl::Memory => Ok(Arc::new(MemoryBlobs::default())),
        #[cfg(feature = "files")]
        BlobUrl::Files(folder) => match wareroom_object_store::ObjectStoreBlobs::files(folder) {
            Ok(blobs) => Ok(Arc::new(blobs)),
            Err(error) => Err(StartError::Adapter { what: "blob store", source: error.into() }),
        },
        #[cfg(not(feature = "files"))]
        BlobUrl::Files(_) => Err(StartError::NotBuilt("file:")),
    }
}

#[cfg(feature = "imaging")]
#[expect(clippy::unnecessary_wraps, reason = "a build without this feature fails here")]
fn open_codec(config: &Config) -> Result<Arc<dyn ImageCodec>, StartError> {
    let settings = wareroom_imaging::ImagingConfig {
        threads: usize::from(config.worker_concurrency),
        memory: config.codec_memory,
    };
    Ok(Arc::new(wareroom_imaging::Imaging::new(settings)))
}

#[cfg(not(feature = "imaging"))]
fn open_codec(_config: &Config) -> Result<Arc<dyn ImageCodec>, StartError> {
    Err(StartError::NotBuilt("the imaging codecs"))
}
