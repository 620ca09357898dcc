//! Blobs in files, and in memory.
#![expect(clippy::unwrap_used, reason = "tests: a folder that cannot be used fails them")]

mod contract;
mod files;
