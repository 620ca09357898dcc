//! What can be set. Where settings come from is not known here.

use std::{path::PathBuf, time::Duration};

/// How to open a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The file. Two more appear beside it while it is open, with `-wal` and `-shm` after its name: they belong to it.
    pub path: PathBuf,
    /// How many queries run at once. At least one.
    pub readers: usize,
    /// How long to wait for a turn to write, and for a free reader, before answering that the store is busy.
    pub begin_wait: Duration,
    /// How long a list may take before it answers that the store is busy. A filter that little fits may have much to look
    /// through.
    pub list_time: Duration,
    /// How long a worker keeps a job that was delivered to it. Longer than the longest job, or it is delivered again.
    pub lease: Duration,
}

impl SqliteConfig {
    /// The usual settings: 4 readers, 5 seconds to begin, 2 seconds for a list, 6 minutes for a job.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            begin_wait: Duration::from_secs(5),
            list_time: Duration::from_secs(2),
            lease: Duration::from_mins(6),
        }
    }
}
