//! Cursors: where a list goes on, as an opaque text.
//!
//! A cursor holds a place in a list, and a digest of that place, the list, its filter and its order. So one that was cut
//! off, mistyped, or taken to another list or filter is refused instead of leaving out half of the items without a word.
//! The digest has no secret in it, and needs none: whoever makes up a cursor only names another place in a list that they
//! may read from its beginning. It must never hold what its reader may not know.

use crate::problem::Problem;
use crate::query::{FromQuery, refused};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem_openapi::registry::MetaSchema;
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// The form that is written, and the only one that is read.
const FORM: u8 = 1;

/// How much of the digest a cursor carries.
const DIGEST: usize = 12;

/// The most characters of a cursor.
pub(crate) const LONGEST: usize = 2048;

/// A cursor as a client gave it.
#[derive(Clone, Debug)]
pub(crate) struct Cursor(String);

impl FromQuery for Cursor {
    fn schema() -> MetaSchema {
        MetaSchema {
            min_length: Some(1),
            max_length: Some(LONGEST),
            pattern: Some("^[A-Za-z0-9_-]+$".to_owned()),
            ..MetaSchema::new("string")
        }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        if text.len() <= LONGEST { Ok(Self(text.to_owned())) } else { Err(DAMAGED) }
    }
}

const DAMAGED: &str = "must be the `next_cursor` of a list with the same filter and sort, to the letter";

/// What a cursor is bound to: a list, its filter and its order.
#[derive(Clone)]
pub(crate) struct Binding(Sha256);

impl Binding {
    /// The list of that name.
    pub(crate) fn to(list: &str) -> Self {
        Self(Sha256::new()).with(Some(list))
    }

    /// One more part of the filter or the order; always the same parts, in the same order.
    pub(crate) fn with(self, part: Option<impl Display>) -> Self {
        // What is not there differs from what is empty, and no two parts run into one another.
        let text = part.map(|part| part.to_string());
        let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
        Self(self.0.chain_update(length.to_be_bytes()).chain_update(text.unwrap_or_default()))
    }

    fn digest(&self, place: &[u8]) -> [u8; DIGEST] {
        let whole = self.0.clone().chain_update([FORM]).chain_update(place).finalize();
        std::array::from_fn(|index| whole[index])
    }

    /// The cursor of this place.
    pub(crate) fn write(&self, place: &[u8]) -> String {
        let mut bytes = vec![FORM];
        bytes.extend(self.digest(place));
        bytes.extend(place);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that the cursor holds, as `read` understands its bytes.
    pub(crate) fn read<T>(&self, cursor: &Cursor, read: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok();
        let place = bytes.as_deref().and_then(|bytes| {
            let (form, rest) = bytes.split_first()?;
            let (digest, place) = rest.split_first_chunk()?;
            (*form == FORM && *digest == self.digest(place)).then_some(place)
        });
        place.and_then(read).ok_or_else(|| refused("cursor", DAMAGED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> Binding {
        Binding::to("kettles").with(Some(7)).with(None::<u8>)
    }

    fn read(binding: &Binding, text: &str) -> Option<Vec<u8>> {
        binding.read(&Cursor(text.to_owned()), |place| Some(place.to_vec())).ok()
    }

    #[test]
    fn a_place_survives_its_cursor() {
        for place in [&b""[..], b"\0", &[255; 1000]] {
            let cursor = binding().write(place);
            assert_eq!(read(&binding(), &cursor).as_deref(), Some(place));
            assert!(cursor.len() <= LONGEST && cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        }
    }

    #[test]
    fn a_cursor_of_anything_else_is_refused() {
        let cursor = binding().write(b"place");
        for other in [
            Binding::to("kettle").with(Some(7)).with(None::<u8>),
            Binding::to("kettles").with(Some(8)).with(None::<u8>),
            Binding::to("kettles").with(Some(7)).with(Some("")),
            Binding::to("kettles").with(None::<u8>).with(Some(7)),
            Binding::to("kettles").with(Some(7)),
        ] {
            assert_eq!(read(&other, &cursor), None);
        }
    }

    #[test]
    fn a_damaged_cursor_is_refused() {
        let cursor = binding().write(b"place");
        for index in 0..cursor.len() {
            let mut damaged = cursor.clone().into_bytes();
            damaged[index] = if damaged[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(read(&binding(), str::from_utf8(&damaged).unwrap()), None, "{index}");
            assert_eq!(read(&binding(), &cursor[..index]), None, "{index}");
        }
        assert_eq!(read(&binding(), &format!("{cursor}A")), None);
        assert_eq!(read(&binding(), &format!("{cursor}==")), None);
    }

    #[test]
    fn a_cursor_of_another_form_is_refused() {
        let mut bytes = URL_SAFE_NO_PAD.decode(binding().write(b"place")).unwrap();
        bytes[0] = FORM + 1;
        assert_eq!(read(&binding(), &URL_SAFE_NO_PAD.encode(bytes)), None);
    }
}
