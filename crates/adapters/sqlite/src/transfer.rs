//! The file's rows as those of no store in particular, given away and taken in by connections of their own.

mod export;
mod import;

use crate::SqliteConfig;
use jiff::Timestamp;
use rusqlite::Connection;
use std::{
    io,
    path::{self, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A copy from a database file, or into one. The file is there and its schema is that of today, as
/// [`SqliteStore::migrate`](crate::SqliteStore::migrate) makes it. Clones share their connection.
#[derive(Clone)]
pub struct SqliteTransfer {
    path: PathBuf,
    busy_wait: Duration,
    /// What rows are put by; opened with the first of them.
    writer: Arc<Mutex<Option<Connection>>>,
}

impl SqliteTransfer {
    /// For this file, which is not opened before it is needed.
    pub fn at(config: &SqliteConfig) -> io::Result<Self> {
        Ok(Self { path: path::absolute(&config.path)?, busy_wait: config.begin_wait, writer: Arc::default() })
    }
}

/// What says that rows are still to come: a table of its own, which no schema has.
const MARK: &str = "unfinished_copy";

fn is_marked(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    connection.prepare_cached(sql)?.query_one([MARK], |row| row.get(0))
}

/// A moment by the store's clock; one that no calendar has is as late as can be.
fn to_moment(milliseconds: i64) -> Timestamp {
    let beyond = if milliseconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(milliseconds).unwrap_or(beyond)
}

/// The same in milliseconds, rounded up.
fn to_milliseconds(moment: Timestamp) -> i64 {
    let whole = moment.as_nanosecond().div_euclid(1_000_000) + i128::from(moment.subsec_nanosecond() % 1_000_000 != 0);
    i64::try_from(whole).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_never_early_and_a_whole_millisecond_stays() {
        for (moment, expected) in [("1970-01-01T00:00:00.0010001Z", 2), ("1969-12-31T23:59:59.9995Z", 0)] {
            assert_eq!(to_milliseconds(moment.parse().unwrap()), expected, "{moment}");
        }
        for milliseconds in [-1, 0, 1, 1_763_720_000_123] {
            assert_eq!(to_milliseconds(to_moment(milliseconds)), milliseconds);
        }
        assert_eq!((to_moment(i64::MAX), to_moment(i64::MIN)), (Timestamp::MAX, Timestamp::MIN));
    }
}
