//! The cache as the port wants it.

use crate::config::RedisConfig;
use crate::entry;
use crate::error::{OpenError, of_cache};
use crate::keeper::Keeper;
use crate::unsettled::Tombstone;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::AbortHandle;
use wareroom_domain::Version;
use wareroom_ports::{Cache, CacheError, CacheKey, Cached, Put};

/// A cache that several processes share.
///
/// While the server cannot be reached every call fails at once, and what was invalidated is told when it is back, before
/// anybody reads. Dropping it ends the connection.
pub struct RedisCache {
    keeper: Arc<Keeper>,
    kept: AbortHandle,
}

impl RedisCache {
    /// Connects, within `connect_time`. From then on the connection is opened anew as often as it is lost.
    pub async fn open(config: RedisConfig) -> Result<Self, OpenError> {
        let (keeper, connection) = Keeper::open(config).await?;
        let kept = tokio::spawn(Arc::clone(&keeper).keep(connection)).abort_handle();
        Ok(Self { keeper, kept })
    }

    /// Whether there is a connection at this moment. For health checks and figures; calls find out for themselves.
    pub fn is_connected(&self) -> bool {
        self.keeper.writable().is_ok()
    }
}

impl Drop for RedisCache {
    fn drop(&mut self) {
        self.kept.abort();
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError> {
        let session = self.keeper.readable()?;
        let found = self.keeper.watch(&session, session.get(key).await).map_err(of_cache)?;
        Ok(found.as_ref().map_or(Cached::Miss, entry::decode))
    }

    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError> {
        let session = self.keeper.readable()?;
        self.keeper.stores_for(ttl);
        let version = if value.is_some() { version } else { Version(0) };
        let outcome = session.put(key, version, value.as_ref(), ttl).await;
        self.keeper.watch(&session, outcome).map_err(of_cache)
    }

    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError> {
        let tombstones = entries.iter().map(|(key, version)| Tombstone { key: key.clone(), version: *version, ttl });
        let tombstones: Vec<_> = tombstones.collect();
        {
            // Before anything is sent: also what is dropped on its way has to be told.
            let (outlives, mut unsettled) = (self.keeper.outlives(), self.keeper.unsettled());
            for tombstone in &tombstones {
                unsettled.keep(tombstone, outlives);
            }
        }
        let session = self.keeper.writable()?;
        let mut under_way = UnderWay { keeper: &self.keeper, ended: false };
        let outcome = self.keeper.invalidate(&session, tombstones).await;
        under_way.ended = true;
        outcome.map_err(of_cache)
    }
}

/// Says so when an invalidation is dropped.
struct UnderWay<'a> {
    keeper: &'a Keeper,
    ended: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.keeper.was_dropped();
        }
    }
}
