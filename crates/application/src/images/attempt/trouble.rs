//! What went wrong with an image, as its owner is told, and whether another attempt may help.

use std::time::Duration;
use wareroom_domain::{Failure, Reason};
use wareroom_ports::SourceError;

/// What went wrong with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    /// How long the other side asked to be left alone.
    pub(super) retry_after: Option<Duration>,
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Self {
        Self { failure: reason.into(), retry_after: None }
    }
}

/// Statuses below 500 that say "not now": the server waited too long, is not ready, or was asked too often.
const NOT_NOW: [u16; 3] = [408, 425, 429];

impl Trouble {
    /// Whether another attempt may end better.
    pub(super) const fn transient(&self) -> bool {
        self.failure.reason.transient()
    }

    /// Why an image could not be fetched; `None` when the fault is this machine's.
    pub(super) fn of_source(error: &SourceError) -> Option<Self> {
        Some(match error {
            SourceError::Status { status, retry_after } => Self::of_status(*status, *retry_after),
            SourceError::Dns(_) => Reason::Dns.into(),
            SourceError::Unreachable(_) => Reason::Unreachable.into(),
            SourceError::Timeout => Reason::Timeout.into(),
            SourceError::BlockedAddress => Reason::BlockedAddress.into(),
            SourceError::TooManyRedirects => Reason::TooManyRedirects.into(),
            SourceError::TooLarge { limit } => {
                let detail = format!("the file has more than {limit} bytes; give a smaller version");
                Self { failure: Failure { reason: Reason::TooLarge, detail }, ..Reason::TooLarge.into() }
            }
            SourceError::Backend(_) => return None,
        })
    }

    fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        let reason = match status {
            404 => Reason::Http404,
            _ if NOT_NOW.contains(&status) => Reason::HttpBusy,
            400..500 => Reason::Http4xx,
            500..600 => Reason::Http5xx,
            // Neither an image nor a refusal, such as a 304 that nobody asked for.
            _ => Reason::Unreachable,
        };
        // What is gone is not to be had by being let in.
        let advised = if status == 410 { Reason::Http404 } else { reason };
        let advice = advised.detail().split_once("; ").map_or("", |(_, advice)| advice);
        let failure = Failure { reason, detail: format!("the server answered {status}; {advice}") };
        Self { failure, retry_after }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16) -> (Reason, bool) {
        let trouble = Trouble::of_source(&SourceError::Status { status, retry_after: None }).unwrap();
        assert!(trouble.failure.detail.contains(&status.to_string()), "{}", trouble.failure.detail);
        (trouble.failure.reason, trouble.transient())
    }

    #[test]
    fn a_status_says_who_is_to_blame_and_whether_to_come_again() {
        for (status, reason, again) in [
            (304, Reason::Unreachable, true),
            (401, Reason::Http4xx, false),
            (404, Reason::Http404, false),
            (408, Reason::HttpBusy, true),
            (410, Reason::Http4xx, false),
            (425, Reason::HttpBusy, true),
            (429, Reason::HttpBusy, true),
            (500, Reason::Http5xx, true),
            (503, Reason::Http5xx, true),
        ] {
            assert_eq!(of(status), (reason, again), "{status}");
        }
    }

    #[test]
    fn what_is_tried_again_is_told_to_be_worth_asking_for() {
        for status in 400..=599 {
            let trouble = Trouble::of_source(&SourceError::Status { status, retry_after: None }).unwrap();
            let reason = trouble.failure.reason;
            assert_eq!((trouble.transient(), reason.transient()), (reason.retryable(), reason.retryable()), "{status}");
            let told_to_open_it = trouble.failure.detail.contains("make the image public");
            let refused = reason == Reason::Http4xx && status != 410;
            assert_eq!(told_to_open_it, refused, "{status}: {}", trouble.failure.detail);
        }
    }

    #[test]
    fn what_this_machine_lacks_is_not_the_images_trouble() {
        assert_eq!(Trouble::of_source(&SourceError::Backend("no sockets".into())), None);
    }
}
