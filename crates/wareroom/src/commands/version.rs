//! Says what this program is, for reports of bugs and for programs. `wareroom --version` is the first line of it.

use crate::command_line::with_examples;
use crate::ended::Ended;
use crate::output::{json_flag, show};
use clap::{ArgMatches, Command};
use serde::Serialize;
use wareroom_bootstrap::{features, newest_schema};

const EXAMPLES: &str = "\
Examples:
  wareroom version
  wareroom version --json                for programs";

pub(crate) fn define(command: Command) -> Command {
    let about = "Say which version this is, its newest schema and what is compiled in";
    with_examples(command.about(about), EXAMPLES).arg(json_flag())
}

#[derive(Serialize)]
struct About {
    version: &'static str,
    /// The number of the newest migration.
    schema: u32,
    features: Vec<&'static str>,
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let about = About { version: env!("CARGO_PKG_VERSION"), schema: newest_schema(), features: features() };
    show(arguments, &about, || {
        let About { version, schema, features } = &about;
        format!("wareroom {version}\nschema {schema}\nfeatures {}\n", features.join(", "))
    })
}
