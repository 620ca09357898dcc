//! The store under the contracts of its ports, and asked for what only a store in a file can be asked for.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backup;
mod contract;
mod files;
mod housekeeping;
mod line;
mod lists;
mod rows;
mod schema;
