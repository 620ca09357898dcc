//! A user as bytes, for the results of requests that may come again: a byte that names the form, then the form in postcard.
//!
//! Bytes of another form, or damaged ones, are no error: they are none.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wareroom_domain::{PersonName, User, UserId};

/// The form that is written, and the only one that is read.
const FORM: u8 = 1;

#[derive(Serialize, Deserialize)]
struct UserForm<'a> {
    id: i64,
    first_name: &'a str,
    last_name: &'a str,
    /// Nanoseconds since 1970.
    created_at: i128,
}

/// The bytes of a user; `None` when there is no form for it.
pub fn encode_user(user: &User) -> Option<Bytes> {
    let User { id, first_name, last_name, created_at } = user;
    let form = UserForm {
        id: id.get(),
        first_name: first_name.as_str(),
        last_name: last_name.as_str(),
        created_at: created_at.as_nanosecond(),
    };
    postcard::to_extend(&form, vec![FORM]).ok().map(Bytes::from)
}

/// The user in those bytes, every part of it checked again.
pub fn decode_user(bytes: &[u8]) -> Option<User> {
    let (form, body) = bytes.split_first()?;
    if *form != FORM {
        return None;
    }
    let (UserForm { id, first_name, last_name, created_at }, rest) = postcard::take_from_bytes(body).ok()?;
    if !rest.is_empty() {
        return None;
    }
    Some(User {
        id: UserId::new(id).ok()?,
        first_name: PersonName::new(first_name).ok()?,
        last_name: PersonName::new(last_name).ok()?,
        created_at: Timestamp::from_nanosecond(created_at).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn user() -> impl Strategy<Value = User> {
        let moment = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
        let name = || "[^\\p{C}\\p{Z}]{1,40}".prop_map(|name| PersonName::new(name).unwrap());
        (1..=wareroom_domain::ids::MAX_INTEGER_ID, name(), name(), moment).prop_map(
            |(id, first_name, last_name, created_at)| User {
                id: UserId::new(id).unwrap(),
                first_name,
                last_name,
                created_at: Timestamp::from_nanosecond(created_at).unwrap(),
            },
        )
    }

    proptest! {
        #[test]
        fn every_user_comes_back_as_it_was(user in user()) {
            prop_assert_eq!(decode_user(&encode_user(&user).unwrap()), Some(user));
        }

        #[test]
        fn bytes_of_another_form_or_cut_off_or_too_many_are_none(user in user(), form: u8, cut: prop::sample::Index) {
            prop_assume!(form != FORM);
            let bytes = encode_user(&user).unwrap().to_vec();
            let other = [&[form], &bytes[1..]].concat();
            prop_assert_eq!(decode_user(&other), None);
            prop_assert_eq!(decode_user(&bytes[..cut.index(bytes.len())]), None);
            prop_assert_eq!(decode_user(&[&bytes[..], &[0]].concat()), None);
        }
    }
}
