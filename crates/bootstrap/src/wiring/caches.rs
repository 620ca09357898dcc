//! Puts the shared cache in front of reads, and opens the way on which caches hear what to forget.

use super::Opening;
use crate::{CacheUrl, Config, Connection, StartError};
#[cfg(feature = "redis")]
use crate::{Leads, ServerUrl, reach::Server};
use std::sync::Arc;
use wareroom_decorators::{CacheInvalidations, CachedProductQueries};
use wareroom_memory::{LocalInvalidations, MemoryCache};
use wareroom_ports::{Cache, Ids, Invalidations, ProductQueries};

type Cached = (Arc<dyn ProductQueries>, Arc<dyn Invalidations>);

/// Reads go through the shared cache, and what is announced empties it first.
#[cfg_attr(
    not(feature = "redis"),
    expect(unused_variables, clippy::ptr_arg, reason = "only a cache on a server is opened by asking it")
)]
pub(super) async fn cached(
    config: &Config,
    opening: Opening,
    store: Arc<dyn ProductQueries>,
    ids: &dyn Ids,
    connections: &mut Vec<Connection>,
) -> Result<Cached, StartError> {
    match &config.cache {
        CacheUrl::None => Ok((store, Arc::new(LocalInvalidations::default()))),
        CacheUrl::Memory => {
            let cache = Arc::new(MemoryCache::new(config.cache_products));
            Ok(through(config, store, cache, Arc::new(LocalInvalidations::default())))
        }
        #[cfg(feature = "redis")]
        CacheUrl::Redis(url) => {
            let (cache, news) = open_redis(config, url, opening, ids).await?;
            let (cache, news) = (Arc::new(cache), Arc::new(news));
            let both = (Arc::clone(&cache), Arc::clone(&news));
            connections.push(Connection::new(Leads::ToCache, move || both.0.is_connected() && both.1.is_connected()));
            Ok(through(config, store, cache, news))
        }
        #[cfg(not(feature = "redis"))]
        CacheUrl::Redis(_) => Err(StartError::NotBuilt("redis:")),
    }
}

fn through(
    config: &Config,
    store: Arc<dyn ProductQueries>,
    cache: Arc<dyn Cache>,
    news: Arc<dyn Invalidations>,
) -> Cached {
    let products = CachedProductQueries::new(store, Arc::clone(&cache), config.cache_ttl);
    (Arc::new(products), Arc::new(CacheInvalidations::new(news, cache, config.cache_ttl)))
}

#[cfg(feature = "redis")]
async fn open_redis(
    config: &Config,
    url: &ServerUrl,
    opening: Opening,
    ids: &dyn Ids,
) -> Result<(wareroom_redis::RedisCache, wareroom_redis::RedisInvalidations), StartError> {
    use wareroom_redis::{OpenError, RedisCache, RedisInvalidations};
    let settings = redis(config, url);
    let server = Server { key: "cache_url", url, wait: opening.wait(config) };
    // A replica may be about to be promoted.
    let is_away = |error: &OpenError| matches!(error, OpenError::Unreachable(_) | OpenError::Replica);
    let cache = server.open(|| RedisCache::open(settings.clone()), is_away).await?;
    let own = ids.uuid();
    let news = server.open(|| RedisInvalidations::open(settings.clone(), own), is_away).await?;
    Ok((cache, news))
}

#[cfg(feature = "redis")]
pub(crate) fn redis(config: &Config, url: &ServerUrl) -> wareroom_redis::RedisConfig {
    use wareroom_redis::RedisConfig;
    RedisConfig { prefix: config.cache_prefix.clone(), ..RedisConfig::at(url.reveal()) }
}
