//! Registers a user.

use crate::{Application, Context, Error, unit::retry_conflicts};
use wareroom_domain::{PersonName, User, UserDraft};

/// Who is to be registered.
#[derive(Clone, Debug)]
pub struct RegisterUser {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
}

pub(crate) async fn execute(app: &Application, context: &Context, command: RegisterUser) -> Result<User, Error> {
    let draft =
        UserDraft { first_name: command.first_name, last_name: command.last_name, created_at: app.ports.clock.now() };
    let user = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        let user = unit.users().insert(&draft).await?;
        app.tell(&mut *unit, &context.trace, user.registered());
        unit.commit().await?;
        Ok(user)
    });
    Ok(user.await?)
}
