//! The queue under the contract of its port, and over brokers that are killed, full, cut off, changed behind its back and
//! fed with noise.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod faults;
mod harm;
mod link;
mod opening;
mod server;
mod stand;
mod topology;
