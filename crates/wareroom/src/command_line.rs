//! The command line as a whole.

use crate::commands::COMMANDS;
use clap::Command;
pub(crate) use wareroom_process::flags::{every_setting, settings, with_examples};

const EXAMPLES: &str = "\
Examples:
  wareroom                          serve on http://127.0.0.1:8080, data in ./wareroom-data
  wareroom --data-dir /srv/wareroom
  wareroom help serve               every setting
  wareroom dead-letters list        which images failed, and why";

pub(crate) fn command() -> Command {
    let command = Command::new("wareroom")
        // Whatever the file is called.
        .bin_name("wareroom")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A product catalogue that turns photos into small, web-ready renditions and loses nothing on the way.")
        .subcommands(COMMANDS.iter().map(|entry| (entry.define)(Command::new(entry.name))))
        .subcommand_help_heading("Commands")
        // `wareroom` alone takes what `wareroom serve` takes, and does not list it twice.
        .args(every_setting(&[]).map(|flag| flag.hide(true)))
        .args_conflicts_with_subcommands(true)
        .override_usage("wareroom [SETTINGS]\n       wareroom <COMMAND>");
    with_examples(command, EXAMPLES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_process::flags::given;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn flags_are_read_with_and_without_serve() {
        for line in [&["wareroom", "--log", "warn"][..], &["wareroom", "serve", "--log", "warn"]] {
            let matches = command().try_get_matches_from(line).unwrap();
            let matches = matches.subcommand_matches("serve").unwrap_or(&matches);
            assert_eq!(given(matches), [("log".to_owned(), "warn".to_owned())]);
        }
    }
}
