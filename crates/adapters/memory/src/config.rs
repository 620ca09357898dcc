//! How long the store waits and lends. Knows nothing of where the values come from.

use std::time::Duration;

/// The settings of a [`MemoryStore`](crate::MemoryStore).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryConfig {
    /// How long `begin` and `check` wait for the writer's place before they answer `Busy`. 5 s unless told otherwise.
    pub begin_wait: Duration,
    /// How long a delivery of the store's own queue lasts before its job is lent to another. 6 min unless told otherwise:
    /// longer than any job may take.
    pub lease: Duration,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { begin_wait: Duration::from_secs(5), lease: Duration::from_mins(6) }
    }
}
