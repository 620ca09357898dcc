//! The schema of the database: what it is, and bringing it up to date without serving.

#[cfg(feature = "sqlite")]
use crate::wiring::sqlite;
use crate::{Config, DatabaseUrl, StartError};
use jiff::Timestamp;

/// A migration, as a database has it or lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaStep {
    /// Its number; the first is 1.
    pub version: u32,
    /// What it is about, in a word.
    pub name: &'static str,
    /// When it was applied; `None` when it was not.
    pub applied_at: Option<Timestamp>,
}

/// The number of the newest migration that this program knows; 0 when it was built for a database in memory only.
pub fn newest_schema() -> u32 {
    #[cfg(feature = "sqlite")]
    return wareroom_sqlite::SqliteStore::newest_schema();
    #[cfg(not(feature = "sqlite"))]
    return 0;
}

/// Every migration, applied to the database or not. Changes nothing and makes no database; one in memory has none.
pub async fn schema(config: &Config) -> Result<Vec<SchemaStep>, StartError> {
    match &config.database {
        DatabaseUrl::Sqlite(file) if !file.exists() => Err(StartError::NoDatabase(file.clone())),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => of_sqlite(wareroom_sqlite::SqliteStore::schema(sqlite(config, file)).await),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:")),
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
        DatabaseUrl::Memory => Ok(vec![]),
    }
}

/// What is compiled in, by the names of the features.
pub fn features() -> Vec<&'static str> {
    let features = [
        ("sqlite", cfg!(feature = "sqlite")),
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
    let step = |wareroom_sqlite::SchemaStep { version, name, applied_at }| SchemaStep { version, name, applied_at };
    Ok(steps.into_iter().map(step).collect())
}
