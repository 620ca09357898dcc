//! `dead-letters`: work that was given up, seen, done again or put aside. All of it works beside `serve`.

mod discard;
mod filter;
mod letter;
mod list;
mod retry;
mod show;

use crate::command_line::with_examples;
use crate::ended::Ended;
use clap::{ArgMatches, Command};

const EXAMPLES: &str = "\
Examples:
  wareroom dead-letters list --reason unreachable
  wareroom dead-letters show 01890a5d-ac96-774b-bcce-b302099a8057
  wareroom dead-letters retry --host images.example
  wareroom dead-letters discard --to 2026-01-01T00:00:00Z --yes";

pub(crate) fn define(command: Command) -> Command {
    let about = "Images that failed for good: list, show, retry or discard them; works beside `serve`";
    with_examples(command.about(about), EXAMPLES).subcommand_required(true).arg_required_else_help(true).subcommands([
        list::define(Command::new("list")),
        show::define(Command::new("show")),
        retry::define(Command::new("retry")),
        discard::define(Command::new("discard")),
    ])
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    match arguments.subcommand() {
        Some(("show", arguments)) => show::run(arguments),
        Some(("retry", arguments)) => retry::run(arguments),
        Some(("discard", arguments)) => discard::run(arguments),
        Some((_, arguments)) => list::run(arguments),
        None => Ok(()),
    }
}
