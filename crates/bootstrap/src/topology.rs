//! What a configuration has declared outside of this program: what a check from outside looks at, without reading code.

#[cfg(feature = "rabbitmq")]
use crate::QueueUrl;
use crate::{Config, DatabaseUrl};

/// What is declared, by the names that others find it by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// The exchanges of the broker, with their kinds. None where the database is the queue.
    pub exchanges: Vec<(String, &'static str)>,
    /// The queues of the broker.
    pub queues: Vec<DeclaredQueue>,
    /// Which queue gets what: exchange, routing key, queue.
    pub bindings: Vec<(String, String, String)>,
    /// Queues of older programs, which are consumed until they are empty and not declared.
    pub older_queues: Vec<String>,
    /// The tables of the database that tell how things stand.
    pub tables: Vec<Table>,
}

/// A queue of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredQueue {
    /// Its name.
    pub name: String,
    /// What it is declared with: texts and whole numbers, both as text.
    pub arguments: Vec<(&'static str, String)>,
}

/// A table of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows and columns tell.
    pub tells: &'static str,
}

const TABLES: &[Table] = &[
    Table {
        name: "products",
        tells: "a row a product; version counts every visible change, revision those by clients",
    },
    Table {
        name: "images",
        tells: "a row an image; state is pending, processing, ready or failed, attempts those that count, fence the number \
                of the last one; product_id is null once its product is gone",
    },
    Table {
        name: "jobs",
        tells: "a row a job that is not done: due_at when it may begin, leased_until while somebody has it. With a broker a \
                row goes when the broker has confirmed it, without one when the job is done",
    },
    Table {
        name: "dead_letters",
        tells: "a row an image that was given up; reason says why, marked that it is to be replayed",
    },
    Table { name: "events", tells: "a row a change; position is null until the log has given it its place" },
    Table {
        name: "blobs",
        tells: "a row a file; references_count is how many rows name it, claimed_until how long it is kept without one",
    },
    Table {
        name: "idempotency_keys",
        tells: "a row an Idempotency-Key; answer is null while its request is under way",
    },
    Table { name: "schema_migrations", tells: "a row a migration that was applied" },
];

/// What the configuration declares. Asks nobody.
pub fn topology(config: &Config) -> Topology {
    let tables = if config.database == DatabaseUrl::Memory { vec![] } else { TABLES.to_vec() };
    let of_broker = of_broker(config);
    Topology { tables, ..of_broker }
}

#[cfg(feature = "rabbitmq")]
fn of_broker(config: &Config) -> Topology {
    use wareroom_rabbitmq::{Argument, QueueDeclaration, Topology as Declared};
    let QueueUrl::Amqp(url) = &config.queue else { return Topology::default() };
    let declared = Declared::of(&crate::wiring::rabbit(config, url));
    let queue = |QueueDeclaration { name, arguments }| {
        let text = |argument| match argument {
            Argument::Text(text) => text,
            Argument::Number(number) => number.to_string(),
        };
        let arguments = arguments.into_iter().map(|(name, argument)| (name, text(argument))).collect();
        DeclaredQueue { name, arguments }
    };
    Topology {
        exchanges: declared.exchanges.into_iter().map(|exchange| (exchange.name, exchange.kind)).collect(),
        queues: declared.queues.into_iter().map(queue).collect(),
        bindings: declared.bindings.into_iter().map(|each| (each.exchange, each.routing_key, each.queue)).collect(),
        older_queues: declared.older.into_iter().flat_map(|older| older.queues).collect(),
        tables: vec![],
    }
}

#[cfg(not(feature = "rabbitmq"))]
fn of_broker(_config: &Config) -> Topology {
    Topology::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sources;

    fn of(set: &[(&str, &str)]) -> Topology {
        let flags = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        topology(&Config::from_sources(&Sources::new().with_flags(flags)).unwrap())
    }

    #[test]
    fn tables_are_told_wherever_they_outlive_the_process() {
        assert!(of(&[]).tables.iter().any(|table| table.name == "jobs") && of(&[]).queues.is_empty());
        assert_eq!(of(&[("database_url", "memory:")]), Topology::default());
    }

    #[cfg(feature = "rabbitmq")]
    #[test]
    fn names_of_the_broker_begin_with_the_prefix() {
        let told = of(&[("queue_url", "amqp://queue.example"), ("queue_prefix", "shop")]);
        assert!(told.queues.iter().any(|queue| queue.arguments.contains(&("x-queue-type", "quorum".to_owned()))));
        let names = told.exchanges.iter().map(|(name, _)| name).chain(told.queues.iter().map(|queue| &queue.name));
        assert!(names.into_iter().all(|name| name.starts_with("shop.")), "{told:#?}");
    }
}
