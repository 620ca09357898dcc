//! What can go wrong, from SQLite's terms into those of the ports.

use rusqlite::{ErrorCode, ffi};
use std::io;
use wareroom_ports::{BoxError, QueueError, StoreError};

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made, or no thread can be started.
    #[error("the database's folder or thread cannot be made")]
    Io(#[from] io::Error),
    /// The file is not a database of ours, cannot be reached or cannot be written.
    #[error("the database cannot be opened")]
    Sqlite(#[source] BoxError),
    /// The file system does not allow a write-ahead log, as network shares do not: what it does instead.
    #[error("the database needs a write-ahead log and its file system gives {journal_mode:?}; use a local disk")]
    NoWriteAheadLog {
        /// The journal mode that SQLite fell back to.
        journal_mode: String,
    },
    /// A migration that was applied is not the one of that number here.
    #[error("migration {version} is not the one that was applied to this database")]
    ChangedMigration {
        /// Its number.
        version: u32,
    },
    /// The database was written by a newer Wareroom.
    #[error("the database has migration {version}, which is newer than this program; start the newer program")]
    NewerSchema {
        /// The number of the migration that is not known here.
        version: u32,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Box::new(error))
    }
}

/// What a closure on a connection may answer: SQLite's own error, or already one of the port.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Sqlite(error) => match error.sqlite_error_code() {
                // Interrupted is what took longer than its time.
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted) => {
                    Self::Busy
                }
                Some(ErrorCode::DiskFull) => Self::Full,
                _ => Self::Backend(Box::new(error)),
            },
        }
    }
}

/// For inserts of rows that name another: the other is not there.
pub(crate) fn unless_referenced(kind: &'static str) -> impl FnOnce(rusqlite::Error) -> Fault {
    move |error| match error.sqlite_extended_error_code() {
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::UnknownReference(kind).into(),
        _ => error.into(),
    }
}

/// For COMMIT: when the disk fails under it, the log may hold the whole transaction or not, and only the next opening
/// of the file will tell.
pub(crate) fn of_commit(error: rusqlite::Error) -> Fault {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Unknown(Box::new(error)).into(),
        _ => error.into(),
    }
}

/// The same error once more, for another who has to be told.
pub(crate) fn again(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}

/// The same trouble, as the queue says it.
pub(crate) fn of_queue(error: StoreError) -> QueueError {
    match error {
        StoreError::Busy | StoreError::Full => QueueError::Unavailable(Box::new(error)),
        other => QueueError::Backend(Box::new(other)),
    }
}

/// The thread that answers is gone, or panicked while it had the question.
#[derive(Debug, thiserror::Error)]
#[error("the database's thread gave no answer")]
pub(crate) struct NoAnswer;

impl From<NoAnswer> for StoreError {
    fn from(error: NoAnswer) -> Self {
        Self::Backend(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)
    }

    #[test]
    fn what_a_caller_can_act_on_is_told_apart() {
        let told = |code| StoreError::from(Fault::from(failed(code)));
        for busy in [ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED, ffi::SQLITE_INTERRUPT] {
            assert!(matches!(told(busy), StoreError::Busy), "{busy}");
        }
        assert!(matches!(told(ffi::SQLITE_FULL), StoreError::Full));
        assert!(matches!(told(ffi::SQLITE_CORRUPT), StoreError::Backend(_)));
        assert!(matches!(told(ffi::SQLITE_IOERR), StoreError::Backend(_)));
        assert!(matches!(StoreError::from(Fault::from(StoreError::Conflict)), StoreError::Conflict));
    }

    #[test]
    fn a_disk_that_fails_under_a_commit_leaves_its_outcome_unknown() {
        let told = |code| StoreError::from(of_commit(failed(code)));
        assert!(matches!(told(ffi::SQLITE_IOERR_FSYNC), StoreError::Unknown(_)));
        assert!(matches!(told(ffi::SQLITE_FULL), StoreError::Full), "that is rolled back");
        assert!(matches!(told(ffi::SQLITE_BUSY), StoreError::Busy));
    }

    #[test]
    fn only_a_reference_that_leads_nowhere_is_called_one() {
        let told = |code| StoreError::from(unless_referenced("user")(failed(code)));
        assert!(matches!(told(ffi::SQLITE_CONSTRAINT_FOREIGNKEY), StoreError::UnknownReference("user")));
        assert!(matches!(told(ffi::SQLITE_CONSTRAINT_NOTNULL), StoreError::Backend(_)));
    }

    #[test]
    fn a_queue_whose_store_is_busy_or_full_can_be_asked_again() {
        for passing in [StoreError::Busy, StoreError::Full] {
            assert!(matches!(of_queue(passing), QueueError::Unavailable(_)));
        }
        assert!(matches!(of_queue(NoAnswer.into()), QueueError::Backend(_)));
    }
}
