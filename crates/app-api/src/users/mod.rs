//! `/users`.

mod dto;
mod list;

pub(crate) use dto::UserAnswer;

use crate::context::{Asked, NO_STORE};
use crate::cursor::Cursor;
use crate::idempotency::Replayable;
use crate::links::Links;
use crate::payload::{JsonObject, RawJson};
use crate::query::{Limit, NamePart, Parameter};
use crate::refusal::{Listing, Reading, Refusal, Writing};
use crate::schema::{Tag, path_parameter};
use dto::UserInput;
use list::{ListedUsers, UserList, UserQuery};
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, OpenApi, param::Path};
use std::sync::Arc;
use wareroom_application::Application;
use wareroom_domain::{UserId, ids::MAX_INTEGER_ID};

path_parameter! {
    /// The id of a user in a path.
    UserIdParameter(UserId): MetaSchema {
        minimum: Some(1.0),
        #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact")]
        maximum: Some(MAX_INTEGER_ID as f64),
        ..MetaSchema::new_with_format("integer", "int64")
    },
    str::parse::<UserId>
}

pub(crate) struct UsersApi {
    pub(crate) application: Arc<Application>,
    pub(crate) links: Arc<Links>,
}

#[derive(ApiResponse)]
pub(crate) enum CreatedUser {
    /// The user was created.
    #[oai(status = 201)]
    Created(
        RawJson<UserAnswer>,
        /// Where the user is.
        #[oai(header = "Location")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum FoundUser {
    /// The user.
    #[oai(status = 200)]
    Found(
        RawJson<UserAnswer>,
        /// Nobody may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// Create a user
    ///
    /// Users own products. Names need not be unique.
    #[oai(path = "/users", method = "post", operation_id = "create_user")]
    async fn create_user(
        &self,
        asked: Asked,
        body: JsonObject<UserInput>,
    ) -> Result<Replayable<CreatedUser>, Refusal<Writing>> {
        let user = self.application.register_user(&asked.0, dto::command(body)?).await?;
        Ok(Replayable::of(user, |user| {
            let location = self.links.user(user.id);
            CreatedUser::Created(RawJson::of(&UserAnswer::new(user, "User created")), location)
        }))
    }

    /// List users
    ///
    /// By id. Names are compared in lower case, from their beginning.
    #[oai(path = "/users", method = "get", operation_id = "list_users")]
    async fn list_users(
        &self,
        asked: Asked,
        /// What the first name begins with. Characters are compared one by one, in lower case: composed and decomposed
        /// letters are different.
        first_name: Parameter<NamePart>,
        /// What the last name begins with. Characters are compared one by one, in lower case: composed and decomposed
        /// letters are different.
        last_name: Parameter<NamePart>,
        /// How many at most; above 100 counts as 100.
        limit: Parameter<Limit>,
        /// Where to go on: the `next_cursor` of the list with the same filter.
        cursor: Parameter<Cursor>,
    ) -> Result<ListedUsers, Refusal<Listing>> {
        let (command, binding) = UserQuery { first_name, last_name, limit, cursor }.command()?;
        let listed = self.application.list_users(&asked.0, command).await?;
        Ok(ListedUsers::Listed(RawJson::of(&UserList::new(listed, &binding)), NO_STORE.to_owned()))
    }

    /// Get a user
    ///
    /// One user, by its id.
    #[oai(path = "/users/:id", method = "get", operation_id = "get_user")]
    async fn get_user(&self, asked: Asked, id: Path<UserIdParameter>) -> Result<FoundUser, Refusal<Reading>> {
        let user = self.application.get_user(&asked.0, id.0.0).await?;
        Ok(FoundUser::Found(RawJson::of(&UserAnswer::new(user, "User found")), NO_STORE.to_owned()))
    }
}
