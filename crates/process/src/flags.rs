//! Flags made from the table of settings, and what all command lines share.

use crate::ended::EXIT_CODES;
use clap::{Arg, ArgMatches, Command};
use wareroom_bootstrap::settings::{self, Setting, THEMES, Theme};
use wareroom_bootstrap::{Flag, Sources};

/// Defaults of one program that are not those of the table, by key.
pub type Defaults = &'static [(&'static str, &'static str)];

/// What a command logs unless told otherwise: it says itself what it does.
pub const QUIET: &str = "warn";

/// Help that begins with what it is and examples. The short help leaves them out.
pub fn with_examples(command: Command, examples: &'static str) -> Command {
    command
        .help_template("{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}")
        .before_long_help(examples)
        .after_long_help(EXIT_CODES)
}

/// A flag for the file with settings, one for each setting by theme with that of the file that may hold it, and in debug builds
/// the crash test's stop point.
pub fn every_setting(defaults: Defaults) -> impl Iterator<Item = Arg> {
    let of_theme = move |theme: &'static Theme| {
        theme.settings.iter().flat_map(move |setting| {
            let more = [("Takes", Some(setting.allowed)), ("Change it when", setting.when)];
            let own = defaults.iter().find(|(key, _)| *key == setting.key).map(|(_, value)| *value);
            let flag = flag(setting, own.unwrap_or_else(|| setting.default.words()), &more);
            let file = setting.file_key().and_then(|key| further_flag(&key));
            std::iter::once(flag).chain(file).map(|flag| flag.help_heading(theme.title))
        })
    };
    let stop_at = cfg!(debug_assertions).then(|| Arg::new(STOP_AT).long(STOP_AT).hide(true));
    further_flag(FILE).into_iter().chain(THEMES.iter().flat_map(of_theme)).chain(stop_at)
}

/// Flags for those of the settings that matter to a command that does its work and ends, and for the file with all of them.
pub fn settings(keys: &[&str]) -> impl Iterator<Item = Arg> {
    let named = settings::all().filter(|setting| keys.contains(&setting.key)).map(|setting| {
        let default = if setting.key == "log" { QUIET } else { setting.default.words() };
        flag(setting, default, &[]).hide_short_help(false)
    });
    further_flag(FILE).into_iter().chain(named).map(|flag| flag.help_heading("Settings"))
}

/// The settings that the short help of a program that serves has.
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
pub fn given(matches: &ArgMatches) -> Vec<(String, String)> {
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
    fn the_settings_of_the_short_help_exist() {
        assert!(FIRST.iter().all(|key| Setting::find(key).is_some()));
    }

    #[test]
    fn a_program_shows_its_own_default_in_the_place_of_the_tables() {
        let shown = |defaults| {
            let flag = every_setting(defaults).find(|flag| flag.get_id() == "stop_delay").unwrap();
            flag.get_help().unwrap().to_string()
        };
        assert!(shown(&[]).ends_with("[default: 0s]"));
        assert!(shown(&[("stop_delay", "5s")]).ends_with("[default: 5s]"));
    }
}
