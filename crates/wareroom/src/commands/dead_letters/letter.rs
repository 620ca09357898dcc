//! A dead letter as programs see it: the fields that it has in the API's answers.

use serde::Serialize;
use wareroom_domain::{Job, ProductId, UserId};
use wareroom_ports::DeadLetter;

#[derive(Serialize)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) job: &'static str,
    pub(super) product_id: Option<i64>,
    pub(super) user_id: Option<i64>,
    pub(super) image_id: String,
    pub(super) host: Option<String>,
    pub(super) reason: &'static str,
    pub(super) detail: String,
    pub(super) attempts: u32,
    pub(super) at: String,
    pub(super) request_id: Option<String>,
}

impl From<DeadLetter> for Letter {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { id, job, image, product, owner, host, failure, attempts, at, trace } = letter;
        Self {
            id: id.to_string(),
            job: match job {
                Job::ProcessImage(_) => "process_image",
            },
            product_id: product.map(ProductId::get),
            user_id: owner.map(UserId::get),
            image_id: image.to_string(),
            host,
            reason: failure.reason.code(),
            detail: failure.detail,
            attempts: attempts.0,
            at: at.to_string(),
            request_id: trace.request_id,
        }
    }
}

/// What may be there, for people.
pub(super) fn or_none(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
