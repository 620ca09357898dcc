//! What a unit of work leaves behind: jobs to be done and events to be told.

use crate::{Message, StoreError};
use async_trait::async_trait;
use std::time::Duration;
use wareroom_domain::{Event, Job, Stamped};

/// What must happen, or be told, if and only if this unit commits. Kept in memory until `commit`, so it costs no round
/// trip and cannot fail.
///
/// - Jobs and events MUST be stored with the unit's rows, and only if it commits.
pub trait Outbox: Send {
    /// Leaves a job, to be given to nobody before `due_in` after the commit, by the store's clock (zero: at once). This is
    /// also how a retry waits: a job leaves itself again in the unit that stores why.
    ///
    /// - A job whose id is that of one that is there MUST replace it and void its loan.
    fn job(&mut self, job: Stamped<Job>, due_in: Duration);

    /// Leaves an event, to be told once it has its position in the log.
    fn event(&mut self, event: Stamped<Event>);
}

/// A job row on loan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The job, as it travels.
    pub message: Message,
    /// Proof of the loan; void when the lease is over and the row was given to another.
    pub token: u64,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Jobs in the outbox, those on loan and those not due yet included.
    pub rows: u64,
    /// How long the longest waits beyond its due time; zero when none is due.
    pub oldest: Duration,
}

/// The relay's side of the outbox: jobs that wait to be published.
#[async_trait]
pub trait OutboxRelay: Send + Sync {
    /// Lends up to `limit` due jobs for `lease`, by the store's clock.
    ///
    /// - MUST never lend one row to two callers while the lease lasts.
    /// - MUST lend a row again when its lease is over.
    /// - MUST NOT lend a row before it is due.
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError>;

    /// Forgets rows that were published.
    ///
    /// - MUST ignore rows whose lease has gone to somebody else.
    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError>;

    /// How much waits.
    ///
    /// - MUST count every row that was not done.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// Whether at least so many rows are there, counted as [`backlog`](Self::backlog) counts. Looks at no more rows than that,
    /// however many there are: fit to be asked every second.
    ///
    /// - MUST count as `backlog` does.
    async fn at_least(&self, rows: u64) -> Result<bool, StoreError>;

    /// Resolves when there may be rows, after `at_most` at the latest; only a hint.
    async fn wait(&self, at_most: Duration);
}
