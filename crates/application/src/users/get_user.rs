//! A user.

use crate::{Application, Context, Error, ErrorCode};
use wareroom_domain::{User, UserId};

pub(crate) async fn execute(app: &Application, context: &Context, id: UserId) -> Result<User, Error> {
    let not_found = || Error::new(ErrorCode::NotFound, "there is no such user");
    // A user whom the caller may not see is one who is not there.
    if !context.caller.may_act_for(id) {
        return Err(not_found());
    }
    app.ports.users.get(id).await?.ok_or_else(not_found)
}
