//! Says what this program is, for reports of bugs and for programs. `wareroom --version` is the first line of it.

use crate::ended::Ended;
use clap::{ArgMatches, Command};
use wareroom_process::version;

const EXAMPLES: &str = "\
Examples:
  wareroom version
  wareroom version --json                for programs";

pub(crate) fn define(command: Command) -> Command {
    version::define(command, EXAMPLES)
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    version::run(arguments, "wareroom")
}
