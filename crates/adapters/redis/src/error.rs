//! What can go wrong, from the driver's terms into those of the ports.

use fred::error::{Error, ErrorKind};
use wareroom_ports::{BoxError, CacheError};

/// Why a Redis is not used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL or the prefix is none that can be used.
    #[error("the URL of Redis cannot be used: {0}")]
    Url(&'static str),
    /// Nobody answers, or not in time. It may be there later.
    #[error("Redis cannot be reached")]
    Unreachable(#[source] BoxError),
    /// Somebody answers, and does not let us in or does not understand us. Waiting changes nothing.
    #[error("Redis refuses the connection; look at user, password, database number and version (6 or later)")]
    Refused(#[source] BoxError),
    /// The server is the replica of another. It may be about to be promoted.
    #[error("the server is a replica, which takes no writes; name the primary, or the sentinels that know it")]
    Replica,
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Auth | ErrorKind::InvalidArgument | ErrorKind::InvalidCommand => Self::Refused(Box::new(error)),
            // `SELECT` of a number that is not there has no kind of its own.
            _ if error.details().contains("DB index") => Self::Refused(Box::new(error)),
            _ => Self::Unreachable(Box::new(error)),
        }
    }
}

/// Why there is no session to ask.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoSession {
    #[error("there is no connection; it is tried again meanwhile")]
    Lost,
    #[error("what was changed here is still being told to the server")]
    Behind,
    #[error("the connection is new, and other processes may still have to say what they changed before it")]
    Quarantine,
}

impl From<NoSession> for CacheError {
    fn from(error: NoSession) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// What an error means for the connection that it came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// None: the server has answered, or there was too much to do.
    None,
    /// Only when nothing else came over it meanwhile.
    Silence,
    /// Nothing that comes over it from now on can be believed.
    Certain,
}

/// Reads an error of a command.
pub(crate) fn doubt(error: &Error) -> Doubt {
    match error.kind() {
        ErrorKind::Timeout => Doubt::Silence,
        ErrorKind::Backpressure => Doubt::None,
        // A full server says so, and goes on.
        _ if error.details().starts_with("OOM") => Doubt::None,
        _ => Doubt::Certain,
    }
}

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether its connection must be given up.
    pub(crate) doubtful: bool,
}

impl Failure {
    pub(crate) fn certain(error: Error) -> Self {
        Self { error, doubtful: true }
    }
}

/// The same trouble, as the cache says it.
pub(crate) fn of_cache(error: Error) -> CacheError {
    match doubt(&error) {
        Doubt::None if *error.kind() != ErrorKind::Backpressure => CacheError::Backend(Box::new(error)),
        _ => CacheError::Unavailable(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, text: &'static str) -> Error {
        Error::new(kind, text)
    }

    #[test]
    fn a_wrong_answer_is_told_from_no_answer() {
        let refused = [
            error(ErrorKind::Auth, "WRONGPASS invalid username-password pair"),
            error(ErrorKind::Unknown, "ERR DB index is out of range"),
        ];
        for refused in refused {
            assert!(matches!(OpenError::from(refused), OpenError::Refused(_)));
        }
        for passing in
            [error(ErrorKind::IO, "refused"), error(ErrorKind::Timeout, ""), error(ErrorKind::Unknown, "LOADING")]
        {
            assert!(matches!(OpenError::from(passing), OpenError::Unreachable(_)));
        }
    }

    #[test]
    fn a_full_server_and_a_full_queue_are_no_reason_to_give_a_connection_up() {
        let full = error(ErrorKind::Unknown, "OOM command not allowed when used memory > 'maxmemory'.");
        assert_eq!(doubt(&full), Doubt::None);
        assert!(matches!(of_cache(full), CacheError::Backend(_)));
        let crowded = error(ErrorKind::Backpressure, "");
        assert_eq!(doubt(&crowded), Doubt::None);
        assert!(matches!(of_cache(crowded), CacheError::Unavailable(_)));
    }

    #[test]
    fn whatever_else_a_server_says_ends_the_trust_in_it() {
        for text in
            ["READONLY You can't write against a read only replica.", "NOSCRIPT No matching script.", "MOVED 1 a:1"]
        {
            assert_eq!(doubt(&error(ErrorKind::Unknown, text)), Doubt::Certain, "{text}");
        }
        assert_eq!(doubt(&error(ErrorKind::Timeout, "")), Doubt::Silence);
    }
}
