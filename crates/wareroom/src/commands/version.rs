//! Says what this program is, for reports of bugs and for programs. `wareroom --version` is the first line of it.

use crate::command_line::with_examples;
use crate::ended::Ended;
use crate::output::{json_flag, show};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::collections::BTreeMap;
use wareroom_bootstrap::{features, newest_schemas};

const EXAMPLES: &str = "\
Examples:
  wareroom version
  wareroom version --json                for programs";

pub(crate) fn define(command: Command) -> Command {
    let about = "Say which version this is, its newest schemas and what is compiled in";
    with_examples(command.about(about), EXAMPLES).arg(json_flag())
}

#[derive(Serialize)]
struct About {
    version: &'static str,
    /// The number of the newest migration, by database.
    schemas: BTreeMap<&'static str, u32>,
    features: Vec<&'static str>,
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let schemas = newest_schemas().into_iter().collect();
    let about = About { version: env!("CARGO_PKG_VERSION"), schemas, features: features() };
    show(arguments, &about, || {
        let About { version, schemas, features } = &about;
        let schemas: Vec<String> = schemas.iter().map(|(database, newest)| format!("{database} {newest}")).collect();
        format!("wareroom {version}\nschemas {}\nfeatures {}\n", schemas.join(", "), features.join(", "))
    })
}
