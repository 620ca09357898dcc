//! The cache in front of the store, and what empties it.
#![expect(clippy::unwrap_used, reason = "tests: a write that fails fails them")]

mod absences;
mod caching;
mod contract;
mod logs;
mod sharing;
mod stand;
