//! What is fixed about how blobs are kept.

/// The folders below the root, as keys name them.
pub(crate) const FOLDERS: [&str; 2] = ["sources", "media"];

/// What the objects that a health check writes are called, each with a number behind it.
pub(crate) const PROBE: &str = "probe-";

/// How much of a file is read at a time, in bytes: most renditions in one.
pub(crate) const PIECE: u64 = 1 << 20;
