//! Looks at images and makes renditions of them. CPU work behind an async port: the adapter owns its threads or processes.

use crate::BoxError;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use wareroom_domain::{Reason, RenditionSpec};

/// What can go wrong with an image.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The bytes are no image.
    #[error("not an image")]
    NotAnImage,
    /// An image of a format that is not read: which.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// The bytes end too early.
    #[error("the image is truncated")]
    Truncated,
    /// The bytes do not decode; the text is the decoder's, for the log.
    #[error("the image is damaged: {0}")]
    Damaged(String),
    /// More pixels than allowed.
    #[error("more than {limit} pixels")]
    TooManyPixels {
        /// The allowed number.
        limit: u64,
    },
    /// The time limit was reached.
    #[error("took too long")]
    Timeout,
    /// The decoder or encoder panicked or died; the text is for the log.
    #[error("the codec crashed: {0}")]
    Crashed(String),
    /// The machine, not the image: no thread, no memory. The source says what.
    #[error("the codec failed")]
    Backend(#[source] BoxError),
}

impl CodecError {
    /// Why the image failed; `None` when the fault is not the image's.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::NotAnImage => Some(Reason::NotAnImage),
            Self::Unsupported(_) => Some(Reason::UnsupportedImage),
            Self::Truncated => Some(Reason::Truncated),
            Self::Damaged(_) => Some(Reason::Damaged),
            Self::TooManyPixels { .. } => Some(Reason::TooManyPixels),
            Self::Timeout => Some(Reason::CodecTimeout),
            Self::Crashed(_) => Some(Reason::CodecCrashed),
            Self::Backend(_) => None,
        }
    }
}

/// How far a codec may go with one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecLimits {
    /// The most pixels: width times height.
    pub pixels: u64,
    /// The most wall-clock time, for one call.
    pub time: Duration,
}

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// The media type that the bytes show, such as `image/png`.
    pub media_type: &'static str,
    /// Width in pixels, as stored.
    pub width: u32,
    /// Height in pixels, as stored.
    pub height: u32,
}

/// One rendition, made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The encoded bytes.
    pub bytes: Bytes,
}

/// All renditions of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// The media type that the source's bytes show, such as `image/png`.
    pub media_type: &'static str,
    /// The source's width in pixels, after its orientation was applied.
    pub width: u32,
    /// The source's height in pixels, after its orientation was applied.
    pub height: u32,
    /// One for each specification, in their order.
    pub renditions: Vec<Rendered>,
    /// What it took.
    pub spent: Spent,
}

/// The time that a rendering took, by the wall clock. For logs and measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// From the source's bytes to pixels.
    pub decoding: Duration,
    /// From pixels to the bytes of all renditions, their scaling included.
    pub encoding: Duration,
}

/// Reads and writes images.
#[async_trait]
pub trait ImageCodec: Send + Sync {
    /// A name for the way it renders, such as `memory-1`: changes whenever the same input could give other bytes.
    fn revision(&self) -> &str;

    /// Reads the header.
    ///
    /// - MUST NOT allocate by the declared size: a tiny file that declares a huge picture is `TooManyPixels` at once.
    /// - MUST tell what is no image (`NotAnImage`) and what is an image of a format not read (`Unsupported`) by content.
    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError>;

    /// Makes all renditions, decoding once.
    ///
    /// - MUST answer one rendition for each specification, in their order, of the size that
    ///   [`RenditionSpec::fit`] says: never enlarged.
    /// - MUST tell the source's media type, as [`inspect`](Self::inspect) does.
    /// - MUST apply the orientation that the source's metadata asks for.
    /// - MUST NOT carry any metadata of the source over.
    /// - MUST give the same bytes for the same input.
    /// - MUST answer `TooManyPixels` before decoding a source beyond the limit.
    /// - MUST survive any input: an error, not a panic.
    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_but_the_machines_own_is_a_reason_of_the_images() {
        for (trouble, reason) in [
            (CodecError::NotAnImage, Some(Reason::NotAnImage)),
            (CodecError::Unsupported("AVIF"), Some(Reason::UnsupportedImage)),
            (CodecError::Truncated, Some(Reason::Truncated)),
            (CodecError::Damaged("no frame".to_owned()), Some(Reason::Damaged)),
            (CodecError::TooManyPixels { limit: 9 }, Some(Reason::TooManyPixels)),
            (CodecError::Timeout, Some(Reason::CodecTimeout)),
            (CodecError::Crashed("panic".to_owned()), Some(Reason::CodecCrashed)),
            (CodecError::Backend("no thread".into()), None),
        ] {
            assert_eq!(trouble.reason(), reason, "{trouble:?}");
        }
    }
}
