//! The database as a single file: written beside whoever works with it, and made a database again.

use crate::{SqliteConfig, SqliteStore, connection::open_reader, store::make_folder};
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use sha2::Digest;
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{self, Path, PathBuf},
    thread::sleep,
    time::Duration,
};
use tokio::task::spawn_blocking;
use wareroom_domain::Sha256;
use wareroom_ports::BoxError;

/// A file that holds a whole database and is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Its size in bytes.
    pub bytes: u64,
    /// The hash of all of them.
    pub sha256: Sha256,
}

/// Why a database was not backed up, or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database cannot be read, or the file is no database.
    #[error("the database cannot be read")]
    Database(#[source] BoxError),
    /// Where a database is to be made there is one, or what is left of one.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The file is not what was written.
    #[error("{} is damaged: its hash is {found} and should be {expected}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// The hash that it has.
        found: Sha256,
        /// The hash that it should have.
        expected: Sha256,
    },
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.into())
    }
}

fn of_file(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |source| BackupError::File { path: path.to_owned(), source }
}

impl SqliteStore {
    /// Writes one moment of the database into a file of its own, which is there when all of it is on disk, and not before. Those
    /// who write to the database go on meanwhile. Takes the place of a file of that name.
    pub async fn back_up(config: SqliteConfig, file: PathBuf) -> Result<BackedUp, BackupError> {
        blocking(&file.clone(), move || {
            let part = file.with_added_extension("part");
            remove(&part)?;
            copy_database(&config, &part)?;
            let backed_up = hash(&part)?;
            publish(&part, &file)?;
            Ok(backed_up)
        })
        .await
    }

    /// Makes a database of such a file, whose hash is known, where there is none. It is there when all of it is on disk, and
    /// not before. An attempt that was broken off can be made again.
    pub async fn restore(config: SqliteConfig, file: PathBuf, expected: Sha256) -> Result<(), BackupError> {
        blocking(&file.clone(), move || {
            let target = path::absolute(&config.path).map_err(of_file(&config.path))?;
            // What is left of a log would be taken for a part of the new database.
            for there in ["", "-wal", "-shm"].map(|end| beside(&target, end)) {
                if there.exists() {
                    return Err(BackupError::Exists(there));
                }
            }
            if let Some(folder) = target.parent() {
                make_folder(folder).map_err(of_file(folder))?;
            }
            let part = beside(&target, "-restoring");
            copy_file(&file, &part)?;
            let found = hash(&part)?.sha256;
            if found != expected {
                return Err(BackupError::Damaged { path: file, found, expected });
            }
            look_through(&part)?;
            publish(&part, &target)
        })
        .await
    }

    /// Whether there is a database, or what is left of one, where [`restore`](Self::restore) would make one.
    pub fn exists(config: &SqliteConfig) -> bool {
        ["", "-wal", "-shm"].into_iter().any(|end| beside(&config.path, end).exists())
    }

    /// The size and the hash of a file, which is read once.
    pub async fn hash_file(file: PathBuf) -> Result<BackedUp, BackupError> {
        blocking(&file.clone(), move || hash(&file)).await
    }
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    spawn_blocking(work).await.map_err(|stopped| of_file(path)(io::Error::other(stopped)))?
}

/// A file whose name begins with that of another.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(of_file(path)(error)),
        _ => Ok(()),
    }
}

/// All pages in one step, so that it is one moment, and so that it ends however much others write.
fn copy_database(config: &SqliteConfig, part: &Path) -> Result<(), BackupError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let from = path::absolute(&config.path).map_err(of_file(&config.path))?;
    let source = open_reader(&from, config.begin_wait).map_err(|error| BackupError::Database(error.into()))?;
    let mut copy = Connection::open(part)?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        let mut waited = Duration::ZERO;
        loop {
            match backup.step(-1)? {
                StepResult::Done => break,
                StepResult::Busy | StepResult::Locked if waited >= config.begin_wait => {
                    return Err(BackupError::Database("the database is locked".into()));
                }
                _ => {
                    sleep(PAUSE);
                    waited += PAUSE;
                }
            }
        }
    }
    // A single file: what opens it needs nothing beside it.
    let _: String = copy.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    // Reservations are of processes that the copy knows nothing of: the collector's turn that is held for this backup is one,
    // and whoever restored it would wait for its end.
    copy.execute("DELETE FROM idempotency_keys WHERE token IS NOT NULL", [])?;
    drop(copy);
    look_through(part)
}

/// Has SQLite look through a file, without changing it.
fn look_through(path: &Path) -> Result<(), BackupError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found: String = connection.query_one("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(BackupError::Database(found.into())) }
}

fn hash(path: &Path) -> Result<BackedUp, BackupError> {
    let mut file = File::open(path).map_err(of_file(path))?;
    let (mut hasher, mut bytes, mut buffer) = (sha2::Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(of_file(path))?;
        if read == 0 {
            return Ok(BackedUp { bytes, sha256: Sha256(hasher.finalize().into()) });
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Byte by byte, and never by a link: what happens to one file is not to happen to the other.
fn copy_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = File::open(from).map_err(of_file(from))?;
    let mut copy = File::create(to).map_err(of_file(to))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = source.read(&mut buffer).map_err(of_file(from))?;
        if read == 0 {
            return Ok(());
        }
        copy.write_all(&buffer[..read]).map_err(of_file(to))?;
    }
}

/// Gives a file its name, once it is on disk; the name is on disk, too, when this answers.
fn publish(part: &Path, file: &Path) -> Result<(), BackupError> {
    File::open(part).and_then(|written| written.sync_all()).map_err(of_file(part))?;
    fs::rename(part, file).map_err(of_file(file))?;
    #[cfg(unix)]
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(of_file(folder))?;
    }
    Ok(())
}
