//! What is told while it goes on, to whoever watches.

use wareroom_domain::BlobKey;
use wareroom_ports::Table;

/// How far it is, or what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Rows of a table that are there by now.
    Rows {
        /// Which table.
        table: Table,
        /// How many are there.
        done: u64,
        /// How many there will be.
        of: u64,
    },
    /// Rows of a table that were compared.
    Compared {
        /// Which table.
        table: Table,
        /// How many were.
        done: u64,
        /// How many there are.
        of: u64,
    },
    /// A blob that is there by now.
    Blob {
        /// Which.
        key: BlobKey,
        /// Its size in bytes.
        bytes: u64,
        /// How many names were looked at.
        done: u64,
        /// How many there are.
        of: u64,
    },
    /// A row names a blob that its store does not have.
    Missing(BlobKey),
    /// A blob is not what its name says.
    Damaged(BlobKey),
}

/// Who watches. Called often, and from whatever thread; it must not take long.
pub type Watch<'w> = &'w (dyn Fn(Progress) + Send + Sync);
