//! The schema of the database: what it is, and bringing it up to date without serving.

#[cfg(feature = "sqlite")]
use crate::wiring::sqlite;
use crate::{Config, DatabaseUrl, StartError};
#[cfg(feature = "postgres")]
use crate::{ServerUrl, reach::Server, wiring::postgres};
use jiff::Timestamp;
#[cfg(feature = "postgres")]
use std::time::Duration;

/// A migration, as a database has it or lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaStep {
    /// Its number; the first is 1.
    pub version: u32,
    /// What it is about, in a word.
    pub name: String,
    /// Whether programs that do not know it must not start: it takes away or changes what they use.
    pub breaking: bool,
    /// Whether this program knows it.
    pub known: bool,
    /// When it was applied; `None` when it was not.
    pub applied_at: Option<Timestamp>,
}

/// The numbers of the newest migrations that this program knows, by database.
pub fn newest_schemas() -> Vec<(&'static str, u32)> {
    vec![
        #[cfg(feature = "sqlite")]
        ("sqlite", wareroom_sqlite::SqliteStore::newest_schema()),
        #[cfg(feature = "postgres")]
        ("postgres", wareroom_postgres::PostgresStore::newest_schema()),
    ]
}

/// Every migration, applied to the database or not. Changes nothing and makes no database; one in memory has none.
pub async fn schema(config: &Config) -> Result<Vec<SchemaStep>, StartError> {
    match &config.database {
        DatabaseUrl::Sqlite(file) if !file.exists() => Err(StartError::NoDatabase(file.clone())),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => of_sqlite(wareroom_sqlite::SqliteStore::schema(sqlite(config, file)).await),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            of_postgres(config, url, Duration::ZERO, wareroom_postgres::PostgresStore::schema).await
        }
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(StartError::NotBuilt("postgres:")),
        DatabaseUrl::Memory => Ok(vec![]),
    }
}

/// Brings the database up to date, and makes it when there is none; answers which migrations were missing. Safe beside a
/// process that serves.
pub async fn migrate(config: &Config) -> Result<Vec<SchemaStep>, StartError> {
    match &config.database {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => of_sqlite(wareroom_sqlite::SqliteStore::migrate(sqlite(config, file)).await),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            of_postgres(config, url, config.start_wait, wareroom_postgres::PostgresStore::migrate).await
        }
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(StartError::NotBuilt("postgres:")),
        DatabaseUrl::Memory => Ok(vec![]),
    }
}

/// What is compiled in, by the names of the features.
pub fn features() -> Vec<&'static str> {
    let features = [
        ("sqlite", cfg!(feature = "sqlite")),
        ("postgres", cfg!(feature = "postgres")),
        ("redis", cfg!(feature = "redis")),
        ("rabbitmq", cfg!(feature = "rabbitmq")),
        ("s3", cfg!(feature = "s3")),
        ("files", cfg!(feature = "files")),
        ("imaging", cfg!(feature = "imaging")),
        ("download", cfg!(feature = "download")),
        ("assembler", cfg!(feature = "assembler")),
    ];
    features.into_iter().filter_map(|(name, there)| there.then_some(name)).collect()
}

#[cfg(feature = "sqlite")]
fn of_sqlite(
    steps: Result<Vec<wareroom_sqlite::SchemaStep>, wareroom_sqlite::OpenError>,
) -> Result<Vec<SchemaStep>, StartError> {
    let steps = steps.map_err(|error| StartError::Adapter { what: "database", source: error.into() })?;
    // No older program ever runs beside a newer one there, and none starts on what it does not know.
    let step = |wareroom_sqlite::SchemaStep { version, name, applied_at }| SchemaStep {
        version,
        name: name.to_owned(),
        breaking: true,
        known: true,
        applied_at,
    };
    Ok(steps.into_iter().map(step).collect())
}

#[cfg(feature = "postgres")]
async fn of_postgres<Asking>(
    config: &Config,
    url: &ServerUrl,
    wait: Duration,
    ask: impl Fn(wareroom_postgres::PostgresConfig) -> Asking,
) -> Result<Vec<SchemaStep>, StartError>
where
    Asking: Future<Output = Result<Vec<wareroom_postgres::SchemaStep>, wareroom_postgres::OpenError>>,
{
    use wareroom_postgres::OpenError;
    let server = Server { key: "database_url", url, wait };
    let is_away = |error: &OpenError| matches!(error, OpenError::Unreachable(_));
    let steps = server.open(|| ask(postgres(config, url)), is_away).await?;
    Ok(steps.into_iter().map(of_step).collect())
}

#[cfg(feature = "postgres")]
pub(crate) fn of_step(step: wareroom_postgres::SchemaStep) -> SchemaStep {
    let wareroom_postgres::SchemaStep { version, name, change, applied_at, known } = step;
    SchemaStep { version, name, breaking: change == wareroom_postgres::Change::Breaking, known, applied_at }
}
