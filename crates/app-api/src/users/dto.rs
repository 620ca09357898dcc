//! Users on the wire.

use crate::fields::Fields;
use crate::payload::JsonObject;
use crate::problem::Problem;
use crate::schema::Instant;
use poem_openapi::{Object, types::Example};
use serde::Serialize;
use wareroom_application::RegisterUser;
use wareroom_domain::{self as domain, PersonName};

/// A user to be created.
#[derive(Object)]
#[oai(example)]
pub(crate) struct UserInput {
    /// Given name, on one line.
    #[oai(validator(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    ))]
    first_name: String,
    /// Family name, on one line.
    #[oai(validator(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    ))]
    last_name: String,
}

impl Example for UserInput {
    fn example() -> Self {
        Self { first_name: "Ada".to_owned(), last_name: "Lovelace".to_owned() }
    }
}

/// The command that the body asks for, or every fault of it.
pub(crate) fn command(body: JsonObject<UserInput>) -> Result<RegisterUser, Problem> {
    let mut fields = Fields::of(body.0);
    let first_name = fields.text("first_name", PersonName::new);
    let last_name = fields.text("last_name", PersonName::new);
    let names = first_name.zip(last_name);
    fields.finish(&["id", "created_at"], names.map(|(first_name, last_name)| RegisterUser { first_name, last_name }))
}

/// A user.
#[derive(Object, Serialize)]
pub(crate) struct User {
    /// Identity.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    id: i64,
    /// Given name.
    #[oai(validator(max_length = 255))]
    first_name: String,
    /// Family name.
    #[oai(validator(max_length = 255))]
    last_name: String,
    /// When the user was created.
    created_at: Instant,
}

/// An answer with a user.
#[derive(Object, Serialize)]
pub(crate) struct UserAnswer {
    data: User,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl UserAnswer {
    pub(crate) fn new(user: domain::User, message: &str) -> Self {
        Self { data: user.into(), message: message.to_owned() }
    }
}

impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.get(),
            first_name: user.first_name.to_string(),
            last_name: user.last_name.to_string(),
            created_at: Instant(user.created_at.to_string()),
        }
    }
}
