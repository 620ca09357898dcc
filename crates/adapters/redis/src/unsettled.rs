//! Invalidations that have not reached the server yet. Bounded: what finds no room counts as lost, and is waited out.
//!
//! Knows no server.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::Version;
use wareroom_ports::CacheKey;

/// What has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) key: CacheKey,
    pub(crate) version: Version,
    pub(crate) ttl: Duration,
}

pub(crate) struct Unsettled {
    waiting: HashMap<CacheKey, Waiting>,
    room: usize,
    /// Until when a value may be there whose invalidation was lost.
    lost_until: Option<Instant>,
}

struct Waiting {
    version: Version,
    ttl: Duration,
    /// When nothing can be there any more that it is about.
    end: Instant,
}

impl Unsettled {
    pub(crate) fn new(room: usize) -> Self {
        Self { waiting: HashMap::new(), room, lost_until: None }
    }

    /// Keeps an invalidation until it is settled. `outlives` is the longest that any value is stored for.
    pub(crate) fn keep(&mut self, tombstone: &Tombstone, outlives: Duration) {
        let now = Instant::now();
        let Tombstone { key, version, ttl } = tombstone;
        let end = now + outlives.max(*ttl);
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.version = waiting.version.max(*version);
            waiting.ttl = waiting.ttl.max(*ttl);
            waiting.end = waiting.end.max(end);
            return;
        }
        if self.waiting.len() >= self.room {
            self.waiting.retain(|_, waiting| waiting.end > now);
        }
        if self.waiting.len() >= self.room {
            self.lost_until = self.lost_until.max(Some(end));
        } else {
            self.waiting.insert(key.clone(), Waiting { version: *version, ttl: *ttl, end });
        }
    }

    /// The server has it.
    pub(crate) fn settle(&mut self, key: &CacheKey, version: Version) {
        if self.waiting.get(key).is_some_and(|waiting| waiting.version <= version) {
            self.waiting.remove(key);
        }
    }

    /// All that wait, in no order.
    pub(crate) fn all(&mut self) -> Vec<Tombstone> {
        let now = Instant::now();
        self.waiting.retain(|_, waiting| waiting.end > now);
        let told = |(key, waiting): (&CacheKey, &Waiting)| Tombstone {
            key: key.clone(),
            version: waiting.version,
            ttl: waiting.ttl,
        };
        self.waiting.iter().map(told).collect()
    }

    pub(crate) fn lost_until(&self) -> Option<Instant> {
        self.lost_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn tombstone(key: &str, version: u64) -> Tombstone {
        Tombstone { key: CacheKey(key.to_owned()), version: Version(version), ttl: MINUTE }
    }

    #[tokio::test(start_paused = true)]
    async fn the_newest_of_a_key_waits_until_it_is_settled() {
        let mut unsettled = Unsettled::new(10);
        for version in [5, 7, 6] {
            unsettled.keep(&tombstone("a", version), MINUTE);
        }
        assert_eq!(unsettled.all(), [tombstone("a", 7)]);
        unsettled.settle(&tombstone("a", 0).key, Version(6));
        assert_eq!(unsettled.all(), [tombstone("a", 7)], "an older one was settled");
        unsettled.settle(&tombstone("a", 0).key, Version(7));
        assert_eq!(unsettled.all(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn what_finds_no_room_is_waited_out() {
        let mut unsettled = Unsettled::new(2);
        for key in ["a", "b"] {
            unsettled.keep(&tombstone(key, 1), MINUTE);
        }
        assert_eq!(unsettled.lost_until(), None);
        unsettled.keep(&tombstone("a", 2), MINUTE);
        assert_eq!(unsettled.lost_until(), None, "it has its place already");
        unsettled.keep(&tombstone("c", 1), 2 * MINUTE);
        assert_eq!(unsettled.lost_until(), Some(Instant::now() + 2 * MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_makes_room() {
        let mut unsettled = Unsettled::new(1);
        unsettled.keep(&tombstone("a", 1), MINUTE / 2);
        tokio::time::advance(MINUTE).await;
        unsettled.keep(&tombstone("b", 1), MINUTE);
        assert_eq!(unsettled.lost_until(), None);
        assert_eq!(unsettled.all(), [tombstone("b", 1)]);
    }
}
