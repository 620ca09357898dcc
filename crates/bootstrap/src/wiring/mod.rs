//! One `match` per choice: from a configuration to an application.

mod blobs;
mod caches;
mod database;
mod images;
mod queues;

pub(crate) use blobs::{blobs_beside, places};
#[cfg(feature = "redis")]
pub(crate) use caches::redis;
#[cfg(feature = "postgres")]
pub(crate) use database::postgres;
#[cfg(feature = "sqlite")]
pub(crate) use database::sqlite;
#[cfg(feature = "rabbitmq")]
pub(crate) use queues::rabbit;

use crate::{Config, Connection, DatabaseUrl, Locks, StartError, schema};
use caches::cached;
use std::sync::Arc;
use wareroom_application::{Application, Ports, Retain, Settings};
use wareroom_domain::default_renditions;
use wareroom_ports::CodecLimits;
use wareroom_system::{SystemClock, SystemIds};

/// An application, ready to serve, with what must live as long as it.
pub struct Wired {
    /// The application.
    pub application: Arc<Application>,
    /// The connections that can be lost while it goes on.
    pub connections: Vec<Connection>,
    /// The locks of what it uses on disk.
    pub locks: Locks,
}

/// Opens every adapter that the configuration asks for, for a process that serves: alone, or beside others where everything
/// can be shared (see [`Config::of_several`]). What only one may use is locked.
pub async fn wire(config: &Config) -> Result<Wired, StartError> {
    let locks = Locks::take(config)?;
    let (application, connections) = open(config, Opening::Serving).await?;
    crate::transfer::finished(config).await?;
    Ok(Wired { application, connections, locks })
}

/// Opens the same for a command: beside a process that serves, whose work is left alone. Makes no new database: one that is
/// not there is most likely elsewhere. Nor does it migrate one: whoever serves from it may be an older program.
pub async fn wire_beside(config: &Config) -> Result<Arc<Application>, StartError> {
    if !matches!(config.database, DatabaseUrl::Postgres(_)) {
        let missing = schema(config).await?.iter().filter(|step| step.applied_at.is_none()).count();
        if missing > 0 {
            return Err(StartError::OldSchema { missing });
        }
    }
    open(config, Opening::Beside).await.map(|(application, _)| application)
}

/// Whom it is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opening {
    /// A process that serves. It has time to wait for servers.
    Serving,
    /// A command: whoever serves may be there, too.
    Beside,
}

impl Opening {
    /// Whether what others seem to have left behind is ours to take up: nobody else is there, the locks say so.
    #[cfg(any(feature = "sqlite", feature = "files"))]
    fn is_sole(self, config: &Config) -> bool {
        self == Self::Serving && !config.is_shared()
    }

    /// How long servers are waited for.
    #[cfg(any(feature = "postgres", feature = "redis", feature = "rabbitmq", feature = "s3"))]
    fn wait(self, config: &Config) -> std::time::Duration {
        if self == Self::Serving { config.start_wait } else { std::time::Duration::ZERO }
    }
}

async fn open(config: &Config, opening: Opening) -> Result<(Arc<Application>, Vec<Connection>), StartError> {
    let mut connections = vec![];
    let (clock, ids) = (Arc::new(SystemClock::default()), Arc::new(SystemIds));
    let database = database::open(config, opening).await?;
    let (products, invalidations) =
        cached(config, opening, Arc::clone(&database.products), &*ids, &mut connections).await?;
    let (outbox, queue) = queues::queued(config, opening, &database, &mut connections).await?;
    let (blobs, media_links) = blobs::open(config, opening, &*ids).await?;
    let ports = Ports {
        store: database.store,
        products,
        users: database.users,
        dead_letters: database.dead_letters,
        outbox,
        jobs: database.outbox,
        queue,
        events: database.events,
        invalidations,
        retention: database.retention,
        blobs,
        media_links,
        image_source: images::open_source(config)?,
        codec: images::open_codec(config)?,
        space: blobs::space(config),
        clock,
        ids,
    };
    Ok((Arc::new(Application::new(ports, settings(config))), connections))
}

fn settings(config: &Config) -> Settings {
    Settings {
        renditions: default_renditions(),
        image_max_bytes: config.image_max_bytes,
        images_per_product: config.image_max_per_product,
        download_timeout: config.download_timeout,
        retry_after_max: config.retry_after_max,
        min_free_space: config.min_free_space,
        outbox_limit: config.outbox_limit,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;
    #[cfg(feature = "sqlite")]
    use std::path::Path;

    #[cfg(feature = "sqlite")]
    #[test]
    fn the_defaults_of_the_table_are_those_of_the_store() {
        let (config, file) = (Config::from_sources(&Sources::new()).unwrap(), Path::new("a.sqlite"));
        assert_eq!(sqlite(&config, file), wareroom_sqlite::SqliteConfig::at(file));
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn the_defaults_of_the_table_are_those_of_the_store_on_a_server() {
        let flags = [("database_url".to_owned(), "postgres://db.example/shop".to_owned())];
        let config = Config::from_sources(&Sources::new().with_flags(flags)).unwrap();
        let DatabaseUrl::Postgres(url) = &config.database else { panic!("{config:?}") };
        assert_eq!(postgres(&config, url), wareroom_postgres::PostgresConfig::at("postgres://db.example/shop"));
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_use_cases() {
        let config = Config::from_sources(&Sources::new()).unwrap();
        assert_eq!(format!("{:#?}", settings(&config)), format!("{:#?}", Settings::default()));
    }
}
