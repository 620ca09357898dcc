//! Where an image came from.

use super::{ImageUrl, Sha256};
use crate::FileName;

/// What is known of a source's bytes, which are kept under their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The media type that the bytes themselves show, such as `image/png`; never the word of whoever sent them.
    pub content_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The hash that the bytes are kept under.
    pub sha256: Sha256,
}

/// How a client sent bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// As a file of a form.
    Form,
    /// As text within JSON.
    Base64,
}

/// Where an image came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A client sent the bytes.
    Upload {
        /// How it sent them.
        via: Via,
        /// The file's name on the client's side, when it gave one.
        filename: Option<FileName>,
        /// The bytes.
        content: Content,
    },
    /// A client told where the bytes are.
    Url {
        /// Where.
        url: ImageUrl,
        /// The bytes that were fetched and are kept; none until the image is ready.
        content: Option<Content>,
    },
}

impl Source {
    /// What is known of the bytes that are kept.
    pub const fn content(&self) -> Option<&Content> {
        match self {
            Self::Upload { content, .. } => Some(content),
            Self::Url { content, .. } => content.as_ref(),
        }
    }

    /// The hash of the kept bytes, when they are known.
    pub fn sha256(&self) -> Option<Sha256> {
        self.content().map(|content| content.sha256)
    }

    /// Where the bytes are fetched from, when they are.
    pub const fn url(&self) -> Option<&ImageUrl> {
        match self {
            Self::Upload { .. } => None,
            Self::Url { url, .. } => Some(url),
        }
    }
}
