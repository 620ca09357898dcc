//! A cache that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::Version;
use wareroom_memory::MemoryCache;
use wareroom_port_contracts::cache::{CASES, CacheFixture};
use wareroom_port_contracts::cache_cases;
use wareroom_ports::{Cache, CacheError, CacheKey, Cached, Put};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    CutsKeys,
    TakesAnAbsenceForTheNewest,
    ForgetsNothing,
    LetsTheLastPutWin,
    InvalidatesWithoutTombstone,
    ComparesBeforeItPuts,
    InvalidatesNothing,
    LetsTheLastInvalidationWin,
    ForgetsTombstonesUnderPressure,
    InvalidatesNewerValuesToo,
}

struct Wrong {
    behind: MemoryCache,
    /// How often a key was begun anew, without anything that was known of it.
    anew: Mutex<HashMap<String, u32>>,
    puts: Mutex<u32>,
    fault: Option<Fault>,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn key(&self, key: &CacheKey) -> CacheKey {
        let name = &key.0;
        let name = if self.is(Fault::CutsKeys) { &name[..name.len().min("product:1".len())] } else { name };
        let pressed = self.is(Fault::ForgetsTombstonesUnderPressure) && *self.puts.lock().unwrap() > 1_000;
        let anew = self.anew.lock().unwrap().get(name).copied().unwrap_or_default();
        CacheKey(format!("{name} {anew} {pressed}"))
    }

    fn begin_anew(&self, key: &CacheKey) {
        *self.anew.lock().unwrap().entry(key.0.clone()).or_default() += 1;
    }
}

#[async_trait]
impl Cache for Wrong {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        self.behind.get(&self.key(key)).await
    }

    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError> {
        *self.puts.lock().unwrap() += 1;
        match self.fault {
            Some(Fault::TakesAnAbsenceForTheNewest) if value.is_none() => self.begin_anew(key),
            Some(Fault::LetsTheLastPutWin) => self.begin_anew(key),
            Some(Fault::ComparesBeforeItPuts) => {
                let known = self.behind.get(&self.key(key)).await?;
                // The newest put is through while the others still look at what was there before.
                sleep(Duration::from_millis(if version.0 == 63 { 1 } else { 8 })).await;
                if matches!(known, Cached::Value { version: known, .. } if known > version) {
                    return Ok(Put::Outdated);
                }
                self.begin_anew(key);
            }
            _ => {}
        }
        let ttl = if self.is(Fault::ForgetsNothing) { 1_000 * ttl } else { ttl };
        self.behind.put(&self.key(key), version, value, ttl).await
    }

    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        for (key, version) in entries {
            match self.fault {
                Some(Fault::InvalidatesNothing) => continue,
                Some(Fault::InvalidatesWithoutTombstone) => {
                    self.begin_anew(key);
                    continue;
                }
                Some(Fault::LetsTheLastInvalidationWin | Fault::InvalidatesNewerValuesToo) => self.begin_anew(key),
                _ => {}
            }
            self.behind.invalidate(&[(self.key(key), *version)], ttl).await?;
        }
        Ok(())
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl CacheFixture for Fixture {
    async fn fresh() -> Self {
        let (behind, puts) = (MemoryCache::new(500), Mutex::default());
        Self(Arc::new(Wrong { behind, anew: Mutex::default(), puts, fault: fault() }))
    }

    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.0) as _
    }
}

cache_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_cache_notices_its_fault() {
    let faults = [
        ("a_value_comes_back_as_it_was_put", Fault::CutsKeys),
        ("an_absence_is_known_until_there_is_a_value", Fault::TakesAnAbsenceForTheNewest),
        ("nothing_is_read_after_its_time", Fault::ForgetsNothing),
        ("a_version_below_the_values_is_refused", Fault::LetsTheLastPutWin),
        ("a_version_below_the_tombstones_is_refused", Fault::InvalidatesWithoutTombstone),
        ("puts_at_once_leave_the_newest_version", Fault::ComparesBeforeItPuts),
        ("an_invalidated_value_is_not_read", Fault::InvalidatesNothing),
        ("a_later_invalidation_does_not_weaken_a_tombstone", Fault::LetsTheLastInvalidationWin),
        ("a_tombstone_outlives_pressure", Fault::ForgetsTombstonesUnderPressure),
        ("an_invalidation_leaves_a_newer_value_in_place", Fault::InvalidatesNewerValuesToo),
    ];
    prove("cache", CASES, &cache(), &faults);
}
