//! The table of settings for readers: a page, and an example of `wareroom.toml`.

use crate::settings::{Preset, Setting, THEMES};
use std::fmt::Write;

/// What the page begins with.
const INTRODUCTION: &str = "\
# Configuration

Made from the table of settings in `crates/bootstrap/src/settings.rs` by `scripts/configuration-docs`; a test compares
them. An example with every setting is [wareroom.toml](wareroom.toml).

Every setting is a key of `wareroom.toml`, an environment variable and a flag. Flags win over the environment, the
environment over the file, the file over the defaults. `wareroom config` shows what every setting comes to and where it
came from, with secrets hidden; `wareroom config --json` does so for programs.

- **The file** is `wareroom.toml` in the folder where Wareroom is started, if there is one. `--config FILE` or
  `WAREROOM_CONFIG` names another, which must then be there.
- **Durations** are a whole number and `ms`, `s`, `min`, `h` or `d`, such as `30s`. **Sizes** are a whole number and
  `KB`, `MB`, `GB` (thousands) or `KiB`, `MiB`, `GiB` (1024s), or nothing for bytes.
- **Lists** have commas between their parts; in the file they may be lists of texts, such as `[\"1s\", \"5s\"]`.
- **An empty text** asks for the default where that is nothing, or comes of other settings or of the machine.
- **Secrets**: the URLs of database, queue, cache and images may hold a password. Each can be given in a file of its own
  instead: `WAREROOM_DATABASE_URL_FILE=/run/secrets/database-url`, and in the same way `database_url_file` in the file and
  `--database-url-file`. It is read once, without the line's end. Whatever was given, a password is not shown and not logged.
- **A mistake** stops the start with exit code 2 and a message that names every key and value that cannot be used, where
  it stands and what is allowed. A key with a typing error is not passed over: the nearest one is suggested.
";

/// The page about every setting, in Markdown.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| theme | settings |\n|---|---|\n");
    for theme in THEMES {
        let links: Vec<String> = theme.settings.iter().map(|row| format!("[{0}](#{0})", row.key)).collect();
        put(&mut page, &format!("| {} | {} |\n", theme.title, links.join(", ")));
    }
    for theme in THEMES {
        put(&mut page, &format!("\n## {}\n\n{}\n", theme.title, quoted(theme.about)));
        for setting in theme.settings {
            put(&mut page, &section(setting));
        }
    }
    page
}

fn section(setting: &Setting) -> String {
    let default = match setting.default {
        Preset::Value(value) => format!("`{value}`"),
        Preset::Derived(words) => quoted(words),
        Preset::Nothing => "not set".to_owned(),
    };
    let file = setting.file_key().map(|key| format!("; in a file of its own: `{key}`")).unwrap_or_default();
    let when = setting.when.map(|when| format!("- Change it when {}\n", quoted(when))).unwrap_or_default();
    format!(
        "\n### {key}\n\n{help}.\n\n- Variable `{variable}`, flag `--{flag}`{file}\n- Default: {default}\n- Allowed: {allowed}\n{when}",
        key = setting.key,
        help = capital(&quoted(setting.help)),
        variable = setting.variable(),
        flag = setting.flag(),
        allowed = angles_escaped(setting.allowed),
    )
}

/// An example of `wareroom.toml`: every setting with its default, commented out.
pub fn example() -> String {
    let mut example = "\
# Every setting of Wareroom with its default, commented out. Wareroom reads wareroom.toml in the folder where it is started,
# or the file that --config or WAREROOM_CONFIG names. What is set in the environment or by a flag wins over it.
# An empty text asks for the default where that depends on other settings or on the machine.
# More about each: docs/configuration.md; what they come to: `wareroom config`.
"
    .to_owned();
    for theme in THEMES {
        put(&mut example, &format!("\n# --- {}\n# {}\n", theme.title, theme.about));
        for setting in theme.settings {
            put(&mut example, &format!("\n# {}.\n# Allowed: {}\n", capital(setting.help), setting.allowed));
            if !matches!(setting.default, Preset::Value(_)) {
                put(&mut example, &format!("# Default: {}\n", setting.default.words()));
            }
            if let Some(when) = setting.when {
                put(&mut example, &format!("# Change it when {when}\n"));
            }
            put(&mut example, &format!("# {}\n", assignment(setting)));
        }
    }
    example
}

/// A line of TOML that sets the default.
fn assignment(setting: &Setting) -> String {
    let text = if let Preset::Value(value) = setting.default { value } else { "" };
    let value = match (setting.list, text.parse::<u64>()) {
        (false, Ok(number)) => number.to_string(),
        (false, Err(_)) => format!("{text:?}"),
        (true, _) => {
            let parts: Vec<String> =
                text.split(',').filter(|part| !part.is_empty()).map(|part| format!("{part:?}")).collect();
            format!("[{}]", parts.join(", "))
        }
    };
    format!("{} = {value}", setting.key)
}

/// A text with the settings in it marked as code. A word that is no more than a word is left alone.
fn quoted(text: &str) -> String {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (mut marked, mut rest) = (String::new(), text);
    while !rest.is_empty() {
        let word: String = rest.chars().take_while(|c| letter(*c)).collect();
        if word.is_empty() {
            let other: String = rest.chars().take_while(|c| !letter(*c)).collect();
            rest = &rest[other.len()..];
            marked.push_str(&other);
        } else {
            rest = &rest[word.len()..];
            let key = word.contains('_') && Setting::find(&word).is_some();
            put(&mut marked, &if key { format!("`{word}`") } else { word });
        }
    }
    angles_escaped(&marked)
}

/// Placeholders such as `<file>` would be taken for HTML.
fn angles_escaped(text: &str) -> String {
    text.replace('<', "\\<")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), characters.as_str())).unwrap_or_default()
}

fn put(text: &mut String, more: &str) {
    // Writing to a text does not fail.
    let _ = text.write_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Sources, settings};

    #[test]
    fn the_example_with_every_line_in_use_is_the_defaults() {
        let keys: Vec<String> = settings::all().map(|row| format!("# {} = ", row.key)).collect();
        let used = |line: &str| keys.iter().any(|key| line.starts_with(key.as_str()));
        let example = example();
        assert_eq!(example.lines().filter(|line| used(line)).count(), keys.len());
        let lines = example.lines().map(|line| if used(line) { &line[2..] } else { line });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wareroom.toml");
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();

        let sources = Sources::new().with_file(&file);
        assert!(settings::all().all(|row| sources.origin(row.key).is_some()), "every row is set");
        let values = |sources: &Sources| -> Vec<(&str, String)> {
            let settled = Config::explain(sources).unwrap();
            settled.into_iter().map(|settled| (settled.setting.key, settled.value)).collect()
        };
        assert_eq!(values(&sources), values(&Sources::new()));
        let configs = [&sources, &Sources::new()].map(|sources| {
            // That somebody asked for it is all that a row may change.
            let config = Config { admin_listen_is_set: false, ..Config::from_sources(sources).unwrap() };
            format!("{config:?}")
        });
        assert_eq!(configs[0], configs[1]);
    }

    #[test]
    fn the_page_tells_everything_of_every_row() {
        let page = page();
        for setting in settings::all() {
            let section = page.split(&format!("\n### {}\n", setting.key)).nth(1).unwrap();
            let section = section.split("\n##").next().unwrap();
            let words = [setting.variable(), format!("--{}", setting.flag()), setting.allowed.replace('<', "\\<")];
            let plain = section.replace('`', "");
            assert!(words.iter().all(|word| plain.contains(word)), "{section}");
            assert!(plain.contains(&setting.default.words().replace('<', "\\<")), "{section}");
            assert!(plain.contains(&setting.help[1..]), "{section}");
            assert_eq!(setting.when.is_some(), plain.contains("Change it when"), "{section}");
        }
    }

    #[test]
    fn settings_are_marked_and_words_are_not() {
        assert_eq!(
            quoted("longer than job_lease, which listen is not"),
            "longer than `job_lease`, which listen is not"
        );
        assert_eq!(quoted("größer als a_b_c: <x>"), "größer als a_b_c: \\<x>");
    }
}
