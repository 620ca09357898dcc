//! The store itself: opening it, and beginning units of work.

use crate::{
    OpenError, SqliteConfig,
    connection::{open_reader, open_writer},
    error::Fault,
    jobs,
    migrations::migrate,
    readers::Readers,
    time_limit::within,
    unit::Unit,
    writer::Writer,
};
use async_trait::async_trait;
use rusqlite::Connection;
use std::{
    fs, io,
    path::{self, Path},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Notify, task::spawn_blocking};
use wareroom_ports::{Store, StoreError, UnitOfWork};

/// A database file that is open. Clones share it; it is closed when the last of them is gone, with everything that they
/// handed out.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) writer: Writer,
    readers: Readers,
    /// There may be jobs to claim.
    pub(crate) jobs: Arc<Notify>,
    pub(crate) begin_wait: Duration,
    list_time: Duration,
    pub(crate) lease: Duration,
}

impl SqliteStore {
    /// Opens the database, makes it when there is none (its folder too), and brings its schema up to date. Needs a
    /// runtime, and leaves its threads free meanwhile.
    pub async fn open(config: SqliteConfig) -> Result<Self, OpenError> {
        let opened = spawn_blocking(move || Self::open_blocking(&config)).await;
        opened.map_err(io::Error::other)?
    }

    fn open_blocking(config: &SqliteConfig) -> Result<Self, OpenError> {
        // An absolute path, because SQLite takes one that begins with `file:` for an address.
        let path = path::absolute(&config.path)?;
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let mut connection = open_writer(&path, config.begin_wait)?;
        migrate(&mut connection)?;
        let readers = (0..config.readers.max(1)).map(|_| open_reader(&path, config.begin_wait));
        let shared = Shared {
            readers: Readers::new(readers.collect::<Result<_, _>>()?, config.begin_wait),
            writer: Writer::start(connection, config.begin_wait)?,
            jobs: Arc::new(Notify::new()),
            begin_wait: config.begin_wait,
            list_time: config.list_time,
            lease: config.lease,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Takes back every job that is on loan, so that it can be claimed at once; answers to how many. For a process that
    /// starts and knows itself to be the only one with workers, by the lock of the data directory: whoever borrowed
    /// those jobs is dead.
    pub async fn release_leases(&self) -> Result<u64, StoreError> {
        let jobs = Arc::clone(&self.shared.jobs);
        let release = |connection: &Connection| Ok(jobs::release_all(connection)?);
        self.shared.writer.write(self.shared.begin_wait, release, move || jobs.notify_waiters()).await
    }
}

/// Makes a folder and those above it, and has each written to disk: SQLite sees to the files, but what lies in a folder
/// that is forgotten in a power cut is lost with it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let Some(parent) = folder.parent().filter(|_| !folder.is_dir()) else { return Ok(()) };
    make_folder(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    fs::File::open(parent)?.sync_all()?;
    Ok(())
}

impl Shared {
    /// Reads beside the writer, as of the last commit.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.readers.read(query).await
    }

    /// Reads a list, all of one moment, in the time that lists are given.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let limit = self.list_time;
        let query = move |connection: &mut Connection| {
            within(connection, limit, |connection| query(&*connection.transaction()?))
        };
        self.readers.read_long(query).await
    }

    /// Writes outside a unit of work: all of it, or nothing.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(self.begin_wait, work, || ()).await
    }

    /// Does with the file what cannot be done within a transaction.
    pub(crate) async fn tend<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.alone(self.begin_wait, work).await
    }

    pub(crate) async fn begin(self: &Arc<Self>) -> Result<Unit, StoreError> {
        Ok(Unit::new(Arc::clone(self), self.writer.turn(self.begin_wait).await?))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Ok(Box::new(self.shared.begin().await?))
    }

    /// Takes the lock that a write takes, on the writer's own connection, and reads by one of the readers.
    async fn check(&self) -> Result<(), StoreError> {
        drop(self.shared.begin().await?);
        self.shared
            .read(|connection| {
                let _: i64 = connection
                    .prepare_cached("SELECT count(*) FROM schema_migrations")?
                    .query_one([], |row| row.get(0))?;
                Ok(())
            })
            .await
    }
}
