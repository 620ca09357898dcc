//! The people who own products.

use crate::{Event, PersonName, UserId};
use jiff::Timestamp;

/// A user who has no id yet. A name may be anything that a [`PersonName`] may; two users may have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// When the user was accepted.
    pub created_at: Timestamp,
}

impl UserDraft {
    /// The user as stored, with the id that the store gave.
    pub fn accepted(self, id: UserId) -> User {
        User { id, first_name: self.first_name, last_name: self.last_name, created_at: self.created_at }
    }
}

/// A user who is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// When the user was accepted.
    pub created_at: Timestamp,
}

impl User {
    /// What to tell after the user was accepted.
    pub fn registered(&self) -> Event {
        Event::UserRegistered { user: self.id }
    }
}
