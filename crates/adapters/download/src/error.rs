//! Turns what the client reports into the port's errors. URLs are taken out of the sources: their queries may hold
//! credentials, and sources are logged.

use crate::resolver::Refusal;
use std::error::Error;
use std::io;
use wareroom_ports::{BoxError, SourceError};

/// Why the adapter cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The client refuses its settings; the source says why.
    #[error("the download client cannot be set up")]
    Client(#[source] BoxError),
}

/// As Linux and macOS number them: too many open files, here and in the whole system.
const OUT_OF_FILES: [i32; 2] = [24, 23];

pub(crate) fn source_error(error: reqwest::Error) -> SourceError {
    let error = error.without_url();
    if let Some(refusal) = cause::<Refusal>(&error) {
        return match refusal {
            Refusal::Blocked => SourceError::BlockedAddress,
            Refusal::Unknown(_) => SourceError::Dns(error.into()),
        };
    }
    if error.is_builder() || cause::<io::Error>(&error).is_some_and(ours) {
        return SourceError::Backend(error.into());
    }
    SourceError::Unreachable(error.into())
}

/// Whether it is this machine that has run out of something.
fn ours(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::OutOfMemory | io::ErrorKind::AddrNotAvailable)
        || error.raw_os_error().is_some_and(|number| OUT_OF_FILES.contains(&number))
}

/// The first of an error's causes that is of a type.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_sockets_is_not_the_servers_fault() {
        assert!(ours(&io::Error::from_raw_os_error(24)) && ours(&io::ErrorKind::OutOfMemory.into()));
        assert!(!ours(&io::ErrorKind::ConnectionRefused.into()) && !ours(&io::ErrorKind::TimedOut.into()));
    }
}
