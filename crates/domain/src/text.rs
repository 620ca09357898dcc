//! Text that was checked once, at the edge of the domain, and is then passed around as proof of it. Lengths are counted in
//! Unicode scalar values, not in bytes.
//!
//! ```
//! use wareroom_domain::{Description, ProductName, TextError};
//!
//! let name = ProductName::new("Kettle, 1.7 l")?;
//! assert_eq!((name.as_str(), name.folded().as_str()), ("Kettle, 1.7 l", "kettle, 1.7 l"));
//! assert_eq!(ProductName::new("  "), Err(TextError::Empty));
//! assert_eq!(ProductName::new("a\nb"), Err(TextError::Control));
//! assert_eq!(ProductName::new("é".repeat(256)), Err(TextError::TooLong { max: ProductName::MAX }));
//! assert!(Description::new("two\nlines").is_ok() && Description::new("").is_ok());
//! # Ok::<(), TextError>(())
//! ```

use std::fmt;

/// Why a text was refused; each says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing, or nothing but white space, where something is asked for.
    #[error("must not be empty")]
    Empty,
    /// More Unicode scalar values than allowed.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The allowed number.
        max: usize,
    },
    /// A NUL or another control character that no store and no page shows faithfully.
    #[error("must not contain control characters")]
    Control,
}

/// Line breaks and tabs belong into a description, not into a name.
#[derive(Clone, Copy, PartialEq)]
enum Lines {
    One,
    Many,
}

fn check(text: &str, may_be_empty: bool, max: usize, lines: Lines) -> Result<(), TextError> {
    if !may_be_empty && text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    let layout = |c: char| lines == Lines::Many && matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| c.is_control() && !layout(c)) {
        return Err(TextError::Control);
    }
    Ok(())
}

/// A text as searches and orders compare it: in lower case, whatever the language. A part of a text is, folded, a part of
/// the folded text. May be longer than the text itself.
pub fn folded(text: &str) -> String {
    // The one letter whose lower case depends on what stands around it.
    text.to_lowercase().replace('ς', "σ")
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, empty: $empty:expr, max: $max:expr, lines: $lines:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The most Unicode scalar values it may have.
            pub const MAX: usize = $max;

            /// Checks the text and keeps it as it is: nothing is trimmed or folded. The first rule that it breaks is the
            /// error: emptiness, then length, then control characters.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                check(&text, $empty, $max, $lines)?;
                Ok(Self(text))
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text as searches and orders compare it: [`folded`](crate::folded).
            pub fn folded(&self) -> String {
                folded(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// What a product is called: 1 to 255 characters on one line.
    ProductName, empty: false, max: 255, lines: Lines::One
);
text!(
    /// What a product is: up to 65,536 characters, line breaks and tabs allowed, may be empty.
    Description, empty: true, max: 65_536, lines: Lines::Many
);
text!(
    /// A person's first or last name: 1 to 255 characters on one line.
    PersonName, empty: false, max: 255, lines: Lines::One
);
text!(
    /// What an image shows, for those who cannot see it: up to 1,024 characters on one line, may be empty.
    AltText, empty: true, max: 1024, lines: Lines::One
);
text!(
    /// The name that an uploaded file had on the client's side: 1 to 255 characters on one line. Shown, never used as a
    /// path.
    FileName, empty: false, max: 255, lines: Lines::One
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_of_blanks_is_empty() {
        assert_eq!(ProductName::new(" \u{a0}"), Err(TextError::Empty));
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!(ProductName::new("é".repeat(255)).is_ok());
        assert_eq!(ProductName::new("é".repeat(256)), Err(TextError::TooLong { max: 255 }));
    }

    #[test]
    fn a_nul_is_refused_everywhere_and_a_line_break_in_names() {
        assert_eq!(Description::new("a\0b"), Err(TextError::Control));
        assert_eq!(PersonName::new("a\nb"), Err(TextError::Control));
        assert!(Description::new("a\r\n\tb").is_ok());
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_kept_to_the_letter(text in "\\PC{1,80}") {
            if let Ok(name) = ProductName::new(text.clone()) {
                prop_assert_eq!(name.as_str(), text);
            }
        }

        #[test]
        fn a_part_of_a_text_is_found_in_it_whatever_the_case(
            before in "[Σσς\\PC]{0,4}", part in "[Σσςα-ω]{0,4}", after in "[Σσς\\PC]{0,4}"
        ) {
            let whole = folded(&format!("{before}{part}{after}"));
            prop_assert!(whole.contains(&folded(&part)), "{whole:?}");
            prop_assert!(folded(&whole.to_uppercase()).contains(&folded(&part.to_uppercase())));
        }
    }
}
