//! What is fixed about how blobs are kept.

/// Who else may be using the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Nobody: this process holds the lock of the data directory, so whatever was not ended never will be.
    Sole,
    /// The process that holds the lock.
    Beside,
}

/// The folders below the root, as keys name them, in the order of their names.
pub(crate) const FOLDERS: [&str; 2] = ["media", "sources"];

/// What the objects that a health check writes are called, each with a number behind it.
pub(crate) const PROBE: &str = "probe-";

/// How many files are looked at in one go while they are listed.
pub(crate) const LISTED_AT_ONCE: usize = 256;

/// How much of a file is read at a time, in bytes: most renditions in one.
pub(crate) const PIECE: u64 = 1 << 20;
