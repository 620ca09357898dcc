//! Looks at a server for whoever wants to know whether it is fit. Leaves nothing there.

use crate::RedisCache;
use crate::config::RedisConfig;
use crate::connection::{About, Connection, about, within};
use crate::error::OpenError;
use fred::types::RespVersion;
use std::time::Duration;

/// What a server is. Of a cluster or behind sentinels, the node that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Its version, as it says itself.
    pub version: String,
    /// Its time, since 1970 in UTC; zero when it does not tell.
    pub clock: Duration,
    /// The policy by which it removes keys that nobody asked it to, when it is full: tombstones may be among them.
    pub evicts: Option<String>,
}

impl RedisCache {
    /// Looks at the server, within `connect_time`.
    pub async fn examine(config: &RedisConfig) -> Result<Examined, OpenError> {
        let looking = async {
            let connection = Connection::open(config, RespVersion::RESP2).await?;
            let node = connection.unhurried(None, config);
            let About { version, clock, evicts, .. } = about(&node).await?;
            Ok(Examined { version, clock, evicts })
        };
        within(config.connect_time, looking).await
    }
}
