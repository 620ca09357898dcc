//! Requests that are sent again, and what they were answered the first time.
//!
//! ```text
//! reserve(key), commit                            Granted: ours to do, until the lease is over
//! the request's unit of work: rows, answer(key), commit      all of it, or nothing
//! forget(key), commit                             the request failed: the next may try
//! ```
//!
//! What is stored is the use case's result; how it is rendered is the edge's affair, and not known here.

use crate::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::Sha256;

/// The name under which a request is done once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey {
    /// What the key is bound to: caller, method and path.
    pub scope: String,
    /// What the client chose: any text.
    pub key: String,
}

/// What becomes of a request that shows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// It is to be done now, by whoever was given this.
    Granted {
        /// Proof of the reservation; void once another has it.
        token: u64,
    },
    /// It is being done.
    Running,
    /// It was done: this came of it.
    Answered(Bytes),
    /// The key was used for a request of other content.
    Mismatch,
}

/// The keys of requests. Part of a unit of work.
///
/// - What was reserved, answered or forgotten MUST be rolled back with its unit.
#[async_trait]
pub trait IdempotencyKeys: Send {
    /// Asks for a key on behalf of a request with this fingerprint, for at most `lease` by the store's clock. `at` is when
    /// the request came, by which [`Retention`](crate::Retention) tells its age.
    ///
    /// - MUST grant a key to one of many at once, and tell the others that it is running, while the lease lasts.
    /// - MUST grant a key again, under a new token, when the lease is over and nothing was answered.
    /// - MUST answer `Mismatch` for a key that is there with another fingerprint, also while it is running.
    /// - MUST answer what was answered first, byte by byte, until the key is removed.
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError>;

    /// Keeps what came of the request.
    ///
    /// - MUST answer `Conflict` when the reservation was taken over, is gone or was answered already.
    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError>;

    /// Gives a reservation back: the request was not done. Answers whether it was still there to be given back: then nobody
    /// else has had the key since it was granted, nor will have it before the unit ends.
    ///
    /// - MUST make the key free at once.
    /// - MUST ignore a reservation that was taken over, is gone or was answered.
    /// - MUST tell one that was still there from one that was not.
    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError>;
}
