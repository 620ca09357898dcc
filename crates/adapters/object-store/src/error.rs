//! Turns what stores and file systems report into the port's errors. Paths stay in the sources, for the log.

use std::{
    error::Error,
    io::{self, ErrorKind},
    path::PathBuf,
};
use wareroom_ports::{BlobError, BoxError};

/// Why a blob store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A folder cannot be made, read or written.
    #[error("the blob folder {} cannot be used", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was set for a bucket cannot be used.
    #[error("the bucket cannot be used: {0}")]
    Setting(String),
    /// Nothing that would let us into a bucket was given or found.
    #[error(
        "there are no credentials for the bucket; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role"
    )]
    Credentials(#[source] BoxError),
    /// The service answers, and has no such bucket.
    #[error("there is no bucket {bucket}; make it first, or look at the endpoint")]
    NoBucket {
        /// Which.
        bucket: String,
    },
    /// The service answers, and does not let us do what has to be done. Waiting changes nothing.
    #[error("the bucket {bucket} refuses access ({code}); look at the keys, at what they may do, and at the clock")]
    Denied {
        /// Which.
        bucket: String,
        /// What the service calls it.
        code: String,
    },
    /// The bucket is somewhere else.
    #[error("the bucket {bucket} is in another region ({region}); set AWS_REGION")]
    Region {
        /// Which.
        bucket: String,
        /// Where it is, as far as the service tells.
        region: String,
    },
    /// Nobody answers, or not in time, or only that it cannot now. It may be there later.
    #[error("the service of the bucket {bucket} cannot be reached")]
    Unreachable {
        /// Which.
        bucket: String,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The store refuses its settings; the source says why.
    #[error("the blob store cannot be opened")]
    Store(#[source] BoxError),
}

pub(crate) fn blob_error(error: object_store::Error) -> BlobError {
    use object_store::Error::{PermissionDenied, Unauthenticated};
    #[cfg(feature = "s3")]
    if let Some(kind) = crate::s3::kind(&error) {
        return kind.blob_error(error);
    }
    match (&error, io_kind(&error)) {
        (PermissionDenied { .. } | Unauthenticated { .. }, _) => BlobError::Denied,
        (_, Some(kind)) => from_kind(kind, error.into()),
        _ => BlobError::Backend(error.into()),
    }
}

pub(crate) fn from_kind(kind: ErrorKind, error: BoxError) -> BlobError {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => BlobError::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => BlobError::Denied,
        ErrorKind::TimedOut | ErrorKind::StaleNetworkFileHandle | ErrorKind::NotConnected => {
            BlobError::Unavailable(error)
        }
        _ => BlobError::Backend(error),
    }
}

/// An error, and what is below it.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The kind of the first I/O error among an error's causes.
fn io_kind(error: &(dyn Error + 'static)) -> Option<ErrorKind> {
    causes(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(error: io::Error) -> BlobError {
        blob_error(object_store::Error::Generic { store: "LocalFileSystem", source: error.into() })
    }

    #[test]
    fn what_the_file_system_says_decides_the_kind() {
        // ENOSPC, EDQUOT, EACCES, EROFS as Linux numbers them.
        for (code, full) in [(28, true), (122, true), (13, false), (30, false)] {
            let error = failed(io::Error::from_raw_os_error(code));
            assert_eq!(matches!(error, BlobError::Full), full, "{code}: {error:?}");
            assert_eq!(matches!(error, BlobError::Denied), !full, "{code}: {error:?}");
        }
        assert!(matches!(failed(io::Error::other("/secret/path")), BlobError::Backend(_)));
        assert!(matches!(failed(ErrorKind::TimedOut.into()), BlobError::Unavailable(_)));
    }

    #[test]
    fn what_a_store_refuses_is_denied_and_what_it_does_not_explain_is_its_own_trouble() {
        use object_store::Error::{Generic, PermissionDenied, Unauthenticated};
        let (path, source) = (|| "media/1".to_owned(), || "no".into());
        for refused in
            [PermissionDenied { path: path(), source: source() }, Unauthenticated { path: path(), source: source() }]
        {
            assert!(matches!(blob_error(refused), BlobError::Denied));
        }
        assert!(matches!(blob_error(Generic { store: "S3", source: source() }), BlobError::Backend(_)));
    }

    #[test]
    fn callers_are_not_told_paths() {
        assert!(!failed(io::Error::other("/secret/path")).to_string().contains("secret"));
    }
}
