//! A part of the list of users.

use crate::{Application, Caller, Context, Error, Listed};
use wareroom_domain::{User, UserId};
use wareroom_ports::UserFilter;

/// Which part of which list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUsers {
    /// Which users.
    pub filter: UserFilter,
    /// Only those behind this one; from the beginning without it.
    pub after: Option<UserId>,
    /// At most so many.
    pub limit: usize,
}

pub(crate) async fn execute(
    app: &Application,
    context: &Context,
    command: ListUsers,
) -> Result<Listed<User, UserId>, Error> {
    // Whoever else may ask one day is not shown everybody: the compiler refuses this from the second caller on.
    let Caller::Operator = context.caller;
    let ListUsers { filter, after, limit } = command;
    let found = app.ports.users.list(&filter, after, limit.saturating_add(1)).await?;
    Ok(Listed::first(limit, found, |user| user.id))
}
