//! What can go wrong, in a few kinds. Each edge maps them once: HTTP statuses in `app-api`, verdicts on a job in
//! `app-worker`.

use wareroom_domain::{Product, Revision, Version};
use wareroom_ports::{BlobError, BoxError, CodecError, SourceError, StoreError};

/// The kind of an error: what a caller can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The input breaks a rule; the faults say which.
    Invalid,
    /// The user that the input names does not exist.
    UnknownUser,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// Someone else changed it meanwhile; reading and trying again helps.
    Conflict,
    /// It is in a state that this cannot be done in.
    WrongState,
    /// It is no longer what the caller said it must be.
    PreconditionFailed,
    /// The request's idempotency key was used for something else.
    KeyReused,
    /// A request with the same idempotency key is still running; asking again in a moment helps.
    InProgress,
    /// An upload has too many bytes.
    TooLarge,
    /// An upload is of a kind that is not read.
    UnsupportedImage,
    /// An image has too many pixels.
    TooManyPixels,
    /// A product would have too many images.
    TooManyImages,
    /// There is no room left.
    StorageFull,
    /// A store cannot be used now; trying again later helps.
    Unavailable,
    /// So much image work waits that no more is accepted now; trying again later helps.
    TooMuchWaiting,
    /// A defect of ours.
    Internal,
}

impl ErrorCode {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Invalid,
        Self::UnknownUser,
        Self::NotFound,
        Self::Conflict,
        Self::WrongState,
        Self::PreconditionFailed,
        Self::KeyReused,
        Self::InProgress,
        Self::TooLarge,
        Self::UnsupportedImage,
        Self::TooManyPixels,
        Self::TooManyImages,
        Self::StorageFull,
        Self::Unavailable,
        Self::TooMuchWaiting,
        Self::Internal,
    ];
}

/// One thing that is wrong with the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer into the input, such as `/user_id` or `/file/0`.
    pub pointer: String,
    /// What is allowed.
    pub detail: String,
}

/// An error of a use case. What is shown of it (its `Display`, `faults`, `current`) is fit for whoever asked; `source` is for
/// the log alone.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    /// The kind.
    pub code: ErrorCode,
    /// For the caller: what to do. Nothing internal.
    pub detail: String,
    /// Every fault of the input.
    pub faults: Vec<Fault>,
    /// What the product is now, when it is not what the caller said it must be.
    pub current: Option<(Revision, Version)>,
    /// For the log: what happened underneath.
    #[source]
    pub source: Option<BoxError>,
}

impl Error {
    /// An error without faults or source.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), faults: vec![], current: None, source: None }
    }

    /// The same error with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// The same error with what happened underneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn precondition_failed(product: &Product) -> Self {
        let detail = "the product was changed since; read it again and decide anew";
        Self { current: Some((product.revision, product.version)), ..Self::new(ErrorCode::PreconditionFailed, detail) }
    }

    pub(crate) fn product_not_found() -> Self {
        Self::new(ErrorCode::NotFound, "there is no such product")
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (code, detail) = match &error {
            StoreError::Conflict => (ErrorCode::Conflict, "changed by someone else meanwhile; read it and try again"),
            StoreError::Full => (ErrorCode::StorageFull, "the store is full; free some space or ask the operator"),
            StoreError::Busy => (ErrorCode::Unavailable, "the store is busy; try again in a moment"),
            StoreError::Unknown(_) => {
                (ErrorCode::Unavailable, "the connection to the store was lost; read to see what was stored")
            }
            StoreError::Backend(_) => (ErrorCode::Unavailable, "the store cannot be used now; try again later"),
            StoreError::UnknownReference(_) | StoreError::Aborted => {
                (ErrorCode::Internal, "an internal error occurred")
            }
        };
        Self::new(code, detail).caused_by(error)
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        let (code, detail) = match &error {
            BlobError::Full => (ErrorCode::StorageFull, "the blob store is full; free some space or ask the operator"),
            BlobError::Denied | BlobError::Unavailable(_) | BlobError::Backend(_) => {
                (ErrorCode::Unavailable, "the blob store cannot be used now; try again later")
            }
        };
        Self::new(code, detail).caused_by(error)
    }
}

/// For what is no fault of the image's: every other kind is told as its reason.
impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        Self::new(ErrorCode::Unavailable, "images cannot be fetched now; try again later").caused_by(error)
    }
}

impl From<CodecError> for Error {
    fn from(error: CodecError) -> Self {
        let (code, detail) = match &error {
            CodecError::NotAnImage => {
                (ErrorCode::UnsupportedImage, "not an image; send a JPEG, PNG, WebP or GIF".to_owned())
            }
            CodecError::Unsupported(format) => {
                (ErrorCode::UnsupportedImage, format!("{format} is not read; send a JPEG, PNG, WebP or GIF"))
            }
            CodecError::TooManyPixels { limit } => {
                (ErrorCode::TooManyPixels, format!("at most {limit} pixels are allowed"))
            }
            CodecError::Truncated | CodecError::Damaged(_) => {
                (ErrorCode::UnsupportedImage, "the image's header is damaged; save it anew and send that".to_owned())
            }
            CodecError::Timeout | CodecError::Backend(_) => {
                (ErrorCode::Unavailable, "images cannot be processed now; try again later".to_owned())
            }
            CodecError::Crashed(_) => (ErrorCode::Internal, "an internal error occurred".to_owned()),
        };
        Self::new(code, detail).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_of_a_port_has_its_kind_and_keeps_its_source() {
        let source = || BoxError::from("secret");
        let told: [(Error, ErrorCode); 19] = [
            (StoreError::Conflict.into(), ErrorCode::Conflict),
            (StoreError::Full.into(), ErrorCode::StorageFull),
            (StoreError::Busy.into(), ErrorCode::Unavailable),
            (StoreError::Unknown(source()).into(), ErrorCode::Unavailable),
            (StoreError::Backend(source()).into(), ErrorCode::Unavailable),
            (StoreError::UnknownReference("user").into(), ErrorCode::Internal),
            (StoreError::Aborted.into(), ErrorCode::Internal),
            (BlobError::Full.into(), ErrorCode::StorageFull),
            (BlobError::Denied.into(), ErrorCode::Unavailable),
            (BlobError::Unavailable(source()).into(), ErrorCode::Unavailable),
            (SourceError::Backend(source()).into(), ErrorCode::Unavailable),
            (CodecError::NotAnImage.into(), ErrorCode::UnsupportedImage),
            (CodecError::Unsupported("AVIF").into(), ErrorCode::UnsupportedImage),
            (CodecError::TooManyPixels { limit: 9 }.into(), ErrorCode::TooManyPixels),
            (CodecError::Truncated.into(), ErrorCode::UnsupportedImage),
            (CodecError::Damaged("secret".to_owned()).into(), ErrorCode::UnsupportedImage),
            (CodecError::Timeout.into(), ErrorCode::Unavailable),
            (CodecError::Backend(source()).into(), ErrorCode::Unavailable),
            (CodecError::Crashed("secret".to_owned()).into(), ErrorCode::Internal),
        ];
        for (error, code) in told {
            assert_eq!(error.code, code, "{error:?}");
            assert!(error.source.is_some() && !error.to_string().contains("secret"), "{error:?}");
        }
    }
}
