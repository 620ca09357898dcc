//! What an error that came over the network means.

use super::refusal::Refusal;
use crate::{OpenError, error::causes};
use object_store::{
    Error,
    client::{HttpError, HttpErrorKind},
};
use wareroom_ports::BlobError;

/// What a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No answer, or one that it cannot now.
    Unavailable,
    Denied,
    Full,
    NoBucket,
    /// The bucket is elsewhere.
    Region,
    /// The service does not know what it was asked for.
    Unknown,
    Other,
}

impl Kind {
    pub(crate) fn blob_error(self, error: Error) -> BlobError {
        match self {
            Self::Unavailable => BlobError::Unavailable(error.into()),
            Self::Denied => BlobError::Denied,
            Self::Full => BlobError::Full,
            Self::NoBucket | Self::Region | Self::Unknown | Self::Other => BlobError::Backend(error.into()),
        }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match (refusal.status, refusal.code.as_str()) {
            (_, "NoSuchBucket") => Self::NoBucket,
            (_, "PermanentRedirect" | "AuthorizationHeaderMalformed") | (301, _) => Self::Region,
            (507, _) | (_, "QuotaExceeded" | "XMinioStorageFull") => Self::Full,
            (401 | 403, _) => Self::Denied,
            (400 | 405 | 501, _) => Self::Unknown,
            // Somebody else is writing the same at this moment.
            (408 | 409 | 429 | 500..=599, _) => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// What an error means, if it came over the network and the library does not say it by itself.
pub(crate) fn kind(error: &Error) -> Option<Kind> {
    if let Some(refusal) = refusal(error) {
        return Some(Kind::of_refusal(refusal));
    }
    transport(error).map(|_| Kind::Unavailable)
}

/// Whether a request may have been carried out although no answer came: the library does not repeat it then, unless it knows
/// that it may.
pub(crate) fn is_open(error: &Error) -> bool {
    let open = [HttpErrorKind::Timeout, HttpErrorKind::Interrupted];
    refusal(error).is_none() && transport(error).is_some_and(|error| open.contains(&error.kind()))
}

fn refusal(error: &Error) -> Option<&Refusal> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn transport(error: &Error) -> Option<&HttpError> {
    causes(error).find_map(|error| error.downcast_ref())
}

/// Why a bucket is not opened.
pub(crate) fn open_error(bucket: &str, error: Error) -> OpenError {
    let bucket = bucket.to_owned();
    let said = refusal(&error);
    let code = said.map_or_else(|| "403".to_owned(), |refusal| format!("{} {}", refusal.status, refusal.code));
    let denied = matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. });
    match kind(&error) {
        _ if denied => OpenError::Denied { bucket, code },
        // Nothing that is asked for when a bucket is opened has to be there but the bucket.
        None if matches!(error, Error::NotFound { .. }) => OpenError::NoBucket { bucket },
        Some(Kind::NoBucket) => OpenError::NoBucket { bucket },
        Some(Kind::Denied) => OpenError::Denied { bucket, code },
        Some(Kind::Region) => {
            let region = said.and_then(|refusal| refusal.region.clone()).unwrap_or_else(|| "not told".to_owned());
            OpenError::Region { bucket, region }
        }
        Some(Kind::Unavailable) => OpenError::Unreachable { bucket, source: error.into() },
        _ => OpenError::Store(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_says_decides_the_kind() {
        for (status, code, kind) in [
            (404, "NoSuchBucket", Kind::NoBucket),
            (301, "PermanentRedirect", Kind::Region),
            (400, "AuthorizationHeaderMalformed", Kind::Region),
            (403, "SignatureDoesNotMatch", Kind::Denied),
            (401, "", Kind::Denied),
            (507, "", Kind::Full),
            (403, "QuotaExceeded", Kind::Full),
            (501, "NotImplemented", Kind::Unknown),
            (409, "ConditionalRequestConflict", Kind::Unavailable),
            (503, "SlowDown", Kind::Unavailable),
            (500, "", Kind::Unavailable),
            (416, "InvalidRange", Kind::Other),
        ] {
            let refusal = Refusal { status, code: code.to_owned(), region: None };
            assert_eq!(Kind::of_refusal(&refusal), kind, "{refusal}");
        }
    }

    #[test]
    fn an_error_that_no_network_had_a_part_in_is_left_to_others() {
        assert_eq!(kind(&Error::Generic { store: "LocalFileSystem", source: "no".into() }), None);
    }
}
