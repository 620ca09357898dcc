//! Says what is declared outside of this program: queues of the broker, tables of the database.

use crate::command_line::{settings, with_examples};
use crate::configuration::of_command;
use crate::ended::Ended;
use crate::output::{columns, json_flag, show};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::collections::BTreeMap;
use wareroom_bootstrap::{Topology, topology};

const EXAMPLES: &str = "\
Examples:
  wareroom topology                      what a broker and a database are asked for
  wareroom topology --json               for a check from outside, which then needs no code

Asks nobody: it tells what the settings come to.";

pub(crate) fn define(command: Command) -> Command {
    let about = "Say which exchanges, queues and tables Wareroom uses, and what they tell";
    let flags = settings(&["database_url", "queue_url", "queue_prefix", "log", "log_format"]);
    with_examples(command.about(about), EXAMPLES).arg(json_flag()).args(flags)
}

/// What is declared, for programs.
#[derive(Serialize)]
struct Declared {
    data: Parts,
}

#[derive(Serialize)]
struct Parts {
    exchanges: Vec<Exchange>,
    queues: Vec<Queue>,
    bindings: Vec<Binding>,
    /// Of older programs: consumed until they are empty.
    older_queues: Vec<String>,
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Exchange {
    name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Queue {
    name: String,
    arguments: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Binding {
    exchange: String,
    routing_key: String,
    queue: String,
}

#[derive(Serialize)]
struct Table {
    name: &'static str,
    tells: &'static str,
}

impl From<Topology> for Declared {
    fn from(topology: Topology) -> Self {
        let Topology { exchanges, queues, bindings, older_queues, tables } = topology;
        let binding = |(exchange, routing_key, queue)| Binding { exchange, routing_key, queue };
        let data = Parts {
            exchanges: exchanges.into_iter().map(|(name, kind)| Exchange { name, kind }).collect(),
            queues: queues
                .into_iter()
                .map(|queue| Queue { name: queue.name, arguments: queue.arguments.into_iter().collect() })
                .collect(),
            bindings: bindings.into_iter().map(binding).collect(),
            older_queues,
            tables: tables.into_iter().map(|table| Table { name: table.name, tells: table.tells }).collect(),
        };
        Self { data }
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let declared = Declared::from(topology(&of_command(arguments)?));
    show(arguments, &declared, || text(&declared.data))
}

fn text(parts: &Parts) -> String {
    let exchanges =
        parts.exchanges.iter().map(|each| vec!["exchange".to_owned(), each.name.clone(), each.kind.to_owned()]);
    let queues = parts.queues.iter().map(|each| {
        let arguments: Vec<String> = each.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        vec!["queue".to_owned(), each.name.clone(), arguments.join(" ")]
    });
    let bindings = parts.bindings.iter().map(|each| {
        vec!["binding".to_owned(), each.exchange.clone(), format!("{} to {}", each.routing_key, each.queue)]
    });
    let older = parts.older_queues.iter().map(|name| vec!["older queue".to_owned(), name.clone(), String::new()]);
    let tables = parts.tables.iter().map(|each| vec!["table".to_owned(), each.name.to_owned(), each.tells.to_owned()]);
    columns(&exchanges.chain(queues).chain(bindings).chain(older).chain(tables).collect::<Vec<_>>())
}
