//! Identities and counters. Each is its own type, so that a product's id cannot stand where a user's is asked for.
//!
//! ```
//! use wareroom_domain::{IdError, ProductId, Version};
//!
//! let id: ProductId = "17".parse()?;
//! assert_eq!((id.get(), id.to_string().as_str()), (17, "17"));
//! for text in ["0", "-1", "017", " 17"] {
//!     assert_eq!(text.parse::<ProductId>(), Err(IdError), "an id has one spelling");
//! }
//! assert_eq!(Version(1).next(), Version(2));
//! # Ok::<(), IdError>(())
//! ```

use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The largest integer that every JSON reader keeps exact: 2^53 - 1.
pub const MAX_INTEGER_ID: i64 = 9_007_199_254_740_991;

/// An integer outside `1..=9007199254740991`, or text that is no such integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is an integer from 1 to {MAX_INTEGER_ID}")]
pub struct IdError;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// Checks the range `1..=9007199254740991`; outside it [`IdError`].
            pub const fn new(value: i64) -> Result<Self, IdError> {
                if value >= 1 && value <= MAX_INTEGER_ID { Ok(Self(value)) } else { Err(IdError) }
            }

            /// The number as clients and stores see it.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            /// Digits only: no sign, no blanks, no leading zeros, so that an id has one spelling.
            fn from_str(text: &str) -> Result<Self, IdError> {
                let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
                if !canonical {
                    return Err(IdError);
                }
                text.parse().map_err(|_| IdError).and_then(Self::new)
            }
        }
    };
}

integer_id!(
    /// Identifies a product. Given by the store, never given twice, not even after the product was deleted.
    ProductId
);
integer_id!(
    /// Identifies a user. Given by the store, never given twice.
    UserId
);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Every spelling of a UUID is read; it is written with hyphens, in lower case.
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// Identifies an image (a version 7 UUID, so ids sort by age).
    ImageId
);
uuid_id!(
    /// Identifies a message: a job or an event (a version 7 UUID). A receiver that sees it twice has seen one message.
    MessageId
);
uuid_id!(
    /// Identifies a dead letter (a version 7 UUID).
    DeadLetterId
);

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl $name {
            /// One more.
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// Counts every visible change of a product, the pipeline's included. Starts at 1.
    Version(u64)
);
counter!(
    /// Counts the clients' writes to a product and its images. Starts at 1. An edit is checked against this number, so
    /// that it never loses to the pipeline.
    Revision(u64)
);
counter!(
    /// Counts the attempts that were begun on an image and neither handed back nor reset. Starts at 0.
    Attempts(u32)
);
counter!(
    /// A number that only grows, taken by each attempt: a writer that comes late holds an old one and changes nothing.
    Fence(u64)
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zero_negative_and_too_large_are_no_ids() {
        for value in [0, -1, MAX_INTEGER_ID + 1, i64::MIN] {
            assert_eq!(ProductId::new(value), Err(IdError));
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "9007199254740992", "99999999999999999999"] {
            assert_eq!(text.parse::<ProductId>(), Err(IdError), "{text:?}");
        }
    }

    #[test]
    fn a_uuid_and_a_counter_are_written_and_read_as_they_are() {
        let text = "0192e4a0-1b2c-7d3e-8f40-5a6b7c8d9e0f";
        let id: ImageId = text.parse().unwrap();
        assert_eq!((id.to_string().as_str(), text.to_uppercase().parse()), (text, Ok(id)));
        assert!("not an id".parse::<MessageId>().is_err());
        assert_eq!((Fence(7).next().to_string(), Attempts::default().next()), ("8".to_owned(), Attempts(1)));
    }

    proptest! {
        #[test]
        fn an_id_survives_its_text(value in 1..=MAX_INTEGER_ID) {
            let id = UserId::new(value).unwrap();
            prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
        }
    }
}
