//! The command line as a whole, and what its commands share: examples, flags made from the table of settings.

use crate::commands::COMMANDS;
use crate::configuration::QUIET;
use crate::ended::EXIT_CODES;
use clap::{Arg, ArgMatches, Command};
use wareroom_bootstrap::settings::{self, Setting, THEMES, Theme};
use wareroom_bootstrap::{Flag, Sources};

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
        .args(every_setting().map(|flag| flag.hide(true)))
        .args_conflicts_with_subcommands(true)
        .override_usage("wareroom [SETTINGS]\n       wareroom <COMMAND>");
    with_examples(command, EXAMPLES)
}

/// Help that begins with what it is and examples. The short help leaves them out.
pub(crate) fn with_examples(command: Command, examples: &'static str) -> Command {
    command
        .help_template("{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}")
        .before_long_help(examples)
        .after_long_help(EXIT_CODES)
}

/// A flag for the file with settings, one for each setting by theme with that of the file that may hold it, and in debug builds
/// the crash test's stop point.
pub(crate) fn every_setting() -> impl Iterator<Item = Arg> {
    let of_theme = |theme: &'static Theme| {
        theme.settings.iter().flat_map(move |setting| {
            let more = [("Takes", Some(setting.allowed)), ("Change it when", setting.when)];
            let flag = flag(setting, setting.default.words(), &more);
            let file = setting.file_key().and_then(|key| further_flag(&key));
            std::iter::once(flag).chain(file).map(|flag| flag.help_heading(theme.title))
        })
    };
    let stop_at = cfg!(debug_assertions).then(|| Arg::new(STOP_AT).long(STOP_AT).hide(true));
    further_flag(FILE).into_iter().chain(THEMES.iter().flat_map(of_theme)).chain(stop_at)
}

/// Flags for those of the settings that matter to a command that does its work and ends, and for the file with all of them.
pub(crate) fn settings(keys: &[&str]) -> impl Iterator<Item = Arg> {
    let named = settings::all().filter(|setting| keys.contains(&setting.key)).map(|setting| {
        let default = if setting.key == "log" { QUIET } else { setting.default.words() };
        flag(setting, default, &[]).hide_short_help(false)
    });
    further_flag(FILE).into_iter().chain(named).map(|flag| flag.help_heading("Settings"))
}

/// The settings that the short help of `serve` has.
const FIRST: [&str; 7] = ["listen", "auth", "data_dir", "database_url", "blob_url", "public_url", "log"];

/// The flag that names the file with settings.
const FILE: &str = "config";

/// A setting's flag. What there is to add stands below its first line, in the long help only.
fn flag(setting: &Setting, default: &str, more: &[(&str, Option<&str>)]) -> Arg {
    let help = format!("{} [default: {default}]", setting.help);
    let more = more.iter().filter_map(|(what, text)| text.map(|text| format!("\n{what}: {text}")));
    Arg::new(setting.key)
        .long(setting.flag())
        .value_name("VALUE")
        .long_help(more.fold(help.clone(), |help, line| help + &line))
        .help(help)
        .hide_short_help(!FIRST.contains(&setting.key))
}

fn further_flag(key: &str) -> Option<Arg> {
    let Flag { key, name, help } = Sources::further_flags().into_iter().find(|further| further.key == key)?;
    let hidden = key != FILE;
    Some(Arg::new(key).long(name).value_name("FILE").help(help).hide_short_help(hidden))
}

/// The flag that names a stop point; exists in debug builds only.
pub(crate) const STOP_AT: &str = "stop-at";

/// The settings that were given as flags, by key. A command has flags for some of them only.
pub(crate) fn given(matches: &ArgMatches) -> Vec<(String, String)> {
    let keys = settings::all().map(|setting| setting.key.to_owned());
    let further = Sources::further_flags().into_iter().map(|further| further.key);
    keys.chain(further)
        .filter_map(|key| {
            let value = matches.try_get_one::<String>(&key).ok().flatten()?.clone();
            Some((key, value))
        })
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

    #[test]
    fn the_settings_of_the_short_help_exist() {
        assert!(FIRST.iter().all(|key| Setting::find(key).is_some()));
        assert!(crate::configuration::BESIDE.iter().all(|key| Setting::find(key).is_some()));
    }
}
