//! Opens the database, and what it is besides a store.

use super::Opening;
use crate::{Config, DatabaseUrl, StartError};
#[cfg(feature = "postgres")]
use crate::{ServerUrl, reach::Server};
#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::Arc;
use wareroom_memory::{MemoryConfig, MemoryStore};
use wareroom_ports::{DeadLetterQueries, EventLog, OutboxRelay, ProductQueries, Queue, Retention, Store, UserQueries};

/// The ports that a database fills.
pub(super) struct Database {
    pub(super) store: Arc<dyn Store>,
    pub(super) products: Arc<dyn ProductQueries>,
    pub(super) users: Arc<dyn UserQueries>,
    pub(super) dead_letters: Arc<dyn DeadLetterQueries>,
    pub(super) outbox: Arc<dyn OutboxRelay>,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) events: Arc<dyn EventLog>,
    pub(super) retention: Arc<dyn Retention>,
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
    not(any(feature = "sqlite", feature = "postgres")),
    expect(
        clippy::unused_async,
        unused_variables,
        reason = "a database on disk is opened by asking it, beside others"
    )
)]
pub(super) async fn open(config: &Config, opening: Opening) -> Result<Database, StartError> {
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
            if opening.is_sole(config) {
                let freed = store.release_leases().await.map_err(|error| failed(error.into()))?;
                if freed > 0 {
                    tracing::info!(freed, "jobs of a process that ended without notice are taken up again");
                }
            }
            Ok(Database::of(&store))
        }
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => open_postgres(config, url, opening).await,
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(StartError::NotBuilt("postgres:")),
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

/// Serves only from a database that has every migration: what applies them is a command, run once before any number of
/// processes starts.
#[cfg(feature = "postgres")]
async fn open_postgres(config: &Config, url: &ServerUrl, opening: Opening) -> Result<Database, StartError> {
    use wareroom_postgres::{OpenError, PostgresStore};
    let server = Server { key: "database_url", url, wait: opening.wait(config) };
    let is_away = |error: &OpenError| matches!(error, OpenError::Unreachable(_));
    let opened = server
        .open(
            || async {
                match PostgresStore::open(postgres(config, url)).await {
                    Err(OpenError::Pending { count, .. }) => Ok(Err(count)),
                    opened => opened.map(Ok),
                }
            },
            is_away,
        )
        .await?;
    opened.map(|store| Database::of(&store)).map_err(|missing| StartError::OldSchema { missing })
}

#[cfg(feature = "postgres")]
pub(crate) fn postgres(config: &Config, url: &ServerUrl) -> wareroom_postgres::PostgresConfig {
    wareroom_postgres::PostgresConfig {
        url: url.reveal().to_owned(),
        connections: config.database_connections,
        begin_wait: config.store_wait,
        statement_time: config.database_statement_time,
        list_time: config.list_time,
        lease: config.job_lease,
        poll: config.poll_every,
    }
}
