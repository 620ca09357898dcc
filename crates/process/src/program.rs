//! A whole program that serves and does nothing else: `app-api`, `app-worker`. Its command line is every setting, and
//! `version` is its one command. Operators' commands are `wareroom`'s.

use crate::ended::{Ended, exit_code};
use crate::flags::{Defaults, every_setting, with_examples};
use crate::version::{self, VERSION};
use clap::{ArgMatches, Command};
use std::process::ExitCode;

/// A program that serves.
#[derive(Clone, Copy)]
pub struct Program {
    /// What people call it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Examples for its help.
    pub examples: &'static str,
    /// Examples for the help of its `version`.
    pub version_examples: &'static str,
    /// Where its defaults are not those of the table of settings.
    pub defaults: Defaults,
    /// Serves until it is told to stop.
    pub serve: fn(&ArgMatches) -> Ended,
}

const VERSION_COMMAND: &str = "version";

impl Program {
    /// Its command line.
    pub fn command(&self) -> Command {
        let command = Command::new(self.name)
            // Whatever the file is called.
            .bin_name(self.name)
            .version(VERSION)
            .about(self.about)
            .subcommand(version::define(Command::new(VERSION_COMMAND), self.version_examples))
            .subcommand_help_heading("Commands")
            .args(every_setting(self.defaults))
            .args_conflicts_with_subcommands(true)
            .override_usage(format!("{0} [SETTINGS]\n       {0} <COMMAND>", self.name));
        with_examples(command, self.examples)
    }

    /// Does what the command line asks for, and answers with the exit code.
    pub fn main(&self) -> ExitCode {
        let matches = self.command().get_matches();
        let ended = match matches.subcommand() {
            Some((VERSION_COMMAND, arguments)) => version::run(arguments, self.name),
            _ => (self.serve)(&matches),
        };
        exit_code(self.name, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::given;

    const PROGRAM: Program = Program {
        name: "app-some",
        about: "Serve something",
        examples: "Examples:\n  app-some",
        version_examples: "Examples:\n  app-some version",
        defaults: &[("stop_delay", "5s")],
        serve: |_| Ok(()),
    };

    #[test]
    fn its_command_line_is_sound_and_takes_every_setting() {
        PROGRAM.command().debug_assert();
        let matches = PROGRAM.command().try_get_matches_from(["app-some", "--log", "warn"]).unwrap();
        assert_eq!(given(&matches), [("log".to_owned(), "warn".to_owned())]);
    }

    #[test]
    fn its_help_begins_with_what_it_is_and_ends_with_its_exit_codes() {
        let help = PROGRAM.command().render_long_help().to_string();
        assert!(help.starts_with("Serve something\n\nExamples:\n  app-some\n\nUsage: app-some [SETTINGS]"), "{help}");
        assert!(help.trim_end().ends_with("Exit codes: 0 done, 1 failed, 2 wrong usage or configuration."), "{help}");
        assert!(help.contains("--stop-delay <VALUE>") && help.contains("[default: 5s]"), "{help}");
    }
}
