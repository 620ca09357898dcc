//! `/users`.

mod dto;

pub(crate) use dto::UserAnswer;

use crate::context::Asked;
use crate::payload::{JsonObject, RawJson};
use crate::refusal::{Refusal, Writing};
use crate::schema::Tag;
use dto::UserInput;
use poem_openapi::{ApiResponse, OpenApi};
use std::sync::Arc;
use wareroom_application::Application;

pub(crate) struct UsersApi {
    pub(crate) application: Arc<Application>,
}

#[derive(ApiResponse)]
pub(crate) enum CreatedUser {
    /// The user was created.
    #[oai(status = 201)]
    Created(RawJson<UserAnswer>),
}

#[OpenApi(tag = "Tag::Users")]
impl UsersApi {
    /// Create a user
    #[oai(path = "/users", method = "post", operation_id = "create_user")]
    async fn create_user(&self, asked: Asked, body: JsonObject<UserInput>) -> Result<CreatedUser, Refusal<Writing>> {
        let user = self.application.register_user(&asked.0, dto::command(body)?).await?;
        Ok(CreatedUser::Created(RawJson::of(&UserAnswer::from(user))))
    }
}
