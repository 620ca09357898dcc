//! The store's own clock, in milliseconds since 1970: leases, claims, due times and `saved_at` go by it alone.

use rusqlite::Connection;
use std::time::Duration;

/// Now, as SQLite knows it.
pub(crate) fn now(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)")?.query_one([], |row| row.get(0))
}

/// A span in milliseconds, rounded up, and cut to what can be added to any moment.
pub(crate) fn milliseconds(span: Duration) -> i64 {
    const LONGEST: i64 = i64::MAX / 4;
    let rounded = span.as_nanos().div_ceil(1_000_000);
    i64::try_from(rounded).map_or(LONGEST, |span| span.min(LONGEST))
}

/// From one moment to another; zero when that is in the past.
pub(crate) fn until(now: i64, moment: i64) -> Duration {
    Duration::from_millis(u64::try_from(moment.saturating_sub(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_never_cut_short_and_never_overflows() {
        assert_eq!(milliseconds(Duration::ZERO), 0);
        assert_eq!(milliseconds(Duration::from_micros(1)), 1);
        assert_eq!(milliseconds(Duration::from_millis(7)), 7);
        assert!(milliseconds(Duration::MAX).checked_add(i64::MAX / 2).is_some());
    }

    #[test]
    fn what_is_past_is_now() {
        assert_eq!(until(10, 3), Duration::ZERO);
        assert_eq!(until(3, 10), Duration::from_millis(7));
    }
}
