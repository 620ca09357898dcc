//! The cache and the news under the contracts of their ports, and over servers that are stopped, killed, emptied, full,
//! restarted from an old snapshot and replaced.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod coherence;
mod contract;
mod failover;
mod faults;
mod link;
mod news;
mod opening;
mod server;
mod stand;
