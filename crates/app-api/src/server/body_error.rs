//! Why a request's body was not read to its end. Must not know how errors look to clients.

use http::StatusCode;
use poem::error::{ParseMultipartError, ReadBodyError, ResponseError};
use std::{error::Error as StdError, io};

/// A body was refused while it was, or before it was, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More bytes than allowed, declared or sent (413).
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The largest body allowed, in bytes.
        limit: u64,
    },
    /// The body stood still, or nearly so, for too long (408).
    #[error("the body stopped arriving")]
    Stalled,
}

impl BodyError {
    /// The body's error within what an extractor made of it; `None` when it is about something else, or when the
    /// extractor kept only the text ([`BodyLimits`] sees to it that its own errors are never lost in that way).
    ///
    /// [`BodyLimits`]: super::BodyLimits
    pub fn find(error: &poem::Error) -> Option<Self> {
        let outermost: &(dyn StdError + 'static) = if let Some(found) = error.downcast_ref::<Self>() {
            found
        } else if let Some(found) = error.downcast_ref::<io::Error>() {
            found
        } else if let Some(found) = error.downcast_ref::<ReadBodyError>() {
            found
        } else {
            error.downcast_ref::<ParseMultipartError>()?
        };
        Self::find_in(outermost)
    }

    /// The body's error among an error and its sources.
    fn find_in(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut current = error;
        loop {
            if let Some(found) = current.downcast_ref::<Self>() {
                return Some(*found);
            }
            current = match current.downcast_ref::<io::Error>() {
                // `source` would pass over the wrapped error itself.
                Some(wrapper) => wrapper.get_ref()?,
                None => current.source()?,
            };
        }
    }
}

impl ResponseError for BodyError {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl From<BodyError> for io::Error {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } => Self::new(io::ErrorKind::FileTooLarge, error),
            BodyError::Stalled => Self::new(io::ErrorKind::TimedOut, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_however_deep_an_extractor_wrapped_it() {
        let refused = BodyError::TooLarge { limit: 7 };
        let wrapped = || io::Error::other(io::Error::from(refused));
        let errors: [poem::Error; 4] = [
            refused.into(),
            poem::error::BadRequest(wrapped()),
            ReadBodyError::Io(wrapped()).into(),
            ParseMultipartError::Io(wrapped()).into(),
        ];
        for error in errors {
            assert_eq!(BodyError::find(&error), Some(refused), "{error:?}");
        }
    }

    #[test]
    fn other_errors_are_not_taken_for_it() {
        let errors: [poem::Error; 3] = [
            poem::Error::from_status(StatusCode::BAD_REQUEST),
            ReadBodyError::BodyHasBeenTaken.into(),
            ReadBodyError::Io(io::Error::other("connection reset")).into(),
        ];
        for error in errors {
            assert_eq!(BodyError::find(&error), None, "{error:?}");
        }
    }
}
