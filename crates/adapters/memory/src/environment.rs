//! A clock that stands still, ids that count and room that is what one says, so that a test knows every byte of an answer
//! beforehand.

use jiff::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use uuid::{Builder, Uuid};
use wareroom_ports::{BoxError, Clock, Ids, Space};

/// A clock that moves only when told to, and tells whole microseconds. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct FixedClock {
    now: Arc<Mutex<Timestamp>>,
}

impl FixedClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(now)) }
    }

    /// Moves it forward; at the end of time it stops.
    pub fn advance(&self, by: Duration) {
        let mut now = self.hand();
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets it to an instant. One that has passed already is ignored: a clock never goes back.
    pub fn set(&self, to: Timestamp) {
        let mut now = self.hand();
        *now = to.max(*now);
    }

    fn hand(&self) -> MutexGuard<'_, Timestamp> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        let now = *self.hand();
        // Down, also before 1970; where that would leave the range, what is finer stays.
        let microseconds = now.as_microsecond() - i64::from(now.subsec_nanosecond() % 1000 < 0);
        Timestamp::from_microsecond(microseconds).unwrap_or(now)
    }
}

/// Ids that count from 1: `00000000-0000-7000-8000-000000000001` and so on. Two of them give the same ids.
#[derive(Debug, Default)]
pub struct CountingIds {
    given: AtomicU64,
}

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        let number = self.given.fetch_add(1, Ordering::Relaxed) + 1;
        // The number's halves stand where a version 7 id has its milliseconds and the end of its random part.
        let [high @ .., l0, l1, l2, l3] = number.to_be_bytes();
        let milliseconds = u64::from(u32::from_be_bytes(high));
        Builder::from_unix_timestamp_millis(milliseconds, &[0, 0, 0, 0, 0, 0, l0, l1, l2, l3]).into_uuid()
    }
}

/// Room without a limit, until one is set. Clones are the same room.
#[derive(Clone, Debug, Default)]
pub struct MemorySpace {
    free: Arc<Mutex<Option<u64>>>,
}

impl MemorySpace {
    /// Room without a limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many bytes are free from now on; `None` takes the limit away.
    pub fn set(&self, free: Option<u64>) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = free;
    }
}

impl Space for MemorySpace {
    fn free(&self) -> Result<Option<u64>, BoxError> {
        Ok(*self.free.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_moves_only_forward() {
        let clock = FixedClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), Timestamp::from_second(5).unwrap());
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn what_is_finer_than_a_microsecond_adds_up_and_is_not_told() {
        let clock = FixedClock::new(Timestamp::from_nanosecond(-1).unwrap());
        assert_eq!(clock.now(), Timestamp::from_microsecond(-1).unwrap());
        clock.advance(Duration::from_micros(1));
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(clock.now(), Timestamp::from_microsecond(1).unwrap());
    }

    #[test]
    fn room_has_no_limit_until_one_is_set_and_clones_see_it() {
        let space = MemorySpace::new();
        let seen = space.clone();
        assert_eq!(seen.free().unwrap(), None);
        space.set(Some(0));
        assert_eq!(seen.free().unwrap(), Some(0));
        space.set(None);
        assert_eq!(seen.free().unwrap(), None);
    }

    #[test]
    fn ids_count_and_sort_also_beyond_what_half_the_number_holds() {
        let ids = CountingIds { given: AtomicU64::new(u64::from(u32::MAX) - 2) };
        let given: Vec<Uuid> = (0..5).map(|_| ids.uuid()).collect();
        assert!(given.is_sorted() && given.iter().all(|id| id.get_version_num() == 7));
        assert_eq!(CountingIds::default().uuid().to_string(), "00000000-0000-7000-8000-000000000001");
    }
}
