//! Images that are elsewhere: fetched from a URL that a stranger gave.

use crate::BoxError;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use wareroom_domain::{ImageUrl, Sha256};

/// Why an image could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The server answered, but not with success, nor with a redirect that can be followed.
    #[error("the server answered {status}")]
    Status {
        /// The status code.
        status: u16,
        /// How long the server asks to be left alone, from 429 and 503 alone. Its word, of any length.
        retry_after: Option<Duration>,
    },
    /// The host's name was not resolved.
    #[error("the host is not known")]
    Dns(#[source] BoxError),
    /// No connection, no HTTP over it, or an answer that broke off or does not decode.
    #[error("the server cannot be reached, or does not answer in full")]
    Unreachable(#[source] BoxError),
    /// The time limit was reached.
    #[error("took too long")]
    Timeout,
    /// The URL, or one that it was redirected to, leads to an address that is not allowed, or is none to be fetched at all.
    #[error("the address is not allowed")]
    BlockedAddress,
    /// More redirects than are followed.
    #[error("too many redirects")]
    TooManyRedirects,
    /// More bytes than allowed.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The allowed number.
        limit: u64,
    },
    /// The machine, not the server: no sockets left, no memory. The source says what.
    #[error("the download failed")]
    Backend(#[source] BoxError),
}

/// How far a download may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// The most bytes, as they arrive, and again once they are unpacked.
    pub bytes: u64,
    /// Wall-clock time from the call to its answer, names and redirects included; only waits for room on this machine are
    /// not.
    pub total: Duration,
}

/// What was fetched.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes, unpacked. Whether they are an image nobody has looked yet.
    pub bytes: Bytes,
    /// Their hash.
    pub sha256: Sha256,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({} bytes, {})", self.bytes.len(), self.sha256)
    }
}

/// Fetches images.
#[async_trait]
pub trait ImageSource: Send + Sync {
    /// Fetches what is at a URL. Nothing of one call is told to the servers of another.
    ///
    /// - MUST NOT open a connection to an address that is not allowed, and answer `BlockedAddress`; redirects included.
    /// - MUST follow three redirects and no more: `TooManyRedirects`.
    /// - MUST answer `TooLarge` once more than `limits.bytes` have arrived, or have been unpacked, without going on to
    ///   the end.
    /// - MUST end within `limits.total`, as `Timeout`, however slowly or silently the server answers.
    /// - MUST answer a body in full with its own hash, or an error: never a part.
    /// - MUST answer any status but success as `Status`, with what a 429 or 503 says of when to come again.
    /// - MUST tell a name that is not known (`Dns`) from a server that is not there (`Unreachable`).
    /// - MUST NOT make calls wait for one another.
    async fn fetch(&self, url: &ImageUrl, limits: &FetchLimits) -> Result<Fetched, SourceError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_is_shown_by_its_size_and_hash_and_not_byte_by_byte() {
        let fetched = Fetched { bytes: Bytes::from_static(b"image"), sha256: Sha256([0xab; 32]) };
        assert_eq!(format!("{fetched:?}"), format!("Fetched(5 bytes, {})", "ab".repeat(32)));
    }
}
