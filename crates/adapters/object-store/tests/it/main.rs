//! Blobs in files, in memory and in a bucket.
#![expect(clippy::unwrap_used, reason = "tests: a folder that cannot be used fails them")]

mod contract;
mod files;
#[cfg(feature = "s3")]
mod s3;
