//! What can go wrong, from PostgreSQL's terms into those of the ports.

use crate::pipeline::Broken;
use deadpool_postgres::PoolError;
use std::{error::Error as _, io};
use tokio_postgres::error::{Error, SqlState};
use wareroom_ports::{BoxError, QueueError, StoreError};

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not one of a PostgreSQL database, or a parameter of it is not known.
    #[error("the database's URL cannot be used: {0}")]
    Url(String),
    /// The roots by which the server's certificate is to be judged cannot be read.
    #[error("the root certificates for the database's server cannot be used: {0}")]
    Roots(String),
    /// The server cannot be reached, or is not ready yet; it may be soon.
    #[error("the database's server cannot be reached")]
    Unreachable(#[source] BoxError),
    /// The server answered, and refused: a wrong password, no such database, no right to do it.
    #[error("the database's server refused")]
    Refused(#[source] BoxError),
    /// The database keeps texts in another form.
    #[error("the database has the encoding {0:?} and needs UTF8; create it with ENCODING 'UTF8'")]
    Encoding(String),
    /// The server answers before it has written to disk.
    #[error(
        "the database has synchronous_commit off, and what was acknowledged would be lost with the server; turn it on"
    )]
    NotDurable,
    /// Migrations are missing.
    #[error("the database lacks {count} migrations, the first is {first}; apply them first")]
    Pending {
        /// The number of the first that is missing.
        first: u32,
        /// How many are missing.
        count: usize,
    },
    /// A migration that was applied is not the one of that number here.
    #[error("migration {version} is not the one that was applied to this database")]
    ChangedMigration {
        /// Its number.
        version: u32,
    },
    /// The database was changed by a newer Wareroom in a way that this one cannot work with.
    #[error("the database has migration {version}, which this program is too old for; start the newer program")]
    NewerSchema {
        /// The number of the breaking migration that is not known here.
        version: u32,
    },
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        if is_lost(&error) { Self::Unreachable(Box::new(error)) } else { Self::Refused(Box::new(error)) }
    }
}

/// Whether it is the connection that is gone or was not to be had, and not the statement that is wrong.
pub(crate) fn is_lost(error: &Error) -> bool {
    let Some(code) = error.code() else {
        // What was no answer at all is of other kinds than an answer that is wrong, such as a certificate.
        let wrong = [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput];
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        return error.is_closed() || cause.is_some_and(|cause| !wrong.contains(&cause.kind()));
    };
    let gone = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    gone.contains(code) || code.code().starts_with("08")
}

/// What a failed statement says to whoever asked for it. Whatever was begun is rolled back.
pub(crate) fn of_statement(error: Error) -> StoreError {
    let Some(code) = error.code() else { return StoreError::Backend(Box::new(error)) };
    if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code) {
        return StoreError::Conflict;
    }
    if [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE, SqlState::TOO_MANY_CONNECTIONS].contains(code) {
        return StoreError::Busy;
    }
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    if *code == SqlState::FOREIGN_KEY_VIOLATION {
        match error.as_db_error().and_then(|error| error.constraint()) {
            Some("products_user_id_fkey") => return StoreError::UnknownReference("user"),
            Some("images_product_id_fkey") => return StoreError::UnknownReference("product"),
            _ => {}
        }
    }
    StoreError::Backend(Box::new(error))
}

/// The same for statements that were sent together and are not the end of a unit.
pub(crate) fn of_call(broken: Broken) -> StoreError {
    broken.error.map_or_else(|| StoreError::Backend(Box::new(NoAnswer)), of_statement)
}

/// What a failed commit says. A statement that the server refused leaves nothing open, because COMMIT behind it stores
/// nothing. A connection that is lost once COMMIT was sent does.
pub(crate) fn of_commit(broken: Broken) -> StoreError {
    match broken {
        Broken { end_sent: false, .. } => of_call(broken),
        Broken { error: None, .. } => StoreError::Unknown(Box::new(NoAnswer)),
        Broken { error: Some(error), at_end: false, .. } if error.code().is_some() => of_statement(error),
        Broken { error: Some(error), .. } if error.code().is_none() || is_lost(&error) => {
            StoreError::Unknown(Box::new(error))
        }
        Broken { error: Some(error), .. } => of_statement(error),
    }
}

/// No connection was to be had.
pub(crate) fn of_pool(error: PoolError) -> StoreError {
    match error {
        PoolError::Timeout(_) => StoreError::Busy,
        PoolError::Backend(error) => of_statement(error),
        other => StoreError::Backend(Box::new(other)),
    }
}

/// The same trouble, as the queue says it.
pub(crate) fn of_queue(error: StoreError) -> QueueError {
    match error {
        StoreError::Busy | StoreError::Full => QueueError::Unavailable(Box::new(error)),
        StoreError::Backend(source) if source.downcast_ref::<Error>().is_some_and(is_lost) => {
            QueueError::Unavailable(source)
        }
        other => QueueError::Backend(Box::new(other)),
    }
}

/// The server took longer than it may, and longer than it says it does.
#[derive(Debug, thiserror::Error)]
#[error("the database gave no answer in time")]
pub(crate) struct NoAnswer;

/// A value of a row that is not what its column should hold.
#[derive(Debug, thiserror::Error)]
#[error("the column {column:?} holds what it should not")]
pub(crate) struct Damaged {
    pub(crate) column: String,
    #[source]
    pub(crate) source: BoxError,
}

impl From<Damaged> for StoreError {
    fn from(damaged: Damaged) -> Self {
        Self::Backend(Box::new(damaged))
    }
}
