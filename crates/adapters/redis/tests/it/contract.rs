//! The promises of the cache and of the news, on one server and on a cluster of three.

use crate::server;
use crate::stand::{own_name, patient};
use std::sync::Arc;
use wareroom_port_contracts::{async_trait, cache::CacheFixture, invalidations::InvalidationsFixture};
use wareroom_ports::{Cache, Invalidations};
use wareroom_redis::{RedisCache, RedisInvalidations};

struct News(Arc<RedisInvalidations>);

#[async_trait]
impl InvalidationsFixture for News {
    async fn fresh() -> Self {
        Self(Arc::new(
            RedisInvalidations::open(patient(server::shared()), own_name())
                .await
                .unwrap_or_else(|error| server::unusable(&error)),
        ))
    }

    fn invalidations(&self) -> Arc<dyn Invalidations> {
        Arc::clone(&self.0) as _
    }
}

struct Shared(Arc<RedisCache>);

#[async_trait]
impl CacheFixture for Shared {
    async fn fresh() -> Self {
        Self(Arc::new(
            RedisCache::open(patient(server::shared())).await.unwrap_or_else(|error| server::unusable(&error)),
        ))
    }

    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.0) as _
    }
}

struct Clustered(Arc<RedisCache>);

#[async_trait]
impl CacheFixture for Clustered {
    async fn fresh() -> Self {
        Self(Arc::new(
            RedisCache::open(patient(server::cluster())).await.unwrap_or_else(|error| server::unusable(&error)),
        ))
    }

    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.0) as _
    }
}

struct ClusteredNews(Arc<RedisInvalidations>);

#[async_trait]
impl InvalidationsFixture for ClusteredNews {
    async fn fresh() -> Self {
        Self(Arc::new(
            RedisInvalidations::open(patient(server::cluster()), own_name())
                .await
                .unwrap_or_else(|error| server::unusable(&error)),
        ))
    }

    fn invalidations(&self) -> Arc<dyn Invalidations> {
        Arc::clone(&self.0) as _
    }
}

mod server_alone {
    use super::{News, Shared};
    wareroom_port_contracts::cache_suite!(Shared);
    wareroom_port_contracts::invalidations_suite!(News);
}

mod cluster {
    use super::{Clustered, ClusteredNews};
    wareroom_port_contracts::cache_suite!(Clustered);
    wareroom_port_contracts::invalidations_suite!(ClusteredNews);
}
