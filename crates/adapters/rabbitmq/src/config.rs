//! What can be set. Where settings come from is not known here.

use crate::topology::{OLDER_VERSIONS, VERSION};
use std::{fmt, time::Duration};

/// How to use a RabbitMQ.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitConfig {
    /// `amqp://user:password@host[:5672][/vhost][?heartbeat=seconds]`, or `amqps://` (port 5671) over TLS, checked against the
    /// machine's root certificates or those in the file `cacertfile`. User, password and vhost are percent-encoded; without
    /// them they are `guest`, `guest` and `/`. A heartbeat is 10 to 3600 seconds, and 10 without one.
    pub url: String,
    /// What every name begins with, so that several can share one broker: 1 to 100 letters, digits, `.`, `_`, `-`, `:`.
    pub prefix: String,
    /// How long a connection may take until it is fit for use. More than the 3 s that a broker thinks about a wrong password.
    pub connect_time: Duration,
    /// How long a message may take to be confirmed. Whoever publishes waits for it; when the broker has no room, only those
    /// who were under way when it ran out.
    pub publish_time: Duration,
    /// How long the broker may take for anything about a consumer: to open it, to acknowledge, to stop.
    pub settle_time: Duration,
    /// The longest wait between two attempts to connect; each is up to a half shorter, by chance.
    pub longest_wait: Duration,
    /// The version of what is declared. Part of every name, so that another version stands beside it.
    pub version: u16,
    /// The versions before it, whose queues are consumed where they are still there.
    pub older_versions: Vec<u16>,
    /// What the queues are declared with. Part of the version: queues that are there with others are refused.
    pub limits: Limits,
}

/// What a lane's queue takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many messages may wait. Beyond it, or a few more, publishing is refused.
    pub messages: u32,
    /// How often a message is given back until the broker moves it to the dead letters. Far above the attempts that
    /// Wareroom counts itself, because what a stopping worker hands back counts here, too.
    pub deliveries: u32,
}

impl RabbitConfig {
    /// The usual settings: names that begin with `wareroom`, 8 s to connect, 5 s for a message and for what concerns a
    /// consumer, attempts up to 2 s apart, the current version; 100,000 messages and 1,000 deliveries.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            prefix: "wareroom".to_owned(),
            connect_time: Duration::from_secs(8),
            publish_time: Duration::from_secs(5),
            settle_time: Duration::from_secs(5),
            longest_wait: Duration::from_secs(2),
            version: VERSION,
            older_versions: OLDER_VERSIONS.to_vec(),
            limits: Limits { messages: 100_000, deliveries: 1_000 },
        }
    }
}

/// Without the URL, which has a password.
impl fmt::Debug for RabbitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitConfig")
            .field("prefix", &self.prefix)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
