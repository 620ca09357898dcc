//! The one place that says what an error means for a job's message.

use wareroom_application::ErrorCode;

/// What is to be done after a use case failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing more can come of it: settle the message.
    Acknowledge,
    /// Our own stores are in trouble: hold the message, wait, try the same again. No attempt is counted for it.
    Hold,
    /// Give the message back after a pause. An attempt that was begun counts, so that it ends as a dead letter if this goes on.
    Release,
}

impl Verdict {
    /// The verdict on an error of that kind.
    pub const fn on(code: ErrorCode) -> Self {
        match code {
            ErrorCode::NotFound => Self::Acknowledge,
            ErrorCode::Conflict | ErrorCode::StorageFull | ErrorCode::Unavailable | ErrorCode::TooMuchWaiting => {
                Self::Hold
            }
            ErrorCode::Invalid
            | ErrorCode::UnknownUser
            | ErrorCode::WrongState
            | ErrorCode::PreconditionFailed
            | ErrorCode::KeyReused
            | ErrorCode::InProgress
            | ErrorCode::TooLarge
            | ErrorCode::UnsupportedImage
            | ErrorCode::TooManyPixels
            | ErrorCode::TooManyImages
            | ErrorCode::Internal => Self::Release,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed so that the map can be read beside that of `app-api`.
    #[test]
    fn a_failure_of_our_own_stores_never_costs_a_message_or_an_attempt() {
        for code in ErrorCode::ALL {
            println!("{code:?} -> {:?}", Verdict::on(code));
        }
        for code in [ErrorCode::Unavailable, ErrorCode::StorageFull, ErrorCode::Conflict] {
            assert_eq!(Verdict::on(code), Verdict::Hold);
        }
        let acknowledged = ErrorCode::ALL.into_iter().filter(|code| Verdict::on(*code) == Verdict::Acknowledge);
        assert_eq!(acknowledged.collect::<Vec<_>>(), [ErrorCode::NotFound]);
    }
}
