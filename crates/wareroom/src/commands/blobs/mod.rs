//! `blobs`: the files of images, looked through. Works beside `serve`.

mod verify;

use crate::command_line::with_examples;
use crate::ended::Ended;
use clap::{ArgMatches, Command};

const EXAMPLES: &str = "\
Examples:
  wareroom blobs verify
  wareroom blobs verify --json | jq -r '.data[] | select(.finding == \"missing\") | .name'";

pub(crate) fn define(command: Command) -> Command {
    let about = "The files of images: find those that are missing, damaged or nobody's; works beside `serve`";
    with_examples(command.about(about), EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([verify::define(Command::new("verify"))])
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    match arguments.subcommand() {
        Some((_, arguments)) => verify::run(arguments),
        None => Ok(()),
    }
}
