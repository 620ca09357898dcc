//! Says what a program is, for reports of bugs and for programs. `--version` is the first line of it.

use crate::ended::Ended;
use crate::flags::with_examples;
use crate::output::{json_flag, show};
use clap::{ArgMatches, Command};
use serde::Serialize;
use std::collections::BTreeMap;
use wareroom_bootstrap::{features, newest_schemas};

/// The version of this program: all of ours have the same.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Adds help and flags to the command.
pub fn define(command: Command, examples: &'static str) -> Command {
    let about = "Say which version this is, its newest schema and what is compiled in";
    with_examples(command.about(about), examples).arg(json_flag())
}

#[derive(Serialize)]
struct About {
    version: &'static str,
    /// The number of the newest migration, by database.
    schemas: BTreeMap<&'static str, u32>,
    features: Vec<&'static str>,
}

/// Says it, in the name of this program.
pub fn run(arguments: &ArgMatches, program: &str) -> Ended {
    let about = About { version: VERSION, schemas: newest_schemas().into_iter().collect(), features: features() };
    show(arguments, &about, || {
        let About { version, features, .. } = &about;
        format!("{program} {version}\nschema {}\nfeatures {}\n", schemas(), features.join(", "))
    })
}

/// The number of the newest migration, by database, in words.
pub(crate) fn schemas() -> String {
    let schemas = newest_schemas().into_iter().map(|(database, schema)| format!("{database} {schema}"));
    schemas.collect::<Vec<_>>().join(", ")
}
