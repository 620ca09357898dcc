//! Where settings come from: defaults < `wareroom.toml` < environment < flags.

use crate::ConfigError;
use crate::settings::{SETTINGS, Setting};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// `wareroom.toml`, or the file that was named.
    File(PathBuf),
    /// The environment.
    Environment,
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// The values that were set, each with its origin. Later sources win.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    values: BTreeMap<&'static str, (String, Origin)>,
}

/// The file that is read when it is there.
const FILE: &str = "wareroom.toml";

impl Sources {
    /// Nothing set: every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the file in the working directory, the environment of this process and the command line say.
    pub fn of_process(flags: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        Self::new().with_file(Path::new(FILE))?.with_environment(environment)?.with_flags(flags)
    }

    /// Adds what a file says, if it exists.
    pub fn with_file(mut self, path: &Path) -> Result<Self, ConfigError> {
        let broken = |reason: String| ConfigError::File { path: path.to_owned(), reason };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(self),
            Err(error) => return Err(broken(error.to_string())),
        };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
        for (key, value) in table {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                _ => return Err(broken(format!("{key} must be a text or a whole number"))),
            };
            self.set(&key, text, Origin::File(path.to_owned()))?;
        }
        Ok(self)
    }

    /// Adds what variables beginning with `WAREROOM_` say.
    pub fn with_environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        for (name, value) in variables {
            if let Some(key) = name.strip_prefix("WAREROOM_") {
                self.set(&key.to_ascii_lowercase(), value, Origin::Environment)?;
            }
        }
        Ok(self)
    }

    /// Adds what the command line says, by key.
    pub fn with_flags(mut self, flags: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        for (key, value) in flags {
            self.set(&key, value, Origin::Flag)?;
        }
        Ok(self)
    }

    /// The value of a setting, with its origin; `None` when nobody set it.
    pub fn get(&self, key: &str) -> Option<(&str, &Origin)> {
        self.values.get(key).map(|(value, origin)| (value.as_str(), origin))
    }

    fn set(&mut self, key: &str, value: String, origin: Origin) -> Result<(), ConfigError> {
        let Some(setting) = Setting::find(key) else {
            let suggestion = nearest(key).map(|setting| named(setting, &origin));
            let key = if origin == Origin::Environment {
                format!("WAREROOM_{}", key.to_ascii_uppercase())
            } else {
                key.to_owned()
            };
            return Err(ConfigError::UnknownKey { place: origin.to_string(), key, suggestion });
        };
        self.values.insert(setting.key, (value, origin));
        Ok(())
    }
}

/// A setting's name as it is written in that place.
fn named(setting: &Setting, origin: &Origin) -> String {
    match origin {
        Origin::Environment => setting.variable(),
        Origin::Flag => format!("--{}", setting.flag()),
        Origin::Default | Origin::File(_) => setting.key.to_owned(),
    }
}

/// The setting whose key is most like this one, if any is at all.
fn nearest(key: &str) -> Option<&'static Setting> {
    SETTINGS
        .iter()
        .map(|setting| (strsim::damerau_levenshtein(setting.key, key), setting))
        .filter(|(distance, setting)| *distance <= setting.key.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, setting)| setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn flags_win_over_the_environment_which_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nlog = \"warn\"\nworker_concurrency = 3\n").unwrap();
        let sources = Sources::new()
            .with_file(&file)
            .unwrap()
            .with_environment([
                pair("WAREROOM_LISTEN", "127.0.0.1:2"),
                pair("PATH", "/bin"),
                pair("WAREROOM_LOG", "debug"),
            ])
            .unwrap()
            .with_flags([pair("listen", "127.0.0.1:3")])
            .unwrap();
        assert_eq!(sources.get("listen"), Some(("127.0.0.1:3", &Origin::Flag)));
        assert_eq!(sources.get("log"), Some(("debug", &Origin::Environment)));
        assert_eq!(sources.get("worker_concurrency"), Some(("3", &Origin::File(file))));
        assert_eq!(sources.get("drain"), None);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        let error = Sources::new().with_environment([pair("WAREROOM_LISTN", "x")]).unwrap_err().to_string();
        assert!(error.contains("WAREROOM_LISTN") && error.contains("WAREROOM_LISTEN"), "{error}");
        let error = Sources::new().with_flags([pair("quite_another", "x")]).unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_says_nothing_and_a_broken_one_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Sources::new().with_file(&folder.path().join("none.toml")).is_ok());
        for text in ["listen =", "[listen]\na = 1", "listn = \"x\""] {
            let file = folder.path().join(FILE);
            std::fs::write(&file, text).unwrap();
            assert!(Sources::new().with_file(&file).is_err(), "{text}");
        }
    }
}
