//! What can be wrong with a configuration, and what can go wrong at start.

use std::fmt;
use std::path::PathBuf;
use wareroom_ports::BoxError;

/// A configuration that cannot be used: everything that is wrong with it, as far as it can be told at once.
#[derive(Debug)]
pub struct ConfigError {
    /// What is wrong; never empty.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [fault] = self.faults.as_slice() {
            return fault.fmt(f);
        }
        write!(f, "{} things are wrong with the configuration", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigError {}

/// Something wrong with a configuration: always names the key, and what is allowed. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A key that does not exist.
    #[error("{place}: there is no setting {key:?}{}", suggestion.as_ref().map(|s| format!("; did you mean {s:?}?")).unwrap_or_default())]
    UnknownKey {
        /// Where it was found.
        place: String,
        /// The key, as it is written in that place.
        key: String,
        /// The nearest one that exists, written in the same way.
        suggestion: Option<String>,
    },
    /// A value that the setting does not take.
    #[error("{place}: {key} is {value}; allowed: {allowed}")]
    BadValue {
        /// Where it was found.
        place: String,
        /// The key.
        key: &'static str,
        /// The value, with what is secret in it hidden.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// A value, and a file with the value, in one place.
    #[error("{place}: both {key} and {key}_file are given; one of them is enough")]
    Twice {
        /// Where they were found.
        place: String,
        /// The key.
        key: &'static str,
    },
    /// The file that holds a setting's value cannot be read.
    #[error("{place}: {key} cannot be read from {path}: {reason}")]
    ValueFile {
        /// Where the file is named.
        place: String,
        /// The key.
        key: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Settings that do not go together.
    #[error("{0}")]
    Combination(String),
    /// The file with settings cannot be read.
    #[error("{path}{}: {reason}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    File {
        /// Which file.
        path: PathBuf,
        /// Where in it, from 1, when it was read and not understood.
        line: Option<usize>,
        /// Why.
        reason: String,
    },
}

/// Why Wareroom did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The lock cannot be made: no right, no folder, no room.
    #[error("{} cannot be locked", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process serves from the same place.
    #[error("{} is held: another wareroom serves from there", .0.display())]
    Locked(PathBuf),
    /// A command found nothing to work on.
    #[error("there is no database at {}; is data_dir right?", .0.display())]
    NoDatabase(PathBuf),
    /// The database is older than this program, and a command that works beside a process that serves leaves its schema alone.
    #[error("the database lacks {missing} of this program's migrations; run `wareroom migrate up` first")]
    OldSchema {
        /// How many are missing.
        missing: usize,
    },
    /// A server that a setting names cannot be used.
    #[error("{key} is {url}, {what}")]
    Server {
        /// The setting.
        key: &'static str,
        /// Its value, without password.
        url: String,
        /// What was found, and what to do.
        what: &'static str,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// An adapter could not be opened.
    #[error("the {what} could not be opened")]
    Adapter {
        /// Which: `database`, `blob store`.
        what: &'static str,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The choice exists, but this binary was built without it.
    #[error("this wareroom was built without {0}")]
    NotBuilt(&'static str),
}
