//! The command line. Flags are made from the table of settings.

use clap::{Arg, ArgAction, ArgMatches, Command};
use wareroom_bootstrap::settings::SETTINGS;

const EXAMPLES: &str = "\
Examples:
  wareroom                              serve on http://127.0.0.1:8080, data in ./wareroom-data
  wareroom serve --listen 127.0.0.1:9000 --data-dir /srv/wareroom
  WAREROOM_LOG=debug wareroom           every setting is a flag, a variable and a key of wareroom.toml
  wareroom prune --dry-run              say what was kept long enough
  wareroom openapi > openapi.json       write the API's description";

pub(crate) fn command() -> Command {
    Command::new("wareroom")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A product catalogue that turns photos into small, web-ready renditions and loses nothing on the way.")
        .before_help(EXAMPLES)
        .subcommand(serve_flags(
            Command::new("serve").about("Serve the API and process images (what `wareroom` alone does)"),
        ))
        .subcommand(
            Command::new("openapi").about("Write the API's OpenAPI description to stdout; needs nothing running").arg(
                Arg::new(PROFILE)
                    .long(PROFILE)
                    .value_name("PROFILE")
                    .value_parser(["whole", "rust"])
                    .default_value("whole")
                    .help("All of it, or what generators of Rust clients can read"),
            ),
        )
        .subcommand(
            serve_flags(Command::new("prune").about("Remove what was kept long enough, now; works beside `serve`"))
                .arg(Arg::new(DRY_RUN).long(DRY_RUN).action(ArgAction::SetTrue).help("Only say what would be removed")),
        )
        .args(settings())
        .args_conflicts_with_subcommands(true)
}

/// The flag that picks a form of the API's description.
pub(crate) const PROFILE: &str = "profile";

/// The flag that only counts.
pub(crate) const DRY_RUN: &str = "dry-run";

fn serve_flags(command: Command) -> Command {
    command.args(settings())
}

/// A flag for each setting, and in debug builds the crash test's stop point.
fn settings() -> Vec<Arg> {
    let mut flags: Vec<Arg> = SETTINGS
        .iter()
        .map(|setting| {
            let default = if setting.default.is_empty() { "not set" } else { setting.default };
            Arg::new(setting.key)
                .long(setting.flag())
                .value_name("VALUE")
                .help(format!("{} ({}) [default: {default}]", setting.help, setting.allowed))
        })
        .collect();
    if cfg!(debug_assertions) {
        flags.push(Arg::new(STOP_AT).long(STOP_AT).hide(true));
    }
    flags
}

/// The flag that names a stop point; exists in debug builds only.
pub(crate) const STOP_AT: &str = "stop-at";

/// The settings that were given as flags, by key.
pub(crate) fn given(matches: &ArgMatches) -> Vec<(String, String)> {
    SETTINGS
        .iter()
        .filter_map(|setting| Some((setting.key.to_owned(), matches.get_one::<String>(setting.key)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
