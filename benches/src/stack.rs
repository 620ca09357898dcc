//! The servers that the second table is measured on, which `scripts/bench` starts. Each run has a database of its own
//! there, and names of its own in Redis and RabbitMQ.

use crate::Outcome;
use clap::ArgMatches;
use fred::clients::Client as Redis;
use fred::interfaces::ClientLike;
use fred::types::{InfoKind, config::Config};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::process::Command;
use tokio_postgres::{Client, NoTls};

/// What every database here begins with.
const PREFIX: &str = "bench_";

/// Where the servers are.
#[derive(Debug)]
pub(crate) struct Servers {
    postgres: String,
    redis: String,
    /// Without it, jobs wait in the database.
    rabbitmq: Option<String>,
}

impl Servers {
    /// `None` unless they are named.
    pub(crate) fn of(arguments: &ArgMatches) -> Option<Self> {
        let url = |name: &str| arguments.get_one::<String>(name).cloned();
        Some(Self { postgres: url("postgres")?, redis: url("redis")?, rabbitmq: url("rabbitmq") })
    }

    /// What they are, in words.
    pub(crate) fn names(&self) -> &'static str {
        if self.rabbitmq.is_some() { "PostgreSQL, Redis and RabbitMQ" } else { "PostgreSQL and Redis" }
    }

    /// Their releases, and when PostgreSQL calls something stored.
    pub(crate) async fn about(&self) -> Outcome<String> {
        let about = "SELECT current_setting('server_version') || ' with fsync=' || current_setting('fsync') || ' and \
                     synchronous_commit=' || current_setting('synchronous_commit')";
        let postgres: String = connect(&self.postgres).await?.query_one(about, &[]).await?.try_get(0)?;
        let redis = Redis::new(Config::from_url(&self.redis)?, None, None, None);
        let _driver = redis.init().await?;
        let info: String = redis.info(Some(InfoKind::Server)).await?;
        let redis = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("of no known release");
        Ok(format!("PostgreSQL is {postgres}, Redis {}", redis.trim()))
    }

    /// Drops what a run left that was cut off.
    pub(crate) async fn clear(&self) -> Outcome {
        let client = connect(&self.postgres).await?;
        let left = client.query("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", &[&PREFIX]).await?;
        for row in left {
            drop_database(&client, row.try_get(0)?).await?;
        }
        Ok(())
    }

    /// A new database, empty, or with what another has, to which nobody may be connected.
    async fn database(&self, template: Option<&str>) -> Outcome<Stack<'_>> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{PREFIX}{}_{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
        connect(&self.postgres).await?.batch_execute(&format!("CREATE DATABASE {name}{template}")).await?;
        let server = self.postgres.rsplit_once('/').ok_or("the URL of PostgreSQL names no database")?.0;
        Ok(Stack { servers: self, database: format!("{server}/{name}"), name })
    }

    /// A database with Wareroom's schema.
    pub(crate) async fn stack(&self, binary: &Path) -> Outcome<Stack<'_>> {
        let stack = self.database(None).await?;
        let mut command = Command::new(binary);
        command.args(["migrate", "up", "--database-url", &stack.database]).env_clear();
        let output = command.current_dir(std::env::temp_dir()).kill_on_drop(true).output().await?;
        if !output.status.success() {
            return Err(format!("wareroom migrate up failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(stack)
    }

    /// A database without anything.
    pub(crate) async fn empty(&self) -> Outcome<Stack<'_>> {
        self.database(None).await
    }
}

/// What one run has of the servers.
pub(crate) struct Stack<'s> {
    servers: &'s Servers,
    name: String,
    /// The URL of its database.
    pub(crate) database: String,
}

impl Stack<'_> {
    /// What `wareroom serve` is told to use them.
    pub(crate) fn settings(&self) -> Vec<String> {
        self.with_cache(&self.servers.redis)
    }

    /// The same without a cache.
    pub(crate) fn settings_without_cache(&self) -> Vec<String> {
        self.with_cache("none:")
    }

    fn with_cache(&self, cache: &str) -> Vec<String> {
        let prefix = format!("{}:", self.name);
        let mut settings = vec!["--log", "warn", "--database-url", &self.database, "--cache-url", cache];
        settings.extend(["--cache-prefix", &prefix]);
        if let Some(rabbitmq) = &self.servers.rabbitmq {
            settings.extend(["--queue-url", rabbitmq, "--queue-prefix", &self.name]);
        }
        settings.into_iter().map(str::to_owned).collect()
    }

    /// Where Redis is.
    pub(crate) fn redis(&self) -> &str {
        &self.servers.redis
    }

    /// Whether jobs leave the database for a broker.
    pub(crate) fn relays(&self) -> bool {
        self.servers.rabbitmq.is_some()
    }

    /// A connection to its database.
    pub(crate) async fn connect(&self) -> Outcome<Client> {
        connect(&self.database).await
    }

    /// Another one with the same rows. Nobody may be connected to this one.
    pub(crate) async fn copy(&self) -> Outcome<Self> {
        self.servers.database(Some(&self.name)).await
    }

    /// Drops the database.
    pub(crate) async fn end(self) -> Outcome {
        drop_database(&connect(&self.servers.postgres).await?, &self.name).await
    }
}

async fn drop_database(client: &Client, name: &str) -> Outcome {
    Ok(client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?)
}

async fn connect(url: &str) -> Outcome<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // What it ends with, whoever asks it something is told, too.
    tokio::spawn(connection);
    Ok(client)
}

/// Copies a folder with all that is in it.
pub(crate) async fn copy_folder(from: &Path, to: &PathBuf) -> Outcome {
    let status = Command::new("cp").arg("-r").arg(from).arg(to).status().await?;
    if status.success() { Ok(()) } else { Err(format!("{} could not be copied: {status}", from.display()).into()) }
}
