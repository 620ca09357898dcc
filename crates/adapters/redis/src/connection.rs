//! A connection that is opened once and never again.
//!
//! The driver is given no policy to connect anew: its task ends with the connection, and whoever holds this knows that all
//! of its answers came from one server, or in a cluster from the same ones.

use crate::config::RedisConfig;
use crate::error::OpenError;
use fred::clients::{Client, WithOptions};
use fred::error::Error;
use fred::interfaces::ClientLike;
use fred::types::config::{Config, ConnectionConfig, Options, PerformanceConfig, Server, TcpConfig};
use fred::types::{InfoKind, RespVersion};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How many commands wait within this process at most, and how many news.
pub(crate) const WAITING: usize = 4096;

const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(crate) struct Connection {
    pub(crate) client: Client,
    driver: JoinHandle<Result<(), Error>>,
}

impl Connection {
    /// Opens one. Dropping the future leaves nothing behind.
    pub(crate) async fn open(config: &RedisConfig, version: RespVersion) -> Result<Self, OpenError> {
        let mut server = server(config)?;
        server.version = version;
        let performance = PerformanceConfig {
            default_command_timeout: config.command_time,
            broadcast_channel_capacity: WAITING,
            ..PerformanceConfig::default()
        };
        let connection = ConnectionConfig {
            connection_timeout: config.connect_time,
            internal_command_timeout: config.connect_time,
            max_command_attempts: 1,
            max_redirections: 1,
            max_command_buffer_len: WAITING,
            tcp: TcpConfig { nodelay: Some(true), ..TcpConfig::default() },
            ..ConnectionConfig::default()
        };
        let client = Client::new(server, Some(performance), Some(connection), None);
        let driver = client.connect();
        let mut opened = Self { client, driver };
        loop {
            tokio::select! {
                outcome = opened.client.wait_for_connect() => break outcome?,
                outcome = &mut opened.driver => {
                    outcome.map_err(|error| OpenError::Unreachable(error.into()))??;
                    return Err(OpenError::Unreachable("the connection was closed".into()));
                }
                // Between its look at the connection and its waiting for news of it, the driver may miss them.
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
        Ok(opened)
    }

    /// The server, or that node of a cluster, for what is asked before the connection is used: a time-out there would only
    /// make it take longer.
    pub(crate) fn unhurried(&self, node: Option<Server>, config: &RedisConfig) -> WithOptions<Client> {
        let timeout = Some(config.connect_time);
        self.client.with_options(&Options { timeout, cluster_node: node, ..Options::default() })
    }

    /// Resolves when it is over.
    pub(crate) async fn ended(&mut self) {
        let _ = (&mut self.driver).await;
    }
}

/// Ends it, whatever the driver is doing.
impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What comes of opening something, or that it took too long.
pub(crate) async fn within<T>(
    time: Duration,
    opening: impl Future<Output = Result<T, OpenError>>,
) -> Result<T, OpenError> {
    tokio::time::timeout(time, opening).await.map_err(|_| OpenError::Unreachable("it took too long".into()))?
}

/// The driver's reading of the URL, which is lenient.
fn server(config: &RedisConfig) -> Result<Config, OpenError> {
    let scheme = config.url.split_once("://").map_or("", |(scheme, _)| scheme);
    let known = ["redis", "rediss", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster"];
    if !known.contains(&scheme) {
        return Err(OpenError::Url("it begins with redis:// or rediss://, or the same with -sentinel or -cluster"));
    }
    if config.prefix.contains(['{', '}']) {
        return Err(OpenError::Url("the prefix of names must have no braces"));
    }
    // What the driver says of a URL may repeat parts of it.
    Config::from_url(&config.url).map_err(|_| match scheme.rsplit_once('-') {
        Some((_, "sentinel")) => {
            OpenError::Url("it needs a host and ?sentinelServiceName=, further nodes as &node=host:port")
        }
        Some((_, "cluster")) => OpenError::Url("it needs a host and a port, further nodes as ?node=host:port"),
        _ => OpenError::Url("it needs a host, and may have a port and the number of a database"),
    })
}

/// What a server says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct About {
    /// Drawn by the server when it starts.
    pub(crate) run_id: String,
    /// As it says itself.
    pub(crate) version: String,
    /// Its time, since 1970 in UTC; zero when it does not tell.
    pub(crate) clock: Duration,
    /// How it makes room, when that is to remove keys that nobody asked it to.
    pub(crate) evicts: Option<String>,
}

/// Asks a server about itself; only a primary is of use.
pub(crate) async fn about(node: &impl ClientLike) -> Result<About, OpenError> {
    read(&node.info::<String>(Some(InfoKind::Default)).await?)
}

fn read(info: &str) -> Result<About, OpenError> {
    let field = |name| info.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim_end().to_owned());
    if field("role:").as_deref() != Some("master") {
        return Err(OpenError::Replica);
    }
    let run_id = field("run_id:").filter(|id| !id.is_empty());
    let run_id = run_id.ok_or_else(|| OpenError::Refused("INFO names no run_id".into()))?;
    let evicts = field("maxmemory_policy:").filter(|policy| policy != "noeviction");
    let bounded = field("maxmemory:").is_some_and(|bytes| bytes != "0");
    let version = field("redis_version:").unwrap_or_default();
    let clock =
        field("server_time_usec:").and_then(|time| time.parse().ok()).map_or(Duration::ZERO, Duration::from_micros);
    Ok(About { run_id, version, clock, evicts: evicts.filter(|_| bounded) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "# Server\r\nredis_version:7.0.15\r\nserver_time_usec:3000000\r\nrun_id:a1b2\r\n# Memory\r\nmaxmemory:1000\r\n\
                        maxmemory_policy:allkeys-lru\r\n# Replication\r\nrole:master\r\n";

    #[test]
    fn a_primary_is_known_by_its_run_and_a_replica_is_refused() {
        let evicts = Some("allkeys-lru".to_owned());
        assert_eq!(
            read(INFO).unwrap(),
            About { run_id: "a1b2".to_owned(), version: "7.0.15".to_owned(), clock: Duration::from_secs(3), evicts }
        );
        assert!(matches!(read(&INFO.replace("role:master", "role:slave")), Err(OpenError::Replica)));
        assert!(matches!(read(&INFO.replace("run_id", "other")), Err(OpenError::Refused(_))));
    }

    #[test]
    fn only_a_server_that_is_bounded_and_may_evict_does() {
        assert_eq!(read(&INFO.replace("maxmemory:1000", "maxmemory:0")).unwrap().evicts, None);
        assert_eq!(read(&INFO.replace("allkeys-lru", "noeviction")).unwrap().evicts, None);
    }

    #[test]
    fn urls_of_all_three_kinds_are_read_and_others_refused_without_repeating_them() {
        let read = |url: &str| server(&RedisConfig::at(url));
        assert!(read("redis://:secret@localhost:6380/3").is_ok_and(|config| config.database == Some(3)));
        let sentinel = read("redis-sentinel://a:1/2?sentinelServiceName=main&node=b:2").unwrap();
        assert!(sentinel.server.is_sentinel() && sentinel.server.hosts().len() == 2);
        assert!(
            read("rediss-cluster://a:1?node=b:2").is_ok_and(|config| config.server.is_clustered() && config.uses_tls())
        );
        for url in ["", "localhost", "http://secret@a", "redis-sentinel://secret@a", "redis://secret@a/x", "redis://"] {
            let error = read(url).unwrap_err();
            assert!(matches!(error, OpenError::Url(_)), "{url}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
        let braces = RedisConfig { prefix: "{a}".to_owned(), ..RedisConfig::at("redis://a") };
        assert!(matches!(server(&braces), Err(OpenError::Url(_))));
    }
}
