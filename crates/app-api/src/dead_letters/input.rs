//! Which dead letters are meant, as the body of a request says it.

use crate::fields::Fields;
use crate::images::ImageErrorCode;
use crate::payload::JsonObject;
use crate::problem::Problem;
use crate::query::{HostName, instant};
use crate::schema::Instant;
use poem_openapi::{Object, types::Example};
use wareroom_domain::{ProductId, Reason, UserId};
use wareroom_ports::DeadLetterFilter;

/// What is to be done with many dead letters at once.
#[derive(Object)]
#[oai(example)]
pub(crate) struct DeadLettersInput {
    /// Which ones. Must be there: an empty object means all.
    filter: DeadLetterFilterInput,
}

/// Which dead letters. What is left out does not matter.
#[derive(Default, Object)]
pub(crate) struct DeadLetterFilterInput {
    /// Those of this product's images.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    product_id: Option<i64>,
    /// Those of this user's products.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    user_id: Option<i64>,
    /// Those whose image was to come from this host.
    #[oai(
        skip_serializing_if_is_none,
        validator(min_length = 1, max_length = 2048, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")
    )]
    host: Option<String>,
    /// Those that were given up for this.
    #[oai(skip_serializing_if_is_none)]
    reason: Option<ImageErrorCode>,
    /// Those that were given up then or later.
    #[oai(skip_serializing_if_is_none)]
    from: Option<Instant>,
    /// Those that were given up before.
    #[oai(skip_serializing_if_is_none)]
    to: Option<Instant>,
}

impl Example for DeadLettersInput {
    fn example() -> Self {
        let (host, reason) = (Some("images.example".to_owned()), Some(ImageErrorCode::from(Reason::Unreachable)));
        Self { filter: DeadLetterFilterInput { host, reason, ..DeadLetterFilterInput::default() } }
    }
}

/// The filter that the body holds, or every fault of it.
pub(super) fn filter(body: JsonObject<DeadLettersInput>) -> Result<DeadLetterFilter, Problem> {
    let mut fields = Fields::of(body.0);
    let filter = fields.object("filter", |fields| {
        let product = fields.if_there("product_id", |fields, name| fields.integer(name, ProductId::new));
        let owner = fields.if_there("user_id", |fields, name| fields.integer(name, UserId::new));
        let host = fields.if_there("host", |fields, name| fields.text(name, |text| HostName::new(&text)));
        let reason = fields.if_there("reason", |fields, name| fields.text(name, reason));
        let from = fields.if_there("from", |fields, name| fields.text(name, |text| instant(&text)));
        let to = fields.if_there("to", |fields, name| fields.text(name, |text| instant(&text)));
        let (from, to) = (from?, to?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return fields.fault(|| "/from".to_owned(), "must not be above `to`");
        }
        let host = host?.map(|host| host.0);
        Some(DeadLetterFilter { product: product?, owner: owner?, host, reason: reason?, from, to })
    });
    fields.finish(&[], filter)
}

#[expect(clippy::needless_pass_by_value, reason = "a text is read by value")]
fn reason(code: String) -> Result<Reason, &'static str> {
    Reason::from_code(&code).ok_or("must be one of the reasons that images fail for, such as `http_404`")
}
