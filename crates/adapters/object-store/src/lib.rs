//! Blobs in local files, in memory or in a bucket: the [`BlobStore`](wareroom_ports::BlobStore) port over the `object_store`
//! crate.
//!
//! Files lie where their keys say, `sources/<sha256>` and `media/<sha256>.<extension>` below a root, written to a staged
//! file beside them first and renamed when they are on disk. Objects in a bucket have the same names, below a prefix.
//!
//! Knows no image and no database: who still needs a blob is counted elsewhere.

mod blobs;
mod config;
mod error;
mod folder;
mod listing;
mod pieces;
mod reading;
#[cfg(feature = "s3")]
mod s3;

pub use blobs::ObjectStoreBlobs;
pub use error::OpenError;
#[cfg(feature = "s3")]
pub use s3::{S3Blobs, S3Config, S3Links, VARIABLES};
