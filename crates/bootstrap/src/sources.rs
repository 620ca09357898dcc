//! Where settings come from: defaults < `wareroom.toml` < environment < flags.

use crate::file::{self, Value};
use crate::settings::{self, Setting};
use crate::{BucketVariables, Fault, secrets};
use std::collections::BTreeMap;
use std::fmt;
use std::mem::discriminant;
use std::path::{Path, PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// `wareroom.toml`, or the file that was named, and the line in it, from 1.
    File(PathBuf, usize),
    /// The environment: the variable.
    Environment(String),
    /// The command line: the flag, with its dashes.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value that was set.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) form: Form,
    pub(crate) origin: Origin,
}

#[derive(Clone)]
pub(crate) enum Form {
    /// The value itself.
    Text(String),
    /// The file that holds it.
    File(PathBuf),
}

impl fmt::Debug for Given {
    /// Without the value, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The values that were set, each with its origin, and what was wrong about that. Later sources win.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    values: BTreeMap<&'static str, Given>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) bucket_variables: BucketVariables,
}

/// The file that is read when it is there.
const FILE: &str = "wareroom.toml";

/// The flag and the variable that name another file; no setting, since it cannot stand in a file.
pub(crate) const CONFIG: &str = "config";

/// A flag that a command line should have.
#[derive(Clone, Debug)]
pub struct Flag {
    /// What its value is given to [`Sources::of_process`] under.
    pub key: String,
    /// Its name, without the dashes in front.
    pub name: String,
    /// What it does.
    pub help: String,
}

impl Sources {
    /// Nothing set: every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The flags besides those of the settings themselves: the file with settings, and files that hold what may be secret.
    pub fn further_flags() -> Vec<Flag> {
        let flag = |key: String, help: String| Flag { name: settings::flag(&key), key, help };
        let config = flag(CONFIG.to_owned(), format!("the file with settings, instead of ./{FILE}; WAREROOM_CONFIG"));
        let files = settings::all()
            .filter_map(|setting| Some(flag(setting.file_key()?, format!("a file that holds {}", setting.key))));
        std::iter::once(config).chain(files).collect()
    }

    /// What the file, the environment of this process and the command line say. The file is `wareroom.toml` in the working
    /// directory, if it is there, or the one that the flag `config` or `WAREROOM_CONFIG` names, which must be there.
    pub fn of_process(flags: impl IntoIterator<Item = (String, String)>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        Self::of(environment, flags, Path::new(FILE))
    }

    /// The same of whatever environment, with the file that is read when none is named.
    fn of(
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (String, String)>,
        usual: &Path,
    ) -> Self {
        let (environment, flags): (BTreeMap<_, _>, Vec<_>) =
            (environment.into_iter().collect(), flags.into_iter().collect());
        let flag = flags.iter().find(|(key, _)| key == CONFIG).map(|(_, path)| path);
        let variable = environment.get(&settings::variable(CONFIG)).filter(|path| !path.is_empty());
        let sources = match flag.or(variable) {
            Some(path) => Self::new().with_file(Path::new(path)),
            None if usual.exists() => Self::new().with_file(usual),
            None => Self::new(),
        };
        sources.with_environment(environment).with_flags(flags)
    }

    /// Adds what a file says.
    pub fn with_file(mut self, path: &Path) -> Self {
        let broken = |line, reason| Fault::File { path: path.to_owned(), line, reason };
        let read = std::fs::read_to_string(path).map_err(|error| broken(None, format!("cannot be read: {error}")));
        let entries = read.and_then(|text| file::entries(&text).map_err(|error| broken(error.line, error.reason)));
        match entries {
            Err(fault) => self.faults.push(fault),
            Ok(entries) => entries
                .into_iter()
                .for_each(|entry| self.set(&entry.key, entry.value, Origin::File(path.to_owned(), entry.line))),
        }
        self
    }

    /// Adds what variables beginning with `WAREROOM_` say, but for `WAREROOM_TEST_`: those tell tests where servers are.
    /// Those by which buckets are reached are kept as they are.
    pub fn with_environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in variables {
            self.bucket_variables.take(&name, &value);
            if let Some(key) =
                name.strip_prefix("WAREROOM_").filter(|key| *key != "CONFIG" && !key.starts_with("TEST_"))
            {
                self.set(&key.to_ascii_lowercase(), Value::One(value), Origin::Environment(name.clone()));
            }
        }
        self
    }

    /// Adds what the command line says, by key.
    pub fn with_flags(mut self, flags: impl IntoIterator<Item = (String, String)>) -> Self {
        for (key, value) in flags.into_iter().filter(|(key, _)| key != CONFIG) {
            let origin = Origin::Flag(format!("--{}", settings::flag(&key)));
            self.set(&key, Value::One(value), origin);
        }
        self
    }

    /// Where the value of a setting comes from; `None` when nobody set it.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.given(key).map(|given| &given.origin)
    }

    pub(crate) fn given(&self, key: &str) -> Option<&Given> {
        self.values.get(key)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        let row = Setting::find(key).map(|setting| (setting, false));
        let file = || settings::all().find(|row| row.file_key().is_some_and(|file| file == key)).map(|row| (row, true));
        let Some((setting, in_file)) = row.or_else(file) else {
            return self.faults.push(unknown(key, &origin));
        };
        let text = match value {
            Value::One(text) => text,
            Value::List(texts) if setting.list => texts.join(","),
            other => return self.faults.push(misshapen(setting, &other, &origin)),
        };
        let form = if in_file { Form::File(PathBuf::from(text)) } else { Form::Text(text) };
        if let Some(other) = self.values.get(setting.key)
            && discriminant(&other.origin) == discriminant(&origin)
            && discriminant(&other.form) != discriminant(&form)
        {
            self.faults.push(Fault::Twice { place: origin.to_string(), key: setting.key });
        }
        self.values.insert(setting.key, Given { form, origin });
    }
}

fn misshapen(setting: &Setting, value: &Value, origin: &Origin) -> Fault {
    let value = match value {
        Value::One(text) => format!("{:?}", secrets::shown(setting.secrecy, text)),
        Value::List(_) => "a list".to_owned(),
        Value::Other(what) => format!("neither text nor number but {what}"),
    };
    Fault::BadValue { place: origin.to_string(), key: setting.key, value, allowed: setting.allowed.to_owned() }
}

fn unknown(key: &str, origin: &Origin) -> Fault {
    let place = match origin {
        Origin::Environment(_) => "environment".to_owned(),
        Origin::Flag(_) => "command line".to_owned(),
        Origin::Default | Origin::File(..) => origin.to_string(),
    };
    let written = |key: &str| match origin {
        Origin::Environment(_) => settings::variable(key),
        Origin::Flag(_) => format!("--{}", settings::flag(key)),
        Origin::Default | Origin::File(..) => key.to_owned(),
    };
    let in_file = matches!(origin, Origin::File(..));
    let suggestion = nearest(key, in_file).map(|key| written(&key));
    Fault::UnknownKey { place, key: written(key), suggestion }
}

/// The key that is most like this one, if any is at all.
fn nearest(key: &str, in_file: bool) -> Option<String> {
    let rows = settings::all().map(|setting| setting.key.to_owned());
    let files = settings::all().filter_map(Setting::file_key);
    let config = (!in_file).then(|| CONFIG.to_owned());
    rows.chain(files)
        .chain(config)
        .map(|known| (strsim::damerau_levenshtein(&known, key), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
