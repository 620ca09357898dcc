//! Writes what a shell needs to complete commands and flags.

use crate::command_line::{self, with_examples};
use crate::ended::Ended;
use crate::output::write;
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  wareroom completions bash > ~/.local/share/bash-completion/completions/wareroom
  wareroom completions zsh > \"${fpath[1]}/_wareroom\"
  wareroom completions fish > ~/.config/fish/completions/wareroom.fish";

const SHELL: &str = "shell";

pub(crate) fn define(command: Command) -> Command {
    let shell = Arg::new(SHELL).value_name("SHELL").required(true).value_parser(value_parser!(Shell));
    let about = "Write the completions of commands and flags for a shell";
    with_examples(command.about(about), EXAMPLES).arg(shell.help("Which shell they are for"))
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let mut script = vec![];
    if let Some(shell) = arguments.get_one::<Shell>(SHELL) {
        clap_complete::generate(*shell, &mut command_line::command(), "wareroom", &mut script);
    }
    write(&script)
}
