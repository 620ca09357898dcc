//! How long, and how often, it is cached that a product does not exist.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long an absence is cached unless something else is asked for.
const TTL: Duration = Duration::from_secs(5);

/// How many absences are put within one lifetime of theirs. Ids can be made up at will: beyond this many, the store is asked
/// and the cache is spared.
const MOST: u32 = 10_000;

pub(crate) struct Absences {
    ttl: Duration,
    period: Mutex<Period>,
}

#[derive(Default)]
struct Period {
    began: Option<Instant>,
    put: u32,
}

impl Absences {
    /// The usual time, but never longer than values live.
    pub(crate) fn beside(values: Duration) -> Self {
        Self::of(TTL.min(values))
    }

    pub(crate) fn of(ttl: Duration) -> Self {
        Self { ttl, period: Mutex::default() }
    }

    /// How long one more may be cached; `None` when it may not.
    pub(crate) fn one_more(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut period = self.period.lock().unwrap_or_else(PoisonError::into_inner);
        if period.began.is_none_or(|began| now.duration_since(began) >= self.ttl) {
            *period = Period { began: Some(now), put: 0 };
        }
        let may = !self.ttl.is_zero() && period.put < MOST;
        period.put += u32::from(may);
        may.then_some(self.ttl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_absences_and_no_more_are_cached_within_their_time() {
        let absences = Absences::beside(Duration::from_mins(1));
        assert!((0..MOST).all(|_| absences.one_more() == Some(TTL)));
        assert_eq!(absences.one_more(), None);
        tokio::time::advance(TTL).await;
        assert_eq!(absences.one_more(), Some(TTL));
    }

    #[test]
    fn absences_never_outlive_values() {
        assert_eq!(Absences::beside(Duration::from_secs(1)).one_more(), Some(Duration::from_secs(1)));
        assert_eq!(Absences::beside(Duration::ZERO).one_more(), None);
    }
}
