//! A limit on how long a query may take, so that one that has much to look through gives up instead of keeping its
//! connection from others. Knows no table.

use crate::error::Fault;
use rusqlite::Connection;
use std::{ffi::c_int, time::Duration};
use tokio::time::Instant;

/// How many of SQLite's steps are done between two looks at the clock: some microseconds.
const STEPS: c_int = 1_000;

/// Runs a query, which is interrupted (`Busy`) once it has taken that long.
pub(crate) fn within<T>(
    connection: &mut Connection,
    limit: Duration,
    query: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let begun = Instant::now();
    connection.progress_handler(STEPS, Some(move || begun.elapsed() >= limit))?;
    let limited = Limited(connection);
    query(limited.0)
}

/// A connection that is without a limit again whatever happens to the query.
struct Limited<'c>(&'c mut Connection);

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.progress_handler(0, None::<fn() -> bool>) {
            tracing::error!(%error, "a query's time limit could not be taken off its connection");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use wareroom_ports::StoreError;

    const ENDLESS: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    const LONG: &str =
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 20000) SELECT count(*) FROM n";

    fn count(connection: &Connection, sql: &str) -> Result<i64, Fault> {
        Ok(connection.query_one(sql, [], |row| row.get(0))?)
    }

    #[test]
    fn a_query_without_end_is_busy_and_the_next_one_has_no_limit() {
        let mut connection = Connection::open_in_memory().unwrap();
        let endless = within(&mut connection, Duration::from_millis(20), |connection| {
            let moment = connection.transaction()?;
            count(&moment, ENDLESS)
        });
        assert!(matches!(endless.map_err(StoreError::from), Err(StoreError::Busy)));
        assert!(connection.is_autocommit(), "its transaction stayed open");
        assert_eq!(count(&connection, LONG).unwrap(), 20_000);
    }

    #[test]
    fn a_query_that_panics_leaves_no_limit_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let panicked =
            catch_unwind(AssertUnwindSafe(|| within::<()>(&mut connection, Duration::ZERO, |_| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert_eq!(count(&connection, LONG).unwrap(), 20_000);
    }
}
