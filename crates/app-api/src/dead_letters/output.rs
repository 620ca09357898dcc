//! Dead letters as clients see them.

use super::query;
use crate::cursor::Binding;
use crate::images::ImageErrorCode;
use crate::schema::{Instant, UuidText};
use jiff::Timestamp;
use poem_openapi::{Enum, Object};
use serde::Serialize;
use wareroom_application::Listed;
use wareroom_domain::{DeadLetterId, Job, ProductId, UserId};
use wareroom_ports as ports;

/// The most pairs of a reason and a host that a summary lists.
const MOST_COUNTS: usize = 1000;

/// A job that was given up.
#[derive(Object, Serialize)]
pub(crate) struct DeadLetter {
    /// Identity.
    id: UuidText,
    /// What was to be done.
    job: JobKind,
    /// The product that the image belongs to.
    #[oai(nullable, validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    product_id: Option<i64>,
    /// Whose product that is.
    #[oai(nullable, validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    user_id: Option<i64>,
    /// The image that it was about.
    image_id: UuidText,
    /// The host that the image was to come from, if it came by URL.
    #[oai(nullable, validator(max_length = 2048))]
    host: Option<String>,
    /// Why it was given up, for programs.
    reason: ImageErrorCode,
    /// Why, in words.
    #[oai(validator(max_length = 1024))]
    detail: String,
    /// How many attempts were begun.
    attempts: u32,
    /// When it was given up.
    at: Instant,
    /// The request that it came from.
    #[oai(nullable, validator(max_length = 128, pattern = "^[!-~]+$"))]
    request_id: Option<String>,
}

/// What was to be done.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum JobKind {
    ProcessImage,
}

impl From<ports::DeadLetter> for DeadLetter {
    fn from(letter: ports::DeadLetter) -> Self {
        let ports::DeadLetter { id, job, image, product, owner, host, failure, attempts, at, trace } = letter;
        Self {
            id: UuidText(id.to_string()),
            job: match job {
                Job::ProcessImage(_) => JobKind::ProcessImage,
            },
            product_id: product.map(ProductId::get),
            user_id: owner.map(UserId::get),
            image_id: UuidText(image.to_string()),
            host,
            reason: failure.reason.into(),
            detail: failure.detail,
            attempts: attempts.0,
            at: Instant(at.to_string()),
            request_id: trace.request_id,
        }
    }
}

/// A part of the list of dead letters.
#[derive(Object, Serialize)]
pub(crate) struct DeadLetterList {
    /// The dead letters, the newest first.
    #[oai(validator(max_items = 100))]
    data: Vec<DeadLetter>,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
    /// Behind what the list goes on: send it as `cursor`, with the same filter. Null at the end.
    #[oai(nullable, validator(max_length = 2048, pattern = "^[A-Za-z0-9_-]+$"))]
    next_cursor: Option<String>,
}

impl DeadLetterList {
    pub(super) fn new(listed: Listed<ports::DeadLetter, (Timestamp, DeadLetterId)>, binding: &Binding) -> Self {
        Self {
            next_cursor: listed.next.map(|place| binding.write(&query::bytes(place))),
            data: listed.items.into_iter().map(DeadLetter::from).collect(),
            message: "Dead letters found".to_owned(),
        }
    }
}

/// How many dead letters have a reason and a host in common.
#[derive(Object, Serialize)]
struct DeadLetterCount {
    /// Why they were given up.
    reason: ImageErrorCode,
    /// The host that their images were to come from; null for those that did not come by URL.
    #[oai(nullable, validator(max_length = 2048))]
    host: Option<String>,
    /// How many.
    count: u64,
    /// When the newest of them was given up.
    newest_at: Instant,
}

/// Dead letters, counted.
#[derive(Object, Serialize)]
pub(crate) struct DeadLetterSummary {
    /// How many have a reason and a host in common, the most first.
    #[oai(validator(max_items = 1000))]
    data: Vec<DeadLetterCount>,
    /// How many there are together, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl From<Vec<ports::DeadLetterCount>> for DeadLetterSummary {
    fn from(counts: Vec<ports::DeadLetterCount>) -> Self {
        let total: u64 = counts.iter().map(|counted| counted.count).sum();
        let unlisted = counts.len().saturating_sub(MOST_COUNTS);
        let message = match unlisted {
            0 => format!("{total} dead letters"),
            _ => format!("{total} dead letters; {unlisted} more pairs of a reason and a host are not listed"),
        };
        let count = |counted: ports::DeadLetterCount| DeadLetterCount {
            reason: counted.reason.into(),
            host: counted.host,
            count: counted.count,
            newest_at: Instant(counted.newest.to_string()),
        };
        Self { data: counts.into_iter().take(MOST_COUNTS).map(count).collect(), message }
    }
}

/// How many were meant.
#[derive(Object, Serialize)]
struct Affected {
    /// How many.
    count: u64,
}

/// An answer to what was asked of dead letters.
#[derive(Object, Serialize)]
pub(crate) struct AffectedAnswer {
    data: Affected,
    /// What happens, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl AffectedAnswer {
    pub(super) fn new(count: u64, message: &str) -> Self {
        Self { data: Affected { count }, message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_domain::Reason;

    #[test]
    fn a_summary_says_what_it_leaves_out() {
        let counts = |pairs: u64| {
            let pair = |pair: u64| ports::DeadLetterCount {
                reason: Reason::Dns,
                host: Some(format!("{pair}.example")),
                count: 2,
                newest: Timestamp::UNIX_EPOCH,
            };
            DeadLetterSummary::from((0..pairs).map(pair).collect::<Vec<_>>())
        };
        assert_eq!((counts(1000).data.len(), counts(1000).message.as_str()), (1000, "2000 dead letters"));
        let more = counts(1003);
        assert_eq!(more.data.len(), 1000);
        assert_eq!(more.message, "2006 dead letters; 3 more pairs of a reason and a host are not listed");
    }
}
