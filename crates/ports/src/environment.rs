//! Time, identity and room on disk. Nothing else in Wareroom reads the clock or randomness, or asks a disk how full it is.

use crate::BoxError;
use jiff::Timestamp;
use uuid::Uuid;

/// The time that users see. Leases and due times use the store's own clock.
pub trait Clock: Send + Sync {
    /// Now.
    ///
    /// - MUST never answer an earlier instant than before.
    /// - MUST answer whole microseconds: finer ones would not come back from every store as they were given.
    fn now(&self) -> Timestamp;
}

/// New identities.
pub trait Ids: Send + Sync {
    /// A version 7 UUID.
    ///
    /// - MUST never answer the same twice.
    /// - MUST answer ids of version 7 that sort in the order they were given.
    fn uuid(&self) -> Uuid;
}

/// The room that is left.
pub trait Space: Send + Sync {
    /// Bytes that can still be written where products and images are kept, the least of all places; `None` when nothing
    /// is known to limit it. A cheap call that does not wait for disks, fit to be made at every request.
    ///
    /// - MUST answer what is free at the moment of the call, never what was free at an earlier one.
    fn free(&self) -> Result<Option<u64>, BoxError>;
}
