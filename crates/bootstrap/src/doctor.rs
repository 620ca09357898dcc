//! Looks at each part that a configuration names, for whoever wants to know before a start or in trouble what is wrong. Changes
//! nothing that stays.

use crate::{BlobUrl, CacheUrl, Config, DatabaseUrl, QueueUrl, SchemaStep, StartError, schema};
#[cfg(any(feature = "postgres", feature = "redis"))]
use jiff::Timestamp;
use std::error::Error;
#[cfg(any(feature = "postgres", feature = "redis"))]
use std::time::Duration;
#[cfg(any(feature = "postgres", feature = "redis"))]
use wareroom_ports::Clock;
use wareroom_ports::Space;
#[cfg(any(feature = "postgres", feature = "redis"))]
use wareroom_system::SystemClock;
use wareroom_system::{DiskSpace, SystemIds};

/// How far a server's clock may be from this machine's. Leases are by the server's clock alone; times that users see and how
/// long things are kept are by this machine's.
#[cfg(any(feature = "postgres", feature = "redis"))]
const SKEW: Duration = Duration::from_secs(2);

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, and should be looked at.
    Doubtful,
    /// It does not work.
    Bad,
}

/// What was found about a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The setting that names the part.
    pub setting: &'static str,
    /// Its value, without password.
    pub value: String,
    /// What was looked at: `reachable`, `version`, `rights`, `migrations`, `connections`, `clock`, `unreadable`,
    /// `eviction`, `room`.
    pub check: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found and, unless it is good, what to do.
    pub detail: String,
}

/// One part, while it is looked at.
struct Part {
    setting: &'static str,
    value: String,
    findings: Vec<Finding>,
}

impl Part {
    fn of(setting: &'static str, value: &impl ToString) -> Self {
        Self { setting, value: value.to_string(), findings: vec![] }
    }

    fn note(&mut self, check: &'static str, health: Health, detail: impl Into<String>) {
        let (setting, value, detail) = (self.setting, self.value.clone(), detail.into());
        self.findings.push(Finding { setting, value, check, health, detail });
    }

    fn failed(&mut self, check: &'static str, error: &dyn Error) {
        let causes = std::iter::successors(Some(error), |error: &&dyn Error| (*error).source());
        let detail: Vec<String> = causes.map(ToString::to_string).collect();
        self.note(check, Health::Bad, detail.join(": "));
    }

    fn migrations(&mut self, steps: &[SchemaStep]) {
        let pending = steps.iter().filter(|step| step.applied_at.is_none()).count();
        let newer = steps.iter().filter(|step| !step.known).count();
        match (pending, newer) {
            (0, 0) => self.note("migrations", Health::Good, format!("all {} are applied", steps.len())),
            (0, newer) => {
                self.note("migrations", Health::Good, format!("{newer} are of a newer program, and compatible"));
            }
            (pending, _) => {
                let detail = format!("{pending} of {} are pending; run `wareroom migrate up`", steps.len());
                self.note("migrations", Health::Bad, detail);
            }
        }
    }

    #[cfg(any(feature = "postgres", feature = "redis"))]
    fn clock(&mut self, server: Timestamp) {
        let skew = SystemClock::default().now().duration_since(server).unsigned_abs();
        let milliseconds = skew.as_millis();
        if skew <= SKEW {
            self.note("clock", Health::Good, format!("{milliseconds} ms from this machine's"));
        } else {
            let detail = format!("{milliseconds} ms from this machine's; let both take the time from one source");
            self.note("clock", Health::Doubtful, detail);
        }
    }
}

/// Everything that was found, part by part.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = database(config).await;
    findings.extend(queue(config).await);
    findings.extend(cache(config).await);
    findings.extend(blobs(config).await);
    findings.extend(room(config));
    findings
}

async fn database(config: &Config) -> Vec<Finding> {
    let mut part = Part::of("database_url", &config.database);
    match &config.database {
        DatabaseUrl::Memory => part.note("reachable", Health::Good, "made by each process for itself"),
        DatabaseUrl::Sqlite(_) => match schema(config).await {
            Ok(steps) => {
                part.note("reachable", Health::Good, "it can be read");
                part.migrations(&steps);
            }
            Err(StartError::NoDatabase(_)) => {
                part.note("reachable", Health::Doubtful, "it is not there yet; `wareroom serve` makes it");
            }
            Err(error) => part.failed("reachable", &error),
        },
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => postgres(config, url, &mut part).await,
        #[cfg(not(feature = "postgres"))]
        DatabaseUrl::Postgres(_) => part.failed("reachable", &StartError::NotBuilt("postgres:")),
    }
    part.findings
}

#[cfg(feature = "postgres")]
async fn postgres(config: &Config, url: &crate::ServerUrl, part: &mut Part) {
    let examined = match wareroom_postgres::PostgresStore::examine(crate::wiring::postgres(config, url)).await {
        Ok(examined) => examined,
        Err(error) => return part.failed("reachable", &error),
    };
    part.note("reachable", Health::Good, "it lets us in, keeps text as UTF-8 and answers after it has written");
    // What is tested with; older ones may do.
    let major = examined.version.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or_default();
    let (health, advice) = if major >= 15 { (Health::Good, "") } else { (Health::Doubtful, "; 15 or later is tested") };
    part.note("version", health, format!("{}{advice}", examined.version));
    let steps: Vec<SchemaStep> = examined.schema.into_iter().map(crate::schema::of_step).collect();
    part.migrations(&steps);
    if examined.missing_rights.is_empty() {
        part.note("rights", Health::Good, "every table can be read and written");
    } else {
        let detail = format!("missing: {}; grant them to the user of the URL", examined.missing_rights.join(", "));
        part.note("rights", Health::Bad, detail);
    }
    let (most, open) = examined.connections;
    let wanted = i64::try_from(config.database_connections).unwrap_or(i64::MAX);
    if open.saturating_add(wanted) <= most {
        part.note(
            "connections",
            Health::Good,
            format!("{open} of {most} are in use; this process takes up to {wanted}"),
        );
    } else {
        let detail = format!(
            "{open} of {most} are in use, and a process takes up to {wanted}; raise max_connections or lower \
             database_connections"
        );
        part.note("connections", Health::Doubtful, detail);
    }
    part.clock(examined.clock);
}

#[cfg_attr(not(feature = "rabbitmq"), expect(clippy::unused_async, reason = "only a broker is asked"))]
async fn queue(config: &Config) -> Vec<Finding> {
    let mut part = Part::of("queue_url", &config.queue);
    match &config.queue {
        QueueUrl::Database | QueueUrl::Memory => return vec![],
        #[cfg(feature = "rabbitmq")]
        QueueUrl::Amqp(url) => match wareroom_rabbitmq::RabbitQueue::open(crate::wiring::rabbit(config, url)).await {
            Err(error) => part.failed("reachable", &error),
            Ok(queue) => {
                part.note("reachable", Health::Good, "it lets us in, and has every queue as it should be");
                match queue.unreadable().await {
                    Ok(0) => {}
                    Ok(count) => {
                        let detail =
                            format!("{count} messages that nobody can read are put aside; look where they came from");
                        part.note("unreadable", Health::Doubtful, detail);
                    }
                    Err(error) => part.failed("rights", &error),
                }
            }
        },
        #[cfg(not(feature = "rabbitmq"))]
        QueueUrl::Amqp(_) => part.failed("reachable", &StartError::NotBuilt("amqp:")),
    }
    part.findings
}

#[cfg_attr(not(feature = "redis"), expect(clippy::unused_async, reason = "only a server is asked"))]
async fn cache(config: &Config) -> Vec<Finding> {
    let mut part = Part::of("cache_url", &config.cache);
    match &config.cache {
        CacheUrl::None | CacheUrl::Memory => return vec![],
        #[cfg(feature = "redis")]
        CacheUrl::Redis(url) => match wareroom_redis::RedisCache::examine(&crate::wiring::redis(config, url)).await {
            Err(error) => part.failed("reachable", &error),
            Ok(examined) => {
                part.note("reachable", Health::Good, "it lets us in, and takes writes");
                part.note("version", Health::Good, examined.version);
                if let Some(policy) = examined.evicts {
                    let detail = format!(
                        "maxmemory-policy is {policy}: what keeps outdated products out may be removed; take noeviction"
                    );
                    part.note("eviction", Health::Doubtful, detail);
                }
                if let Ok(clock) = Timestamp::try_from(std::time::SystemTime::UNIX_EPOCH + examined.clock)
                    && !examined.clock.is_zero()
                {
                    part.clock(clock);
                }
            }
        },
        #[cfg(not(feature = "redis"))]
        CacheUrl::Redis(_) => part.failed("reachable", &StartError::NotBuilt("redis:")),
    }
    part.findings
}

async fn blobs(config: &Config) -> Vec<Finding> {
    let mut part = Part::of("blob_url", &config.blobs);
    if let BlobUrl::Files(folder) = &config.blobs
        && !folder.exists()
    {
        part.note("reachable", Health::Doubtful, "the folder is not there yet; `wareroom serve` makes it");
        return part.findings;
    }
    match crate::wiring::blobs_beside(config, &SystemIds).await {
        Err(error) => part.failed("reachable", &error),
        Ok(blobs) => match blobs.check().await {
            Ok(()) => part.note("reachable", Health::Good, "it can be read and written"),
            Err(error) => part.failed("rights", &error),
        },
    }
    part.findings
}

/// How much room is left where files are.
fn room(config: &Config) -> Vec<Finding> {
    let mut part = Part::of("data_dir", &config.data_dir.display());
    let places = crate::wiring::places(config);
    if places.is_empty() {
        return vec![];
    }
    match DiskSpace::new(places).free() {
        Err(error) => part.failed("room", &*error),
        Ok(None) => {}
        Ok(Some(free)) if free < config.min_free_space => {
            let detail =
                format!("{free} bytes are free and min_free_space is {}: images are refused", config.min_free_space);
            part.note("room", Health::Bad, detail);
        }
        Ok(Some(free)) => part.note("room", Health::Good, format!("{free} bytes are free")),
    }
    part.findings
}
