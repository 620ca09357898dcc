//! What the tests of this crate have in common: settings, keys, and listeners that remember.

use crate::server::Server;
use bytes::Bytes;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;
use wareroom_domain::{ProductId, Version};
use wareroom_ports::{Cache, CacheError, CacheKey, Cached, Invalidation, Invalidations, Put};
use wareroom_redis::{RedisCache, RedisConfig, RedisInvalidations};

pub(crate) const TTL: Duration = Duration::from_mins(1);
/// How long a command may take where the server is to stop answering.
pub(crate) const COMMAND: Duration = Duration::from_millis(200);
/// What a busy machine may add to it.
pub(crate) const SLACK: Duration = Duration::from_millis(800);

/// Names that nobody else has, on whatever server.
pub(crate) fn own_prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("wareroom-test-{}-{}:", std::process::id(), COUNT.fetch_add(1, SeqCst))
}

/// A process that nobody else is.
pub(crate) fn own_name() -> Uuid {
    Uuid::from_u128(fastrand::u128(..))
}

/// Settings with little patience, for servers that are harmed.
pub(crate) fn impatient(url: impl Into<String>) -> RedisConfig {
    RedisConfig {
        command_time: COMMAND,
        quarantine: Duration::from_millis(400),
        heartbeat: Duration::from_millis(300),
        ..RedisConfig::at(url)
    }
}

/// Settings for whatever has no fault: a busy machine is none.
pub(crate) fn patient(url: impl Into<String>) -> RedisConfig {
    let long = Duration::from_secs(8);
    RedisConfig {
        prefix: own_prefix(),
        command_time: long,
        connect_time: long,
        heartbeat: long,
        ..RedisConfig::at(url)
    }
}

pub(crate) async fn cache(server: &Server) -> RedisCache {
    RedisCache::open(impatient(server.url())).await.unwrap()
}

pub(crate) fn key(name: &str) -> CacheKey {
    CacheKey(format!("product:{name}"))
}

pub(crate) fn value(version: u64) -> Cached {
    Cached::Value { version: Version(version), bytes: Bytes::from(format!("version {version}")) }
}

pub(crate) async fn put(cache: &RedisCache, name: &str, version: u64) -> Result<Put, CacheError> {
    cache.put(&key(name), Version(version), Some(Bytes::from(format!("version {version}"))), TTL).await
}

pub(crate) async fn bury(cache: &RedisCache, name: &str, version: u64) -> Result<(), CacheError> {
    cache.invalidate(&[(key(name), Version(version))], TTL).await
}

/// The first answer that is none of "it cannot be reached".
pub(crate) async fn reached(cache: &RedisCache, name: &str) -> Cached {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match cache.get(&key(name)).await {
            Ok(found) => return found,
            Err(error) => assert!(Instant::now() < end, "the cache does not come back: {error:?}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn product(id: i64, version: u64) -> Invalidation {
    Invalidation::Product(ProductId::new(id).unwrap(), Version(version))
}

/// A process that tells and hears.
pub(crate) struct Process {
    pub(crate) news: RedisInvalidations,
    heard: Arc<Mutex<Vec<(Instant, Invalidation)>>>,
}

impl Process {
    pub(crate) async fn start(config: RedisConfig) -> Self {
        let news = RedisInvalidations::open(config, own_name()).await.unwrap();
        let heard = Arc::new(Mutex::new(vec![]));
        let ear = Arc::clone(&heard);
        news.subscribe(Arc::new(move |change| ear.lock().unwrap().push((Instant::now(), change))));
        Self { news, heard }
    }

    /// What it heard, each with its time, and forgets it.
    pub(crate) fn heard(&self) -> Vec<(Instant, Invalidation)> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    /// Waits until it has heard this, whatever else; forgets all up to there.
    pub(crate) async fn hears(&self, change: Invalidation) -> Instant {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            {
                let mut heard = self.heard.lock().unwrap();
                if let Some(place) = heard.iter().position(|(_, heard)| *heard == change) {
                    return heard.drain(..=place).next_back().unwrap().0;
                }
            }
            assert!(Instant::now() < end, "{change:?} is not heard");
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until it has heard this, and nothing else before.
    pub(crate) async fn hears_first(&self, change: Invalidation) {
        let end = Instant::now() + Duration::from_secs(20);
        let heard = loop {
            let heard = self.heard();
            if !heard.is_empty() {
                break heard;
            }
            assert!(Instant::now() < end, "nothing is heard");
            sleep(Duration::from_millis(1)).await;
        };
        assert_eq!(heard[0].1, change);
    }

    /// Waits until news come through in both directions, and nothing is left of what was before.
    pub(crate) async fn agrees_with(&self, other: &Self, mark: i64) {
        let mut version = 1;
        for (one, another) in [(self, other), (other, self)] {
            let end = Instant::now() + Duration::from_secs(20);
            loop {
                one.news.announce(&[product(mark, version)]).await;
                sleep(Duration::from_millis(20)).await;
                if another.heard().iter().any(|(_, heard)| *heard == product(mark, version)) {
                    break;
                }
                version += 1;
                assert!(Instant::now() < end, "no news come through");
            }
            version += 1;
        }
        sleep(Duration::from_millis(20)).await;
        self.heard();
        other.heard();
    }
}
