//! The store as rows of no store in particular, given away and taken in.

mod export;
mod import;

use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// One moment by both clocks, the same for the whole process: what the store counts by its own clock travels as a moment that
/// other stores know.
fn anchor() -> (Instant, Timestamp) {
    static ANCHOR: OnceLock<(Instant, Timestamp)> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "what travels has to mean the same in a store with another clock")]
    let now = || (Instant::now(), Timestamp::now());
    *ANCHOR.get_or_init(now)
}

fn to_timestamp(moment: Instant) -> Timestamp {
    let (instant, timestamp) = anchor();
    let moved = match moment.checked_duration_since(instant) {
        Some(later) => timestamp.checked_add(later),
        None => timestamp.checked_sub(instant.duration_since(moment)),
    };
    moved.unwrap_or(Timestamp::MAX)
}

/// A moment that this machine's clock cannot count to is cut to now.
fn to_instant(moment: Timestamp) -> Instant {
    let (instant, timestamp) = anchor();
    let passed: SignedDuration = moment.duration_since(timestamp);
    let span: Duration = passed.unsigned_abs();
    let moved = if passed.is_negative() { instant.checked_sub(span) } else { instant.checked_add(span) };
    moved.unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_same_after_both_ways() {
        for moment in ["2026-11-21T10:00:00.001Z", "1999-12-31T23:59:59.999Z", "2040-01-01T00:00:00Z"] {
            let moment: Timestamp = moment.parse().unwrap();
            assert_eq!(to_timestamp(to_instant(moment)), moment);
        }
    }
}
