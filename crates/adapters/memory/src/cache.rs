//! The cache of one process, bounded by the number of keys.
//!
//! A key can have a value and a tombstone at once: a tombstone forbids older values until its own time is over, also when
//! a newer value came meanwhile and is forgotten before. When there is no room, values go first, those nearest their end
//! before others. Should tombstones alone fill the cache, one that goes leaves its version behind as a *floor* for every
//! key: fewer values are cached for a while, and none that is too old.

use crate::deadline;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::Version;
use wareroom_ports::{Cache, CacheError, CacheKey, Cached, Put};

/// A cache in memory.
pub struct MemoryCache {
    entries: Mutex<Entries>,
    max_entries: usize,
}

/// When something ends, and a number that tells those apart that end together.
type End = (Instant, u64);

#[derive(Default)]
struct Entries {
    by_key: HashMap<Arc<str>, Entry>,
    values: BTreeMap<End, Arc<str>>,
    tombstones: BTreeMap<End, Arc<str>>,
    floor: Option<(Version, Instant)>,
    newest: u64,
}

#[derive(Default)]
struct Entry {
    value: Option<Value>,
    tombstone: Option<Tombstone>,
}

struct Value {
    version: Version,
    /// `None` for an absence.
    bytes: Option<Bytes>,
    end: End,
}

struct Tombstone {
    version: Version,
    end: End,
}

impl Entries {
    fn end(&mut self, at: Instant) -> End {
        self.newest += 1;
        (at, self.newest)
    }

    /// The version below which nothing may be stored.
    fn least(&self, key: &str) -> Version {
        let entry = self.by_key.get(key);
        let value = entry.and_then(|entry| entry.value.as_ref()).map(|value| value.version);
        let tombstone = entry.and_then(|entry| entry.tombstone.as_ref()).map(|tombstone| tombstone.version);
        let floor = self.floor.map(|(version, _)| version);
        value.max(tombstone).max(floor).unwrap_or_default()
    }

    fn put(&mut self, key: &str, version: Version, bytes: Option<Bytes>, until: Instant) {
        self.forget_value(key);
        let (key, end): (Arc<str>, End) = (key.into(), self.end(until));
        self.values.insert(end, Arc::clone(&key));
        self.by_key.entry(key).or_default().value = Some(Value { version, bytes, end });
    }

    fn bury(&mut self, key: &str, version: Version, until: Instant) {
        if self.by_key.get(key).and_then(|entry| entry.value.as_ref()).is_some_and(|value| value.version < version) {
            self.forget_value(key);
        }
        let before = self.forget_tombstone(key);
        let version = before.as_ref().map_or(version, |tombstone| tombstone.version.max(version));
        let until = before.as_ref().map_or(until, |tombstone| tombstone.end.0.max(until));
        let (key, end): (Arc<str>, End) = (key.into(), self.end(until));
        self.tombstones.insert(end, Arc::clone(&key));
        self.by_key.entry(key).or_default().tombstone = Some(Tombstone { version, end });
    }

    fn forget_value(&mut self, key: &str) {
        let Some(entry) = self.by_key.get_mut(key) else { return };
        if let Some(value) = entry.value.take() {
            self.values.remove(&value.end);
        }
        if entry.tombstone.is_none() {
            self.by_key.remove(key);
        }
    }

    fn forget_tombstone(&mut self, key: &str) -> Option<Tombstone> {
        let entry = self.by_key.get_mut(key)?;
        let tombstone = entry.tombstone.take();
        if let Some(tombstone) = &tombstone {
            self.tombstones.remove(&tombstone.end);
        }
        if entry.value.is_none() {
            self.by_key.remove(key);
        }
        tombstone
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some(key) = first_until(&self.values, now) {
            self.forget_value(&key);
        }
        while let Some(key) = first_until(&self.tombstones, now) {
            self.forget_tombstone(&key);
        }
        self.floor = self.floor.filter(|(_, until)| *until > now);
    }

    fn shrink(&mut self, max_entries: usize) {
        while self.by_key.len() > max_entries {
            if let Some(key) = self.values.values().next().cloned() {
                self.forget_value(&key);
            } else if let Some(key) = self.tombstones.values().next().cloned() {
                let Some(Tombstone { version, end: (until, _) }) = self.forget_tombstone(&key) else { return };
                let floor = self.floor.unwrap_or((version, until));
                self.floor = Some((floor.0.max(version), floor.1.max(until)));
            } else {
                return;
            }
        }
    }
}

fn first_until(ends: &BTreeMap<End, Arc<str>>, now: Instant) -> Option<Arc<str>> {
    ends.first_key_value().filter(|((at, _), _)| *at <= now).map(|(_, key)| Arc::clone(key))
}

impl MemoryCache {
    /// An empty cache of at most this many keys.
    pub fn new(max_entries: usize) -> Self {
        Self { entries: Mutex::default(), max_entries }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        let now = Instant::now();
        let entries = self.entries();
        let value = entries.by_key.get(key.0.as_str()).and_then(|entry| entry.value.as_ref());
        Ok(match value.filter(|value| value.end.0 > now) {
            Some(Value { version, bytes: Some(bytes), .. }) => {
                Cached::Value { version: *version, bytes: bytes.clone() }
            }
            Some(Value { bytes: None, .. }) => Cached::Absent,
            None => Cached::Miss,
        })
    }

    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError> {
        let now = Instant::now();
        let version = if value.is_some() { version } else { Version(0) };
        let mut entries = self.entries();
        entries.forget_expired(now);
        if version < entries.least(&key.0) {
            return Ok(Put::Outdated);
        }
        entries.put(&key.0, version, value, deadline::after(now, ttl));
        entries.shrink(self.max_entries);
        Ok(Put::Stored)
    }

    async fn invalidate(&self, invalid: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        let now = Instant::now();
        let until = deadline::after(now, ttl);
        let mut entries = self.entries();
        entries.forget_expired(now);
        for (key, version) in invalid {
            entries.bury(&key.0, *version, until);
            entries.shrink(self.max_entries);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn key(name: &str) -> CacheKey {
        CacheKey(name.to_owned())
    }

    async fn put(cache: &MemoryCache, name: &str, version: u64, ttl: Duration) -> Put {
        cache.put(&key(name), Version(version), Some(Bytes::from_static(b"v")), ttl).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_tombstone_outlives_a_newer_value_that_was_kept_for_less() {
        let cache = MemoryCache::new(10);
        cache.invalidate(&[(key("a"), Version(5))], 2 * MINUTE).await.unwrap();
        assert_eq!(put(&cache, "a", 6, MINUTE).await, Put::Stored);
        tokio::time::advance(MINUTE).await;
        assert_eq!(cache.get(&key("a")).await.unwrap(), Cached::Miss);
        assert_eq!(put(&cache, "a", 4, MINUTE).await, Put::Outdated);
        tokio::time::advance(MINUTE).await;
        assert_eq!(put(&cache, "a", 4, MINUTE).await, Put::Stored);
    }

    #[tokio::test(start_paused = true)]
    async fn values_go_before_tombstones_and_a_tombstone_that_had_to_go_still_forbids() {
        let cache = MemoryCache::new(2);
        put(&cache, "a", 1, MINUTE).await;
        cache.invalidate(&[(key("b"), Version(3))], MINUTE).await.unwrap();
        put(&cache, "c", 1, MINUTE).await;
        assert_eq!(cache.get(&key("a")).await.unwrap(), Cached::Miss);
        assert_eq!(put(&cache, "b", 2, MINUTE).await, Put::Outdated);

        cache.invalidate(&[(key("d"), Version(1)), (key("e"), Version(1))], MINUTE).await.unwrap();
        assert_eq!(put(&cache, "b", 2, MINUTE).await, Put::Outdated);
        assert_eq!(cache.entries().by_key.len(), 2);
        tokio::time::advance(MINUTE).await;
        assert_eq!(put(&cache, "b", 2, MINUTE).await, Put::Stored);
    }

    #[tokio::test(start_paused = true)]
    async fn however_much_is_stored_the_number_of_keys_is_bounded_and_the_indexes_agree() {
        let cache = MemoryCache::new(50);
        for round in 0..2_000u64 {
            let name = format!("{}", (round * 7_919) % 300);
            match round % 3 {
                0 => cache.invalidate(&[(key(&name), Version(round))], MINUTE).await.unwrap(),
                _ => drop(put(&cache, &name, round, MINUTE / 2).await),
            }
            tokio::time::advance(Duration::from_millis(50)).await;
            let entries = cache.entries();
            assert!(entries.by_key.len() <= 50);
            assert_eq!(entries.values.len(), entries.by_key.values().filter(|e| e.value.is_some()).count());
            assert_eq!(entries.tombstones.len(), entries.by_key.values().filter(|e| e.tombstone.is_some()).count());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_cache_without_room_stores_nothing_and_fails_nothing() {
        let cache = MemoryCache::new(0);
        cache.invalidate(&[(key("a"), Version(3))], MINUTE).await.unwrap();
        assert_eq!(put(&cache, "a", 2, MINUTE).await, Put::Outdated);
        assert_eq!(put(&cache, "a", 3, Duration::MAX).await, Put::Stored);
        assert_eq!(cache.get(&key("a")).await.unwrap(), Cached::Miss);
    }
}
