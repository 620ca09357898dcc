//! What can be set. Where settings come from is not known here.

use std::{fmt, time::Duration};

/// How to use a Redis.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisConfig {
    /// Where it is:
    ///
    /// - `redis://[[user]:password@]host[:6379][/database]`
    /// - `redis-sentinel://[[user]:password@]host[:26379][/database]?sentinelServiceName=name[&node=host:port]...`, and
    ///   `sentinelUsername`, `sentinelPassword` where the sentinels have credentials of their own
    /// - `redis-cluster://[[user]:password@]host:port[?node=host:port]...`
    ///
    /// With `rediss` instead of `redis` over TLS, checked against the system's root certificates.
    pub url: String,
    /// What every name begins with, keys and channel alike, so that several can share one server. No braces.
    pub prefix: String,
    /// How long a command may take. Whoever calls waits for it, and only those who were under way when a server stopped
    /// answering wait for nothing.
    pub command_time: Duration,
    /// How long a connection may take until it is fit for use.
    pub connect_time: Duration,
    /// The longest wait between two attempts to connect.
    pub longest_wait: Duration,
    /// How long a cache is not read after its connection was lost, because other processes lost theirs together with it and
    /// may still have to say what they changed meanwhile. Longer than `connect_time` and `longest_wait` together, which is
    /// what it may take them, and than an event takes from its commit to being announced everywhere.
    pub quarantine: Duration,
    /// How often it is looked after whether news still come through. Twice that, and the time of a command, is the longest
    /// that a lost connection goes unnoticed.
    pub heartbeat: Duration,
}

impl RedisConfig {
    /// The usual settings: 50 ms for a command, 1 s for a connection, attempts up to 500 ms apart, 2 s of quarantine, a
    /// heartbeat each 500 ms, and names that begin with `wareroom:`.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: "wareroom:".to_owned(),
            command_time: Duration::from_millis(50),
            connect_time: Duration::from_secs(1),
            longest_wait: Duration::from_millis(500),
            quarantine: Duration::from_secs(2),
            heartbeat: Duration::from_millis(500),
        }
    }
}

/// Without the URL, which may hold a password.
impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
