//! Everything that happened, in one order that never changes.

use crate::StoreError;
use async_trait::async_trait;
use wareroom_domain::{Event, EventPosition, Stamped};

/// What a reader of the log is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPage {
    /// Events in order, none left out; empty when there is no more yet.
    Events(Vec<(EventPosition, Stamped<Event>)>),
    /// Events after the reader's position were removed, and cannot be told any more.
    Pruned {
        /// The oldest position that is kept: reading goes on after the one before it.
        oldest: EventPosition,
    },
}

/// The log of events. Events are committed with their unit of work and get their position afterwards, by
/// [`sequence`](Self::sequence): a position given inside the writing transaction would become visible out of order.
/// [`Retention`](crate::Retention) removes them from the beginning.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Up to `limit` events after a position, in order; from the first with position 0.
    ///
    /// - MUST NOT ever show an event at or below a position that a reader has already been given.
    /// - MUST keep a product's events in the order of its versions.
    /// - MUST show every committed event once it was sequenced, exactly once, until it is removed.
    /// - MUST answer [`LogPage::Pruned`] when an event after the position was removed.
    async fn read(&self, after: EventPosition, limit: usize) -> Result<LogPage, StoreError>;

    /// The newest position given; 0 when none was.
    async fn head(&self) -> Result<EventPosition, StoreError>;

    /// Gives positions to up to `limit` committed events; answers to how many.
    ///
    /// - MUST be safe to run in any number of processes at once: no position is given twice, no event gets two.
    async fn sequence(&self, limit: usize) -> Result<usize, StoreError>;
}
