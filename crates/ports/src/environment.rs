//! Time and identity. Nothing else in Wareroom reads the clock or randomness.

use jiff::Timestamp;
use uuid::Uuid;

/// The time that users see. Leases and due times use the store's own clock.
pub trait Clock: Send + Sync {
    /// Now.
    ///
    /// - MUST never answer an earlier instant than before.
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
