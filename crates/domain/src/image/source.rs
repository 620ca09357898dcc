//! Where an image came from.

use super::Sha256;
use crate::FileName;

/// Where an image came from. Images by URL join this enum with the downloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A client sent the bytes, and they are kept under their hash.
    Upload {
        /// The file's name on the client's side, when it gave one.
        filename: Option<FileName>,
        /// The media type that the bytes themselves show, such as `image/png`; never the client's word.
        content_type: String,
        /// Size in bytes.
        bytes: u64,
        /// The hash that the source is kept under.
        sha256: Sha256,
    },
}

impl Source {
    /// The hash of the kept bytes, when they are known.
    pub const fn sha256(&self) -> Option<Sha256> {
        match self {
            Self::Upload { sha256, .. } => Some(*sha256),
        }
    }
}
