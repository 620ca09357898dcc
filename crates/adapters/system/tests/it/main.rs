//! The machine's clock, ids and free space, held to account.
#![expect(clippy::unwrap_used, reason = "tests: a folder that cannot be used fails them")]

mod contract;
mod space;
