//! What is declared in a broker, as a value: exchanges, queues with their arguments, bindings. Knows no connection.
//!
//! The version is part of every name, because a queue that is there cannot be changed. A change here takes the next number,
//! and the number before goes to the older versions, whose queues are consumed until they are empty and may then be deleted.

use crate::config::RabbitConfig;
use wareroom_domain::Lane;

/// The version that is declared.
pub(crate) const VERSION: u16 = 1;
/// Those before it.
pub(crate) const OLDER_VERSIONS: &[u16] = &[];

/// How long what nobody can read is kept: as long as dead letters are.
const UNREADABLE_FOR_MS: i64 = 30 * 24 * 3_600_000;
/// How much of it is kept; the oldest gives way.
const UNREADABLE_MOST: i64 = 100_000;
/// Newer brokers have a limit where none is set, and what passes it is dropped where it has nowhere to go.
const HARDLY_EVER: i64 = 1_000_000;
/// The routing key of what nobody can read.
const UNREADABLE: &str = "unreadable";

/// What is declared, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Its version, which is part of every name.
    pub version: u16,
    /// The exchanges, declared first.
    pub exchanges: Vec<Exchange>,
    /// The queues, each declared and bound before the next: where messages end before where they come from.
    pub queues: Vec<QueueDeclaration>,
    /// Which queue gets what of which exchange.
    pub bindings: Vec<Binding>,
    /// The versions before it, which are consumed and not declared.
    pub older: Vec<OlderTopology>,
}

/// An exchange, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// How it routes, such as `direct`.
    pub kind: &'static str,
}

/// A queue, durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDeclaration {
    /// Its name.
    pub name: String,
    /// What it is declared with, such as `x-queue-type`.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// Which queue gets what of which exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The exchange.
    pub exchange: String,
    /// What a message is published with.
    pub routing_key: String,
    /// The queue that gets it.
    pub queue: String,
}

/// A version that is no longer declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OlderTopology {
    /// Its version.
    pub version: u16,
    /// Its queues that are consumed where they are still there.
    pub queues: Vec<String>,
}

/// The names of one version.
pub(crate) struct Names {
    base: String,
}

impl Names {
    pub(crate) fn of(prefix: &str, version: u16) -> Self {
        Self { base: format!("{prefix}.v{version}") }
    }

    /// Where jobs are published, with their lane as the routing key.
    pub(crate) fn exchange(&self) -> String {
        self.base.clone()
    }

    pub(crate) fn lane(&self, lane: Lane) -> String {
        format!("{}.{}", self.base, lane.as_str())
    }

    /// What the broker took out of the lane.
    pub(crate) fn dead(&self, lane: Lane) -> String {
        format!("{}.{}.dead", self.base, lane.as_str())
    }

    pub(crate) fn dead_exchange(&self) -> String {
        format!("{}.dead", self.base)
    }

    pub(crate) fn unreadable(&self) -> String {
        format!("{}.{UNREADABLE}", self.base)
    }
}

impl Topology {
    /// What is declared with those settings. Asks no broker.
    pub fn of(config: &RabbitConfig) -> Self {
        let names = Names::of(&config.prefix, config.version);
        let mut unreadable = quorum(names.unreadable());
        unreadable.arguments.extend([
            ("x-message-ttl", Argument::Number(UNREADABLE_FOR_MS)),
            ("x-max-length", Argument::Number(UNREADABLE_MOST)),
            ("x-delivery-limit", Argument::Number(HARDLY_EVER)),
        ]);
        let (mut queues, mut bindings) = (vec![unreadable], vec![]);
        bindings.push(binding(names.dead_exchange(), UNREADABLE, names.unreadable()));
        for lane in Lane::ALL {
            let mut dead = dead_lettering(quorum(names.dead(lane)), &names, UNREADABLE);
            dead.arguments.push(("x-delivery-limit", Argument::Number(HARDLY_EVER)));
            queues.push(dead);
            bindings.push(binding(names.dead_exchange(), lane.as_str(), names.dead(lane)));
            let mut work = dead_lettering(quorum(names.lane(lane)), &names, lane.as_str());
            work.arguments.extend([
                ("x-delivery-limit", Argument::Number(config.limits.deliveries.into())),
                ("x-max-length", Argument::Number(config.limits.messages.into())),
            ]);
            queues.push(work);
            bindings.push(binding(names.exchange(), lane.as_str(), names.lane(lane)));
        }
        let older = config.older_versions.iter().map(|version| {
            let names = Names::of(&config.prefix, *version);
            let queues = Lane::ALL.iter().flat_map(|lane| [names.lane(*lane), names.dead(*lane)]).collect();
            OlderTopology { version: *version, queues }
        });
        let exchanges = [names.dead_exchange(), names.exchange()].map(|name| Exchange { name, kind: "direct" });
        Self { version: config.version, exchanges: exchanges.into(), queues, bindings, older: older.collect() }
    }
}

/// Kept by a majority of the brokers, on disk.
fn quorum(name: String) -> QueueDeclaration {
    QueueDeclaration { name, arguments: vec![("x-queue-type", text("quorum"))] }
}

/// What leaves the queue unsettled is kept there until it has arrived elsewhere. That takes a queue which refuses what it
/// has no room for.
fn dead_lettering(mut queue: QueueDeclaration, names: &Names, routing_key: &str) -> QueueDeclaration {
    queue.arguments.extend([
        ("x-dead-letter-exchange", Argument::Text(names.dead_exchange())),
        ("x-dead-letter-routing-key", text(routing_key)),
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ]);
    queue
}

fn binding(exchange: String, routing_key: &str, queue: String) -> Binding {
    Binding { exchange, routing_key: routing_key.to_owned(), queue }
}

fn text(text: &str) -> Argument {
    Argument::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(prefix: &str) -> RabbitConfig {
        RabbitConfig { prefix: prefix.to_owned(), ..RabbitConfig::at("amqp://h") }
    }

    #[test]
    fn names_carry_prefix_and_version_and_no_two_are_alike() {
        let topology = Topology::of(&at("shop"));
        let mut names: Vec<_> = topology.queues.iter().map(|queue| queue.name.as_str()).collect();
        assert!(names.contains(&"shop.v1.images") && names.contains(&"shop.v1.images.dead"), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("shop.v1.")), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), topology.queues.len());
        assert!(Lane::ALL.iter().all(|lane| lane.as_str() != UNREADABLE && lane.as_str() != "dead"));
    }

    #[test]
    fn where_messages_end_is_declared_and_bound_before_where_they_come_from() {
        let topology = Topology::of(&at("shop"));
        let argument = |queue: &QueueDeclaration, name| {
            queue.arguments.iter().find(|(argument, _)| *argument == name).map(|(_, value)| value.clone())
        };
        for (place, queue) in topology.queues.iter().enumerate() {
            let Some(Argument::Text(key)) = argument(queue, "x-dead-letter-routing-key") else { continue };
            let Some(Argument::Text(exchange)) = argument(queue, "x-dead-letter-exchange") else {
                panic!("no exchange")
            };
            let bound = topology.bindings.iter().find(|to| to.exchange == exchange && to.routing_key == key).unwrap();
            assert!(topology.queues[..place].iter().any(|earlier| earlier.name == bound.queue), "{}", queue.name);
        }
    }

    #[test]
    fn an_older_version_is_named_and_not_declared() {
        let topology = Topology::of(&RabbitConfig { older_versions: vec![0], ..at("shop") });
        let queues = vec!["shop.v0.images".to_owned(), "shop.v0.images.dead".to_owned()];
        assert_eq!(topology.older, [OlderTopology { version: 0, queues }]);
        assert!(topology.queues.iter().all(|queue| !queue.name.contains("v0")));
    }
}
