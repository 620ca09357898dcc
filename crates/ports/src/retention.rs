//! What is kept for a while only, and how it goes. For how long, and when to look, is not known here.

use crate::StoreError;
use async_trait::async_trait;
use jiff::Timestamp;

/// What a store keeps for a while only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// Keys of requests and their answers, by the moment the request came.
    IdempotencyKeys,
    /// Events, by the moment they happened.
    Events,
    /// Dead letters, by the moment the job was given up.
    DeadLetters,
}

impl Kept {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::IdempotencyKeys, Self::Events, Self::DeadLetters];
}

/// Removes what was kept long enough. Not part of a unit of work: nothing else depends on when it happens.
#[async_trait]
pub trait Retention: Send + Sync {
    /// How many rows [`remove_expired`](Self::remove_expired) would remove now, were it called until nothing is left.
    ///
    /// - MUST count just those, and remove nothing.
    async fn expired(&self, what: Kept, before: Timestamp) -> Result<u64, StoreError>;

    /// Removes up to `limit` of those whose moment is before `before`; answers to how many.
    ///
    /// - MUST NOT remove anything whose moment is `before` or later.
    /// - MUST remove at most `limit`, the oldest first.
    /// - MUST NOT remove an idempotency key while its reservation is running.
    /// - MUST NOT remove an event that has no position yet.
    /// - MUST NOT remove the newest event that has a position: positions never fall, and none is given again.
    /// - MUST remove events from the beginning of the log only: what comes after one that is kept is kept, too.
    async fn remove_expired(&self, what: Kept, before: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Gives back the room that removals freed, as far as those who are at work allow; they are not waited for long.
    ///
    /// - MUST leave everything that is kept in place.
    async fn compact(&self) -> Result<(), StoreError>;
}
