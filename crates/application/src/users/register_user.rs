//! Registers a user.

use crate::idempotency::{Answered, Fingerprint, Turn};
use crate::{Application, Context, Error, write::write};
use wareroom_domain::{PersonName, User, UserDraft};

/// Who is to be registered.
#[derive(Clone, Debug)]
pub struct RegisterUser {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: RegisterUser,
) -> Result<Answered<User>, Error> {
    let RegisterUser { first_name, last_name } = command;
    let fingerprint = Fingerprint::of("register_user")
        .field("first_name", first_name.as_str())
        .field("last_name", last_name.as_str());
    let once = app.once(context, fingerprint);
    let draft = UserDraft { first_name, last_name, created_at: app.ports.clock.now() };
    write(async || {
        let mut unit = app.ports.store.begin().await?;
        let place = match once.reserve(&mut *unit).await? {
            Turn::Ours(place) => place,
            Turn::Told(told) => return Ok(told),
        };
        let user = unit.users().insert(&draft).await?;
        app.tell(&mut *unit, &context.trace, user.registered());
        place.answer(&mut *unit, &user).await?;
        unit.commit().await?;
        Ok(Answered::now(user))
    })
    .await
}
