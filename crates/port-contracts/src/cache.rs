//! `Cache`: a shared cache whose values have versions.
//!
//! A cache may forget values at any time, so a case that needs one puts it until it is there; but a cache that never keeps
//! anything is none.

use crate::patience::{LONG, SHORT, eight, eventually, within};
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};
use wareroom_domain::Version;
use wareroom_ports::{Cache, CacheKey, Cached, Put};

/// A cache to be held to account.
#[async_trait]
pub trait CacheFixture: Send + Sync + Sized + 'static {
    /// An empty cache, shared with nobody. Where its size is bounded: to less than 1,000 entries.
    async fn fresh() -> Self;

    /// The cache.
    fn cache(&self) -> Arc<dyn Cache>;
}

/// The one list of cases of [`cache`](crate::cache).
#[macro_export]
macro_rules! cache_cases {
    ($then:path, $given:tt) => {
        $then! { cache $given
            a_value_comes_back_as_it_was_put
            an_absence_is_known_until_there_is_a_value
            nothing_is_read_after_its_time
            a_version_below_the_values_is_refused
            a_version_below_the_tombstones_is_refused
            puts_at_once_leave_the_newest_version
            an_invalidated_value_is_not_read
            a_later_invalidation_does_not_weaken_a_tombstone
            a_tombstone_outlives_pressure
            an_invalidation_leaves_a_newer_value_in_place
        }
    };
}

/// Tests that hold a [`CacheFixture`] to every case of [`cache`](crate::cache).
#[macro_export]
macro_rules! cache_suite {
    ($fixture:ty) => {
        $crate::cache_cases!($crate::tests, ($fixture));
    };
}

cache_cases!(names, ());

fn key(name: &str) -> CacheKey {
    CacheKey(format!("product:{name}"))
}

fn bytes(version: u64) -> Bytes {
    Bytes::from(format!("\0value \u{ff} of version {version}"))
}

fn value(version: u64) -> Cached {
    Cached::Value { version: Version(version), bytes: bytes(version) }
}

async fn get(cache: &Arc<dyn Cache>, key: &CacheKey) -> Cached {
    within("get answers", cache.get(key)).await.expect("a cached value, or none")
}

/// Puts a value; version 0 puts an absence.
async fn put(cache: &Arc<dyn Cache>, key: &CacheKey, version: u64, ttl: Duration) -> Put {
    let value = (version > 0).then(|| bytes(version));
    within("put answers", cache.put(key, Version(version), value, ttl)).await.expect("a put")
}

/// Puts a value, and again should it be forgotten, until it is there.
async fn keep(cache: &Arc<dyn Cache>, key: &CacheKey, version: u64) {
    let expected = if version == 0 { Cached::Absent } else { value(version) };
    eventually("what was put is there", || {
        let expected = &expected;
        async move {
            assert_eq!(put(cache, key, version, LONG).await, Put::Stored);
            (get(cache, key).await == *expected).then_some(())
        }
    })
    .await;
}

async fn invalidate(cache: &Arc<dyn Cache>, entries: &[(CacheKey, Version)], ttl: Duration) {
    within("invalidate answers", cache.invalidate(entries, ttl)).await.expect("an invalidation");
}

/// A value comes back with its version, under its own key only.
pub async fn a_value_comes_back_as_it_was_put<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    assert_eq!(get(&cache, &key("1")).await, Cached::Miss);
    keep(&cache, &key("1"), 1).await;
    keep(&cache, &key("12"), u64::from(u32::MAX)).await;
    keep(&cache, &key("1"), 3).await;
    assert_eq!(get(&cache, &key("2")).await, Cached::Miss);
}

/// `put` of `None` stores an absence, whose version is 0.
pub async fn an_absence_is_known_until_there_is_a_value<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    keep(&cache, &key("1"), 0).await;
    keep(&cache, &key("1"), 1).await;
    assert_eq!(put(&cache, &key("1"), 0, LONG).await, Put::Outdated);
    assert_eq!(get(&cache, &key("1")).await, value(1));
}

/// `get` MUST NOT answer with anything older than its `ttl`.
pub async fn nothing_is_read_after_its_time<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    for version in [0, 1] {
        let key = key(&version.to_string());
        // Once read within its time, so that it is its time that ends it.
        eventually("what was put is there", || {
            let (cache, key) = (&cache, &key);
            async move {
                put(cache, key, version, SHORT).await;
                (get(cache, key).await != Cached::Miss).then_some(())
            }
        })
        .await;
        sleep(2 * SHORT).await;
        assert_eq!(get(&cache, &key).await, Cached::Miss, "read after its time");
    }
}

/// `put` MUST refuse a version below that of the value that is there.
pub async fn a_version_below_the_values_is_refused<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    let key = key("1");
    keep(&cache, &key, 5).await;
    for version in [4, 1] {
        assert_eq!(put(&cache, &key, version, LONG).await, Put::Outdated);
        assert_eq!(get(&cache, &key).await, value(5), "a late put changed the value");
    }
    keep(&cache, &key, 5).await;
    keep(&cache, &key, 6).await;
}

/// `put` MUST refuse a version below that of the tombstone that is there.
pub async fn a_version_below_the_tombstones_is_refused<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    let key = key("1");
    invalidate(&cache, &[(key.clone(), Version(5))], LONG).await;
    for version in [4, 1, 0] {
        assert_eq!(put(&cache, &key, version, LONG).await, Put::Outdated);
        assert_eq!(get(&cache, &key).await, Cached::Miss, "a late put was stored");
    }
    keep(&cache, &key, 5).await;
}

/// `put` MUST refuse an older version atomically: of any number of puts at once the newest stays.
pub async fn puts_at_once_leave_the_newest_version<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    for round in 0..10 {
        let key = key(&round.to_string());
        eight("eight tasks put", |number| {
            let (cache, key) = (Arc::clone(&cache), key.clone());
            // Half of the tasks come with ever newer versions, half with ever older ones.
            let versions = move |step: u64| if number % 2 == 0 { 8 * step + number } else { 8 * (8 - step) + number };
            async move {
                for step in 1..8 {
                    put(&cache, &key, versions(step), LONG).await;
                    tokio::task::yield_now().await;
                }
            }
        })
        .await;
        // The newest is 63; it may have been forgotten, but nothing older may stand in its place.
        let left = get(&cache, &key).await;
        assert!([value(63), Cached::Miss].contains(&left), "an older version stays: {left:?}");
    }
}

/// Values below the version of an invalidation MUST NOT be read any more.
pub async fn an_invalidated_value_is_not_read<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    let (known, absent, other) = (key("1"), key("2"), key("3"));
    keep(&cache, &known, 4).await;
    keep(&cache, &absent, 0).await;
    keep(&cache, &other, 4).await;
    invalidate(&cache, &[(known.clone(), Version(5)), (absent.clone(), Version(1))], LONG).await;
    assert_eq!(get(&cache, &known).await, Cached::Miss);
    assert_eq!(get(&cache, &absent).await, Cached::Miss);
    assert!([value(4), Cached::Miss].contains(&get(&cache, &other).await));
}

/// Values below the version MUST NOT be stored until `ttl` is over, whatever invalidation comes later.
pub async fn a_later_invalidation_does_not_weaken_a_tombstone<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    let key = key("1");
    invalidate(&cache, &[(key.clone(), Version(5))], LONG).await;
    invalidate(&cache, &[(key.clone(), Version(3))], LONG).await;
    assert_eq!(put(&cache, &key, 4, LONG).await, Put::Outdated, "an older invalidation lowered the tombstone");
    invalidate(&cache, &[(key.clone(), Version(5))], SHORT).await;
    sleep(2 * SHORT).await;
    assert_eq!(put(&cache, &key, 4, LONG).await, Put::Outdated, "a shorter invalidation ended the tombstone");
}

/// A cache MAY forget anything at any time, tombstones excepted.
pub async fn a_tombstone_outlives_pressure<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    let key = key("1");
    invalidate(&cache, &[(key.clone(), Version(5))], LONG).await;
    let end = Instant::now() + 2 * crate::patience::PATIENCE;
    for other in 0..1_500 {
        put(&cache, &CacheKey(format!("other:{other}")), 1, LONG).await;
        assert!(Instant::now() < end, "1,500 puts take too long");
    }
    assert_eq!(put(&cache, &key, 4, LONG).await, Put::Outdated, "the tombstone was forgotten");
}

/// `invalidate` MUST leave a value of that version or a newer one in place.
pub async fn an_invalidation_leaves_a_newer_value_in_place<F: CacheFixture>() {
    let fixture = F::fresh().await;
    let cache = fixture.cache();
    for version in [5, 6] {
        let key = key(&version.to_string());
        eventually("a value of that version stays", || {
            let (cache, key) = (&cache, &key);
            async move {
                keep(cache, key, version).await;
                invalidate(cache, &[(key.clone(), Version(5))], LONG).await;
                (get(cache, key).await == value(version)).then_some(())
            }
        })
        .await;
    }
}
