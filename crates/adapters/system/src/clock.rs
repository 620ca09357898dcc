//! The machine's clock, held back from ever going back.

use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use wareroom_ports::Clock;

/// The machine's clock, in whole microseconds, so that every store gives back exactly what it was given.
///
/// When the machine's clock is set back, this one stands still until the other has caught up. Each instance keeps that
/// promise for itself; a process uses one.
#[derive(Debug)]
pub struct SystemClock {
    /// The last answer, in microseconds since 1970.
    last: AtomicI64,
}

impl SystemClock {
    /// A clock that has not been asked yet.
    pub const fn new() -> Self {
        Self { last: AtomicI64::new(i64::MIN) }
    }

    fn not_before_last(&self, now: Timestamp) -> Timestamp {
        // The smallest of all instants is no whole microsecond, and rounding down would leave the range.
        let micros = now.as_microsecond() - i64::from(now.subsec_nanosecond() % 1000 < 0);
        let last = self.last.fetch_max(micros, Ordering::SeqCst);
        Timestamp::from_microsecond(micros.max(last)).unwrap_or(now)
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the machine's clock")]
    fn now(&self) -> Timestamp {
        self.not_before_last(Timestamp::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanoseconds: i128) -> Timestamp {
        Timestamp::from_nanosecond(nanoseconds).unwrap()
    }

    #[test]
    fn it_stands_still_while_the_machines_clock_is_behind() {
        let clock = SystemClock::new();
        assert_eq!(clock.not_before_last(at(5_000_000)), at(5_000_000));
        assert_eq!(clock.not_before_last(at(3_000_000)), at(5_000_000));
        assert_eq!(clock.not_before_last(at(6_000_000)), at(6_000_000));
    }

    #[test]
    fn instants_are_rounded_down_to_microseconds() {
        for (given, kept) in [(1_999, 1_000), (-1, -1_000), (-1_000, -1_000), (-1_001, -2_000), (0, 0)] {
            assert_eq!(SystemClock::new().not_before_last(at(given)), at(kept), "{given}");
        }
    }

    #[test]
    fn the_ends_of_time_are_survived() {
        for end in [Timestamp::MIN, Timestamp::MAX] {
            assert!(SystemClock::new().not_before_last(end) <= end);
        }
    }

    #[test]
    fn it_tells_the_machines_time() {
        let clock = SystemClock::default();
        let year = clock.now().as_second() / (365 * 24 * 60 * 60) + 1970;
        assert!(year > 2024, "{year}");
        assert_eq!(clock.now().as_nanosecond() % 1000, 0);
    }
}
