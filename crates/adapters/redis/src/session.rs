//! What one connection of the cache knows, for as long as it lasts: which server it leads to, or which nodes of a cluster,
//! and by what names they hold things.

use crate::config::RedisConfig;
use crate::connection::{About, Connection, about, within};
use crate::entry;
use crate::error::{Doubt, Failure, OpenError, doubt};
use crate::names::{self, Names};
use crate::scripts::Scripts;
use crate::unsettled::Tombstone;
use bytes::Bytes;
use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike, ClusterInterface, KeysInterface};
use fred::types::RespVersion;
use fred::types::cluster::ClusterRouting;
use fred::types::config::{Options, Server};
use futures::future::try_join_all;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::Version;
use wareroom_ports::{CacheKey, Put};

/// How long a mark stays when nobody connects any more.
const MARK_TTL: Duration = Duration::from_hours(24 * 7);
/// The longest that anything is kept, whatever is asked for: the server counts milliseconds from 1970 in 64 bits.
const LONGEST: Duration = Duration::from_hours(24 * 3650);

pub(crate) struct Session {
    client: Client,
    prefix: String,
    scripts: Scripts,
    /// One, or those of a cluster that hold slots.
    nodes: Vec<Node>,
    /// Who holds which slot, in a cluster.
    routing: Option<ClusterRouting>,
    /// What a server that is alone was marked with.
    mark: Option<String>,
    begun: Instant,
}

struct Node {
    /// Its address, in a cluster.
    server: Option<Server>,
    run_id: String,
    /// When its last answer came, in microseconds since the session begun.
    answered: AtomicU64,
}

/// Where a key is.
struct Place<'a> {
    node: &'a Node,
    names: Names,
}

impl Session {
    /// Opens a connection and gets to know who is at the other end, all within `connect_time`.
    pub(crate) async fn open(config: &RedisConfig) -> Result<(Connection, Self), OpenError> {
        let opening = async {
            let connection = Connection::open(config, RespVersion::RESP2).await?;
            let session = Self::begin(&connection, config).await?;
            Ok((connection, session))
        };
        // On the heap, because what the driver does meanwhile is large.
        within(config.connect_time, Box::pin(opening)).await
    }

    async fn begin(connection: &Connection, config: &RedisConfig) -> Result<Self, OpenError> {
        let client = connection.client.clone();
        let routing = if client.is_clustered() {
            let unknown = || OpenError::Unreachable("the cluster does not say who has its slots".into());
            Some(client.cached_cluster_state().ok_or_else(unknown)?)
        } else {
            None
        };
        let servers = match &routing {
            Some(routing) => routing.unique_primary_nodes().into_iter().map(Some).collect(),
            None => vec![None],
        };
        let (mut nodes, mut scripts, mut mark) = (vec![], None, None);
        for server in servers {
            let node = connection.unhurried(server.clone(), config);
            let About { run_id, evicts, .. } = about(&node).await?;
            if let Some(policy) = evicts {
                tracing::warn!(
                    policy,
                    "Redis may evict tombstones, and outdated products may be read then: set noeviction"
                );
            }
            if routing.is_none() {
                let name = names::mark(&config.prefix, &run_id);
                mark = Some(Scripts::mark(&node, name, milliseconds(MARK_TTL)).await?);
            }
            scripts = Some(Scripts::load(&node).await?);
            nodes.push(Node { server, run_id, answered: AtomicU64::new(0) });
        }
        let scripts = scripts.ok_or_else(|| OpenError::Unreachable("the cluster has no nodes with slots".into()))?;
        Ok(Self { client, prefix: config.prefix.clone(), scripts, nodes, routing, mark, begun: Instant::now() })
    }

    pub(crate) async fn get(&self, key: &CacheKey) -> Result<Option<Bytes>, Failure> {
        let Place { node, names } = self.place(key)?;
        let sent = Instant::now();
        self.judge(node, sent, self.asking(node).get(names.value).await)
    }

    pub(crate) async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<&Bytes>,
        ttl: Duration,
    ) -> Result<Put, Failure> {
        let Place { node, names: Names { value: name, tombstone } } = self.place(key)?;
        let mut keys = vec![name, tombstone];
        let mut arguments: Vec<Bytes> =
            vec![entry::version(version).into(), entry::encode(version, value), milliseconds(ttl).into()];
        if let Some(mark) = &self.mark {
            keys.push(names::mark(&self.prefix, &node.run_id));
            arguments.push(mark.clone().into());
        }
        let sent = Instant::now();
        match self.judge(node, sent, self.scripts.put(&self.asking(node), keys, arguments).await)? {
            1 => Ok(Put::Stored),
            0 => Ok(Put::Outdated),
            _ => Err(Failure::certain(Error::new(ErrorKind::NotFound, "somebody emptied the server"))),
        }
    }

    /// Leaves a tombstone, within `time`.
    pub(crate) async fn bury(&self, tombstone: &Tombstone, time: Duration) -> Result<(), Failure> {
        let Tombstone { key, version, ttl } = tombstone;
        let Place { node, names: Names { value, tombstone } } = self.place(key)?;
        let arguments = vec![entry::version(*version).into(), milliseconds(*ttl).into()];
        let sent = Instant::now();
        let asking = self.client.with_options(&Options { timeout: Some(time), ..addressed(node) });
        self.judge(node, sent, self.scripts.bury(&asking, vec![value, tombstone], arguments).await)
    }

    /// Asks everybody for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), Failure> {
        let pings = self.nodes.iter().map(|node| async move {
            let sent = Instant::now();
            self.judge(node, sent, self.asking(node).ping::<()>(None).await)
        });
        try_join_all(pings).await.map(drop)
    }

    /// A key is asked for where it was when the session began, and only there: a node that took it over meanwhile has
    /// another `run_id`, and the old one says that it has moved, which ends the session.
    fn place(&self, key: &CacheKey) -> Result<Place<'_>, Failure> {
        let node = match &self.routing {
            None => self.nodes.first(),
            Some(routing) => {
                let server = routing.get_server(names::slot(key));
                self.nodes.iter().find(|node| node.server.as_ref() == server)
            }
        };
        let node = node.ok_or_else(|| Failure::certain(Error::new(ErrorKind::Cluster, "nobody has the slot")))?;
        Ok(Place { node, names: Names::of(&self.prefix, &node.run_id, key) })
    }

    /// The node itself, wherever the driver thinks that a key is.
    fn asking(&self, node: &Node) -> WithOptions<Client> {
        self.client.with_options(&addressed(node))
    }

    /// Whether what came back, of what was sent at `sent`, leaves doubt about the connection. No answer in time does
    /// unless there were other answers meanwhile.
    fn judge<T>(&self, node: &Node, sent: Instant, outcome: Result<T, Error>) -> Result<T, Failure> {
        match outcome {
            Ok(answer) => {
                node.answered.fetch_max(micros(self.begun.elapsed()), Relaxed);
                Ok(answer)
            }
            Err(error) => {
                let doubtful = match doubt(&error) {
                    Doubt::None => false,
                    Doubt::Certain => true,
                    Doubt::Silence => node.answered.load(Relaxed) < micros(sent.saturating_duration_since(self.begun)),
                };
                Err(Failure { error, doubtful })
            }
        }
    }
}

fn addressed(node: &Node) -> Options {
    Options { cluster_node: node.server.clone(), ..Options::default() }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> String {
    time.clamp(Duration::from_millis(1), LONGEST).as_millis().to_string()
}
