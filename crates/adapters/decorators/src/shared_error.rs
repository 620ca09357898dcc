//! One failed read, told to all who waited for it.

use std::{error::Error, fmt, sync::Arc};
use wareroom_ports::{BoxError, StoreError};

/// The same error once more: of the same kind, with the same sources beneath.
pub(crate) fn of(error: &Arc<StoreError>) -> StoreError {
    let source = || -> BoxError { Box::new(SharedSource(Arc::clone(error))) };
    match **error {
        StoreError::Conflict => StoreError::Conflict,
        StoreError::UnknownReference(what) => StoreError::UnknownReference(what),
        StoreError::Aborted => StoreError::Aborted,
        StoreError::Busy => StoreError::Busy,
        StoreError::Unknown(_) => StoreError::Unknown(source()),
        StoreError::Full => StoreError::Full,
        StoreError::Backend(_) => StoreError::Backend(source()),
    }
}

/// What lies beneath an error that several have; reads like it.
struct SharedSource(Arc<StoreError>);

impl SharedSource {
    fn source(&self) -> &(dyn Error + 'static) {
        self.0.source().unwrap_or(&*self.0)
    }
}

impl fmt::Display for SharedSource {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.source(), to)
    }
}

impl fmt::Debug for SharedSource {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.source(), to)
    }
}

impl Error for SharedSource {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source().source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("refused")]
    struct Refused(#[source] std::num::ParseIntError);

    fn told(error: &dyn Error) -> Vec<String> {
        std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect()
    }

    #[test]
    fn an_error_that_is_shared_reads_as_it_did_down_to_its_last_source() {
        let source = || BoxError::from(Refused("x".parse::<u8>().unwrap_err()));
        let errors = [
            StoreError::Conflict,
            StoreError::UnknownReference("user"),
            StoreError::Aborted,
            StoreError::Busy,
            StoreError::Unknown(source()),
            StoreError::Full,
            StoreError::Backend(source()),
        ];
        for error in errors {
            let error = Arc::new(error);
            let shared = of(&error);
            assert_eq!(std::mem::discriminant(&shared), std::mem::discriminant(&*error));
            assert_eq!(told(&shared), told(&*error));
            assert_eq!(format!("{shared:?}"), format!("{error:?}"));
        }
    }
}
