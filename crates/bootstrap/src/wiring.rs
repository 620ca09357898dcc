//! One `match` per choice: from a configuration to an application.

use crate::{BlobUrl, CacheUrl, Config, DatabaseUrl, Locks, QueueUrl, StartError, schema};
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use wareroom_application::{Application, Ports, Retain, Settings};
use wareroom_decorators::{CacheInvalidations, CachedProductQueries};
use wareroom_domain::default_renditions;
use wareroom_memory::{
    LocalInvalidations, MemoryBlobs, MemoryCache, MemoryConfig, MemoryQueue, MemorySpace, MemoryStore,
};
use wareroom_ports::{
    BlobStore, CodecLimits, DeadLetterQueries, EventLog, ImageCodec, ImageSource, Invalidations, OutboxRelay,
    ProductQueries, Queue, Retention, Space, Store, UserQueries,
};
use wareroom_system::{DiskSpace, SystemClock, SystemIds};

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
    let application = open(config, Opening::Sole).await?;
    Ok(Wired { application, locks })
}

/// Opens the same for a command: beside a process that serves, whose work is left alone. Makes no new database: one that is
/// not there is most likely elsewhere. Nor does it migrate one: whoever serves from it may be an older program.
pub async fn wire_beside(config: &Config) -> Result<Arc<Application>, StartError> {
    let missing = schema(config).await?.iter().filter(|step| step.applied_at.is_none()).count();
    if missing > 0 {
        return Err(StartError::OldSchema { missing });
    }
    open(config, Opening::Beside).await
}

/// Whether what others seem to have left behind is ours to take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// Nobody else is there: the locks say so.
    Sole,
    /// Somebody else may be there.
    Beside,
}

async fn open(config: &Config, opening: Opening) -> Result<Arc<Application>, StartError> {
    let database = open_database(config, opening).await?;
    let (products, invalidations) = cached(config, Arc::clone(&database.products));
    let (outbox, queue) = match config.queue {
        QueueUrl::Database => (None, database.queue),
        QueueUrl::Memory => (Some(database.outbox), Arc::new(MemoryQueue::new(config.job_lease)) as Arc<dyn Queue>),
    };
    let ports = Ports {
        store: database.store,
        products,
        users: database.users,
        dead_letters: database.dead_letters,
        outbox,
        queue,
        events: database.events,
        invalidations,
        retention: database.retention,
        blobs: open_blobs(config, opening)?,
        image_source: open_image_source(config)?,
        codec: open_codec(config)?,
        space: open_space(config),
        clock: Arc::new(SystemClock::default()),
        ids: Arc::new(SystemIds),
    };
    Ok(Arc::new(Application::new(ports, settings(config))))
}

fn settings(config: &Config) -> Settings {
    Settings {
        renditions: default_renditions(),
        image_max_bytes: config.image_max_bytes,
        images_per_product: config.image_max_per_product,
        download_timeout: config.download_timeout,
        retry_after_max: config.retry_after_max,
        min_free_space: config.min_free_space,
        codec: CodecLimits { pixels: config.image_max_pixels, time: config.codec_timeout },
        back_off: config.back_off.clone(),
        relay_lease: config.relay_lease,
        batch: config.step_batch,
        replay_batch: config.replay_batch,
        rescue_after: config.rescue_after,
        blob_claim: config.blob_claim,
        idempotency_lease: config.idempotency_lease,
        retain: Retain {
            idempotency_keys: config.keep_idempotency_keys,
            events: config.keep_events,
            dead_letters: config.keep_dead_letters,
            leftovers: config.keep_leftovers,
        },
    }
}

/// The ports that a database fills.
struct Database {
    store: Arc<dyn Store>,
    products: Arc<dyn ProductQueries>,
    users: Arc<dyn UserQueries>,
    dead_letters: Arc<dyn DeadLetterQueries>,
    outbox: Arc<dyn OutboxRelay>,
    queue: Arc<dyn Queue>,
    events: Arc<dyn EventLog>,
    retention: Arc<dyn Retention>,
}

impl Database {
    fn of<S>(store: &S) -> Self
    where
        S: Store
            + ProductQueries
            + UserQueries
            + DeadLetterQueries
            + OutboxRelay
            + Queue
            + EventLog
            + Retention
            + Clone
            + 'static,
    {
        Self {
            store: Arc::new(store.clone()),
            products: Arc::new(store.clone()),
            users: Arc::new(store.clone()),
            dead_letters: Arc::new(store.clone()),
            outbox: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            events: Arc::new(store.clone()),
            retention: Arc::new(store.clone()),
        }
    }
}

#[cfg_attr(
    not(feature = "sqlite"),
    expect(
        clippy::unused_async,
        unused_variables,
        reason = "a database on disk is opened by asking it, beside others"
    )
)]
async fn open_database(config: &Config, opening: Opening) -> Result<Database, StartError> {
    match &config.database {
        DatabaseUrl::Memory => {
            let settings = MemoryConfig { begin_wait: config.store_wait, lease: config.job_lease };
            Ok(Database::of(&MemoryStore::new(settings)))
        }
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => {
            let failed = |source| StartError::Adapter { what: "database", source };
            let store =
                wareroom_sqlite::SqliteStore::open(sqlite(config, path)).await.map_err(|error| failed(error.into()))?;
            if opening == Opening::Sole {
                let freed = store.release_leases().await.map_err(|error| failed(error.into()))?;
                if freed > 0 {
                    tracing::info!(freed, "jobs of a process that ended without notice are taken up again");
                }
            }
            Ok(Database::of(&store))
        }
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
    }
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite(config: &Config, file: &Path) -> wareroom_sqlite::SqliteConfig {
    wareroom_sqlite::SqliteConfig {
        path: file.to_owned(),
        readers: config.database_readers,
        begin_wait: config.store_wait,
        list_time: config.list_time,
        lease: config.job_lease,
    }
}

/// Reads go through the shared cache, and what is announced empties it first.
fn cached(config: &Config, store: Arc<dyn ProductQueries>) -> (Arc<dyn ProductQueries>, Arc<dyn Invalidations>) {
    let local = Arc::new(LocalInvalidations::default());
    match config.cache {
        CacheUrl::None => (store, local),
        CacheUrl::Memory => {
            let cache = Arc::new(MemoryCache::new(config.cache_products));
            let products = CachedProductQueries::new(store, cache.clone(), config.cache_ttl);
            (Arc::new(products), Arc::new(CacheInvalidations::new(local, cache, config.cache_ttl)))
        }
    }
}

#[cfg_attr(not(feature = "files"), expect(unused_variables, reason = "only files can be opened beside others"))]
fn open_blobs(config: &Config, opening: Opening) -> Result<Arc<dyn BlobStore>, StartError> {
    match &config.blobs {
        BlobUrl::Memory => Ok(Arc::new(MemoryBlobs::default())),
        #[cfg(feature = "files")]
        BlobUrl::Files(folder) => {
            use wareroom_object_store::ObjectStoreBlobs;
            let opened = match opening {
                Opening::Sole => ObjectStoreBlobs::files(folder),
                Opening::Beside => ObjectStoreBlobs::files_beside(folder),
            };
            match opened {
                Ok(blobs) => Ok(Arc::new(blobs)),
                Err(error) => Err(StartError::Adapter { what: "blob store", source: error.into() }),
            }
        }
        #[cfg(not(feature = "files"))]
        BlobUrl::Files(_) => Err(StartError::NotBuilt("file:")),
    }
}

/// Room is wanted where products and where images are kept.
fn open_space(config: &Config) -> Arc<dyn Space> {
    let database = match &config.database {
        DatabaseUrl::Sqlite(file) => Some(file.clone()),
        DatabaseUrl::Memory => None,
    };
    let blobs = match &config.blobs {
        BlobUrl::Files(folder) => Some(folder.clone()),
        BlobUrl::Memory => None,
    };
    let places: Vec<PathBuf> = database.into_iter().chain(blobs).collect();
    if places.is_empty() { Arc::new(MemorySpace::new()) } else { Arc::new(DiskSpace::new(places)) }
}

#[cfg(feature = "download")]
fn open_image_source(config: &Config) -> Result<Arc<dyn ImageSource>, StartError> {
    use wareroom_download::{DownloadConfig, DownloadSource};
    let failed = |source| StartError::Adapter { what: "download client", source };
    let allow = config.image_source_allow.iter().map(|range| range.parse()).collect::<Result<_, _>>();
    let allow = allow.map_err(|error: wareroom_download::CidrError| failed(error.into()))?;
    let user_agent = config.download_user_agent.clone().unwrap_or_else(|| DownloadConfig::default().user_agent);
    let settings = DownloadConfig { allow, memory: config.download_memory, user_agent };
    let source = DownloadSource::open(settings).map_err(|error| failed(error.into()))?;
    Ok(Arc::new(source))
}

#[cfg(not(feature = "download"))]
fn open_image_source(_config: &Config) -> Result<Arc<dyn ImageSource>, StartError> {
    Err(StartError::NotBuilt("downloads"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;

    #[cfg(feature = "sqlite")]
    #[test]
    fn the_defaults_of_the_table_are_those_of_the_store() {
        let (config, file) = (Config::from_sources(&Sources::new()).unwrap(), Path::new("a.sqlite"));
        assert_eq!(sqlite(&config, file), wareroom_sqlite::SqliteConfig::at(file));
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_use_cases() {
        let config = Config::from_sources(&Sources::new()).unwrap();
        assert_eq!(format!("{:#?}", settings(&config)), format!("{:#?}", Settings::default()));
    }
}
