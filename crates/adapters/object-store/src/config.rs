//! What is fixed about how blobs are kept.

/// Who else may be using the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Nobody: this process holds the lock of the data directory, so whatever was not ended never will be.
    Sole,
    /// The process that holds the lock.
    Beside,
}

/// The folders below the root, as keys name them.
pub(crate) const FOLDERS: [&str; 2] = ["sources", "media"];

/// What the objects that a health check writes are called, each with a number behind it.
pub(crate) const PROBE: &str = "probe-";

/// How much of a file is read at a time, in bytes: most renditions in one.
pub(crate) const PIECE: u64 = 1 << 20;
