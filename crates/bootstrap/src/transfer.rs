//! Whole stores, opened for what is done with them from outside: copies, backups, and looking through their blobs.

#[cfg(feature = "postgres")]
use crate::wiring::postgres;
#[cfg(feature = "sqlite")]
use crate::wiring::sqlite;
use crate::{
    BlobUrl, CacheUrl, Config, ConfigError, DatabaseUrl, Fault, Locks, QueueUrl, StartError, migrate, wire_beside,
};
use std::path::Path;
use std::sync::Arc;
use wareroom_application::transfer::{CopySource, CopyTarget};
use wareroom_application::{Application, Ports};
use wareroom_domain::Sha256;
use wareroom_ports::{BlobStore, BoxError, Export, Import, StoreError};

/// Why a store was not opened for a transfer.
#[derive(Debug, thiserror::Error)]
pub enum TransferStartError {
    /// The configuration names what cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Somebody works with the database.
    #[error("{database} is in use: {} connected; stop whoever serves from it", .programs.join(", "))]
    InUse {
        /// Which database, without its password.
        database: String,
        /// The programs that are connected, by the names that they give themselves.
        programs: Vec<String>,
    },
    /// A database in memory is of the process that made it, and nobody else's.
    #[error("memory: is of one process, and cannot be copied, backed up or restored")]
    Memory,
    /// What can only be done with a database file.
    #[error("{database} is not a database file; use the programs of PostgreSQL, as docs/operations.md says")]
    NotAFile {
        /// Which database, without its password.
        database: String,
    },
    /// The store cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// A file cannot be read or written, or is not what it should be.
    #[error("the database was not backed up or restored")]
    File(#[source] BoxError),
}

/// A stopped store that is to be copied; nobody can serve from its files until this is dropped.
pub struct OpenSource {
    /// The store.
    pub source: CopySource,
    _locks: Locks,
}

/// An empty store that takes a copy in; nobody can serve from its files until this is dropped.
pub struct OpenTarget {
    /// The store.
    pub target: CopyTarget,
    _locks: Locks,
}

/// A database as a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    /// Its size in bytes.
    pub bytes: u64,
    /// The hash of all of them.
    pub sha256: Sha256,
}

/// The same configuration with another database and other blobs, each written as its setting is. Caches and queues, of which
/// a copy takes nothing, are left out.
pub fn elsewhere(config: &Config, database: &str, blobs: &str) -> Result<Config, ConfigError> {
    let wrong = |place: &str, key, allowed: &str| {
        let (value, allowed) = ("not understood".to_owned(), allowed.to_owned());
        Fault::BadValue { place: place.to_owned(), key, value, allowed }
    };
    let read = DatabaseUrl::read(database, &config.data_dir)
        .ok_or_else(|| wrong("--to-database", "database_url", "sqlite:PATH or postgres://USER@HOST/DATABASE"));
    let blobs = BlobUrl::read(blobs, &config.data_dir)
        .ok_or_else(|| wrong("--to-blob", "blob_url", "file:FOLDER or s3://BUCKET/PREFIX"));
    match (read, blobs) {
        (Ok(database), Ok(blobs)) => Ok(plain(config, database, blobs)),
        (read, blobs) => Err(ConfigError { faults: read.err().into_iter().chain(blobs.err()).collect() }),
    }
}

/// What is needed for rows and blobs, and nothing that would have to be reached besides.
fn plain(config: &Config, database: DatabaseUrl, blobs: BlobUrl) -> Config {
    Config { database, blobs, cache: CacheUrl::None, queue: QueueUrl::Database, ..config.clone() }
}

fn alone(config: &Config) -> Config {
    plain(config, config.database.clone(), config.blobs.clone())
}

/// Opens a stopped store to be copied; refused while anybody serves from it, or while it holds a part of a copy.
pub async fn open_source(config: &Config) -> Result<OpenSource, TransferStartError> {
    let config = alone(config);
    let locks = Locks::take(&config)?;
    not_in_use(&config).await?;
    let application = wire_beside(&config).await?;
    finished(&config).await?;
    let source = CopySource::of(application.ports(), export(&config)?);
    Ok(OpenSource { source, _locks: locks })
}

/// Opens a store that takes a copy in, and makes it when there is none; refused while anybody serves from it. Whether it is
/// empty is seen when the copy begins.
pub async fn open_target(config: &Config) -> Result<OpenTarget, TransferStartError> {
    let config = alone(config);
    let locks = Locks::take(&config)?;
    not_in_use(&config).await?;
    let (rows, copied) = (import(&config)?, export(&config)?);
    migrate(&config).await?;
    let blobs = open_blobs(&config).await?;
    Ok(OpenTarget { target: CopyTarget { rows, copied, blobs }, _locks: locks })
}

/// A copy into the database was begun and not finished.
#[derive(Debug, thiserror::Error)]
#[error("{0} holds a part of a copy; run `wareroom copy` again to finish it, or empty it")]
struct Unfinished(String);

/// Refused while a copy into the database was begun and not finished: what is there is not all, and whoever serves from it
/// would change what the copy is yet to be compared with. For whoever has just opened the database.
pub async fn finished(config: &Config) -> Result<(), StartError> {
    if matches!(config.database, DatabaseUrl::Memory) {
        return Ok(());
    }
    let failed = |source| StartError::Adapter { what: "database", source };
    let import = import(config).map_err(|error| failed(error.into()))?;
    if import.unfinished().await.map_err(|error| failed(error.into()))? {
        return Err(failed(Unfinished(config.database.to_string()).into()));
    }
    Ok(())
}

/// What shows all rows of a database that is there.
pub fn export(config: &Config) -> Result<Arc<dyn Export>, TransferStartError> {
    match &config.database {
        DatabaseUrl::Memory => Err(TransferStartError::Memory),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => Ok(Arc::new(of_file(config, file)?)),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:").into()),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => Ok(Arc::new(of_server(config, url)?)),
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(StartError::NotBuilt("postgres:").into()),
    }
}

/// What shows all rows of a file that [`back_up_database`] has written. Nothing is made beside it.
#[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "there are no such files then"))]
pub fn export_file(config: &Config, file: &Path) -> Result<Arc<dyn Export>, TransferStartError> {
    #[cfg(feature = "sqlite")]
    return Ok(Arc::new(of_file(config, file)?));
    #[cfg(not(feature = "sqlite"))]
    return Err(StartError::NotBuilt("sqlite:").into());
}

fn import(config: &Config) -> Result<Arc<dyn Import>, TransferStartError> {
    match &config.database {
        DatabaseUrl::Memory => Err(TransferStartError::Memory),
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => Ok(Arc::new(of_file(config, file)?)),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:").into()),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => Ok(Arc::new(of_server(config, url)?)),
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => Err(StartError::NotBuilt("postgres:").into()),
    }
}

#[cfg(feature = "sqlite")]
fn of_file(config: &Config, file: &Path) -> Result<wareroom_sqlite::SqliteTransfer, TransferStartError> {
    wareroom_sqlite::SqliteTransfer::at(&sqlite(config, file)).map_err(|error| adapter(error.into()))
}

#[cfg(feature = "postgres")]
fn of_server(
    config: &Config,
    url: &crate::ServerUrl,
) -> Result<wareroom_postgres::PostgresTransfer, TransferStartError> {
    wareroom_postgres::PostgresTransfer::at(&postgres(config, url)).map_err(|error| adapter(error.into()))
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn adapter(source: BoxError) -> TransferStartError {
    StartError::Adapter { what: "database", source }.into()
}

/// Files have locks; of a server it can only be asked who is connected.
#[cfg_attr(not(feature = "postgres"), expect(clippy::unused_async, reason = "files are not asked"))]
async fn not_in_use(config: &Config) -> Result<(), TransferStartError> {
    match &config.database {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => {
            let programs = of_server(config, url)?.others().await?;
            let database = config.database.to_string();
            if programs.is_empty() { Ok(()) } else { Err(TransferStartError::InUse { database, programs }) }
        }
        _ => Ok(()),
    }
}

/// The blobs that a configuration names, whatever its database is, beside whoever serves.
pub async fn open_blobs(config: &Config) -> Result<Arc<dyn BlobStore>, StartError> {
    let application: Arc<Application> = wire_beside(&plain(config, DatabaseUrl::Memory, config.blobs.clone())).await?;
    let Ports { blobs, .. } = application.ports();
    Ok(Arc::clone(blobs))
}

/// Blobs in the files of a folder, which is made when it is not there.
pub async fn open_blob_folder(config: &Config, folder: &Path) -> Result<Arc<dyn BlobStore>, StartError> {
    open_blobs(&plain(config, DatabaseUrl::Memory, BlobUrl::Files(folder.to_owned()))).await
}

/// Writes one moment of the database into a file of its own, beside whoever serves from it. Takes the place of a file of that
/// name, once all of it is on disk.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(unused_variables, clippy::unused_async, reason = "there are no such files then")
)]
pub async fn back_up_database(config: &Config, file: &Path) -> Result<DatabaseFile, TransferStartError> {
    match &config.database {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(from) => {
            let written = wareroom_sqlite::SqliteStore::back_up(sqlite(config, from), file.to_owned()).await;
            let wareroom_sqlite::BackedUp { bytes, sha256 } = written.map_err(of_backup)?;
            Ok(DatabaseFile { bytes, sha256 })
        }
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:").into()),
        other => Err(not_a_file(other)),
    }
}

/// Makes the database of such a file, whose hash is known, where there is none.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(unused_variables, clippy::unused_async, reason = "there are no such files then")
)]
pub async fn restore_database(config: &Config, file: &Path, sha256: Sha256) -> Result<(), TransferStartError> {
    match &config.database {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(to) => {
            let restored = wareroom_sqlite::SqliteStore::restore(sqlite(config, to), file.to_owned(), sha256).await;
            restored.map_err(of_backup)
        }
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(_) => Err(StartError::NotBuilt("sqlite:").into()),
        other => Err(not_a_file(other)),
    }
}

/// The size and the hash of a file that [`back_up_database`] has written.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(unused_variables, clippy::unused_async, reason = "there are no such files then")
)]
pub async fn hash_database_file(file: &Path) -> Result<DatabaseFile, TransferStartError> {
    #[cfg(feature = "sqlite")]
    {
        let read = wareroom_sqlite::SqliteStore::hash_file(file.to_owned()).await;
        let wareroom_sqlite::BackedUp { bytes, sha256 } = read.map_err(of_backup)?;
        Ok(DatabaseFile { bytes, sha256 })
    }
    #[cfg(not(feature = "sqlite"))]
    Err(StartError::NotBuilt("sqlite:").into())
}

/// Whether there is a database where [`restore_database`] would make one.
pub fn database_exists(config: &Config) -> bool {
    match &config.database {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(file) => wareroom_sqlite::SqliteStore::exists(&sqlite(config, file)),
        #[cfg(not(feature = "sqlite"))]
        DatabaseUrl::Sqlite(file) => file.exists(),
        DatabaseUrl::Postgres(_) => true,
        DatabaseUrl::Memory => false,
    }
}

#[cfg(feature = "sqlite")]
fn of_backup(error: wareroom_sqlite::BackupError) -> TransferStartError {
    TransferStartError::File(error.into())
}

fn not_a_file(database: &DatabaseUrl) -> TransferStartError {
    match database {
        DatabaseUrl::Memory => TransferStartError::Memory,
        other => TransferStartError::NotAFile { database: other.to_string() },
    }
}
