//! Blobs in local files, or in memory: the [`BlobStore`](wareroom_ports::BlobStore) port over the `object_store` crate.
//!
//! Files lie where their keys say, `sources/<sha256>` and `media/<sha256>.<extension>` below a root, written to a staged
//! file beside them first and renamed when they are on disk.
//!
//! Knows no image and no database: who still needs a blob is counted elsewhere.

mod blobs;
mod config;
mod error;
mod folder;
mod pieces;

pub use blobs::ObjectStoreBlobs;
pub use error::OpenError;
