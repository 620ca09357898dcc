//! The list of users: what is asked for, and the answer.

use super::dto::User;
use crate::cursor::{Binding, Cursor};
use crate::payload::RawJson;
use crate::problem::Problem;
use crate::query::{Limit, NamePart, Parameter};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;
use wareroom_application::{ListUsers, Listed};
use wareroom_domain::{self as domain, UserId};
use wareroom_ports::UserFilter;

/// The parameters of the list as they came.
pub(super) struct UserQuery {
    pub(super) first_name: Parameter<NamePart>,
    pub(super) last_name: Parameter<NamePart>,
    pub(super) limit: Parameter<Limit>,
    pub(super) cursor: Parameter<Cursor>,
}

impl UserQuery {
    /// The command that they ask for, and what the next cursor is bound to.
    pub(super) fn command(self) -> Result<(ListUsers, Binding), Problem> {
        let filter = UserFilter {
            first_name: self.first_name.0.map(|name| name.0),
            last_name: self.last_name.0.map(|name| name.0),
        };
        let binding = Binding::to("users").with(filter.first_name.as_ref()).with(filter.last_name.as_ref());
        let after = self.cursor.0.map(|given| binding.read(&given, place)).transpose()?;
        Ok((ListUsers { filter, after, limit: Limit::of(&self.limit) }, binding))
    }
}

fn place(bytes: &[u8]) -> Option<UserId> {
    UserId::new(i64::from_be_bytes(bytes.try_into().ok()?)).ok()
}

/// A part of the list of users.
#[derive(Object, Serialize)]
pub(crate) struct UserList {
    /// The users, by id.
    #[oai(validator(max_items = 100))]
    data: Vec<User>,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
    /// Behind what the list goes on: send it as `cursor`, with the same filter. Null at the end.
    #[oai(nullable, validator(max_length = 2048, pattern = "^[A-Za-z0-9_-]+$"))]
    next_cursor: Option<String>,
}

impl UserList {
    pub(super) fn new(listed: Listed<domain::User, UserId>, binding: &Binding) -> Self {
        Self {
            next_cursor: listed.next.map(|id| binding.write(&id.get().to_be_bytes())),
            data: listed.items.into_iter().map(User::from).collect(),
            message: "Users found".to_owned(),
        }
    }
}

#[derive(ApiResponse)]
pub(crate) enum ListedUsers {
    /// The users that fit, by id, and where the list goes on.
    #[oai(status = 200)]
    Listed(
        RawJson<UserList>,
        /// Nobody may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
    ),
}
