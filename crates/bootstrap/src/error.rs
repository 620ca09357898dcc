//! What can be wrong with a configuration, and what can go wrong at start.

use std::path::PathBuf;
use wareroom_ports::BoxError;

/// Something wrong with the configuration: always names the key, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that does not exist.
    #[error("{place}: there is no setting {key:?}{}", suggestion.as_ref().map(|s| format!("; did you mean {s:?}?")).unwrap_or_default())]
    UnknownKey {
        /// Where it was found.
        place: String,
        /// The key.
        key: String,
        /// The nearest one that exists.
        suggestion: Option<String>,
    },
    /// A value that the setting does not take.
    #[error("{place}: {key} is {value:?}; allowed: {allowed}")]
    BadValue {
        /// Where it was found.
        place: String,
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// Two settings that do not go together.
    #[error("{0}")]
    Combination(String),
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
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
