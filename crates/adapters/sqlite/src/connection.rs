//! How connections are opened and set. Knows no table.

use crate::OpenError;
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use std::{path::Path, thread::sleep, time::Duration};

/// Enough for every statement of this crate, those of lists in every form, so that each is compiled once a connection.
const STATEMENTS: usize = 256;

/// The connection that writes. Makes the file when there is none.
pub(crate) fn open_writer(path: &Path, busy_wait: Duration) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(
        path,
        shared_flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE),
    )?;
    set_busy_wait(&connection, busy_wait)?;
    let journal_mode = use_write_ahead_log(&connection, busy_wait)?;
    if journal_mode != "wal" {
        return Err(OpenError::NoWriteAheadLog { journal_mode });
    }
    set(&connection)?;
    // What a savepoint would have to undo is soon forgotten, and no file is worth it.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path, busy_wait: Duration) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, shared_flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    set_busy_wait(&connection, busy_wait)?;
    set(&connection)?;
    Ok(connection)
}

/// Switches a new file over, and does nothing to one that was switched; answers the journal mode there is. While
/// somebody else switches the same file, SQLite answers that it is busy without waiting, so the waiting is done here.
fn use_write_ahead_log(connection: &Connection, busy_wait: Duration) -> rusqlite::Result<String> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && waited < busy_wait => {
                sleep(PAUSE);
                waited += PAUSE;
            }
            answered => return answered,
        }
    }
}

/// A connection is used by one thread at a time, so SQLite need not lock it.
fn shared_flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// What every connection is set to.
pub(crate) fn set(connection: &Connection) -> rusqlite::Result<()> {
    // Or every statement that compares with what it is given is compiled anew each time, in case another plan were better
    // for that; plans are chosen by INDEXED BY and tests here.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")
}

/// How long SQLite waits for another process's lock of the file.
pub(crate) fn set_busy_wait(connection: &Connection, wait: Duration) -> rusqlite::Result<()> {
    const LONGEST: Duration = Duration::from_hours(1);
    connection.busy_timeout(wait.min(LONGEST))
}

/// Moves what the write-ahead log holds into the database, and cuts the log to nothing unless somebody still reads it, who
/// is waited for a moment only; answers whether it was cut. Not within a transaction.
pub(crate) fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    const A_MOMENT: Duration = Duration::from_millis(100);
    let usual: u64 = connection.pragma_query_value(None, "busy_timeout", |row| row.get(0))?;
    let usual = Duration::from_millis(usual);
    set_busy_wait(connection, usual.min(A_MOMENT))?;
    let busy = connection.query_one("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    set_busy_wait(connection, usual)?;
    Ok(!busy?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::types::FromSql;

    fn setting<T: FromSql>(connection: &Connection, name: &str) -> T {
        connection.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    }

    #[test]
    fn every_connection_has_the_settings_that_durability_and_integrity_rest_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wareroom.db");
        let writer = open_writer(&path, Duration::from_secs(2)).unwrap();
        let reader = open_reader(&path, Duration::from_secs(2)).unwrap();
        for connection in [&writer, &reader] {
            assert_eq!(setting::<String>(connection, "journal_mode"), "wal");
            assert_eq!(setting::<i64>(connection, "synchronous"), 2, "full");
            assert_eq!(setting::<i64>(connection, "foreign_keys"), 1);
            assert_eq!(setting::<i64>(connection, "busy_timeout"), 2000);
            assert!(connection.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG).unwrap());
        }
        assert_eq!(setting::<i64>(&writer, "temp_store"), 2, "in memory");
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wareroom.db");
        let writer = open_writer(&path, Duration::ZERO).unwrap();
        writer.execute_batch("CREATE TABLE t (x INTEGER) STRICT").unwrap();
        let reader = open_reader(&path, Duration::ZERO).unwrap();
        let error = reader.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly));
    }
}
