//! A cached value as the server holds it: the version in front, in digits that sort as they count, so that a script can
//! compare it; then what the value is; then the value.

use bytes::{BufMut, Bytes, BytesMut};
use wareroom_domain::Version;
use wareroom_ports::Cached;

const DIGITS: usize = 20;
const VALUE: u8 = b'v';
const ABSENT: u8 = b'a';

/// A version as scripts compare it.
pub(crate) fn version(version: Version) -> String {
    format!("{:0DIGITS$}", version.0)
}

pub(crate) fn encode(version: Version, value: Option<&Bytes>) -> Bytes {
    let bytes = value.map_or(&[][..], |bytes| bytes);
    let mut entry = BytesMut::with_capacity(DIGITS + 1 + bytes.len());
    entry.put_slice(self::version(version).as_bytes());
    entry.put_u8(if value.is_some() { VALUE } else { ABSENT });
    entry.put_slice(bytes);
    entry.freeze()
}

/// `Miss` for whatever is none of ours.
pub(crate) fn decode(entry: &Bytes) -> Cached {
    let number =
        entry.get(..DIGITS).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|text| text.parse().ok());
    match (number, entry.get(DIGITS)) {
        (Some(number), Some(&VALUE)) => Cached::Value { version: Version(number), bytes: entry.slice(DIGITS + 1..) },
        (Some(_), Some(&ABSENT)) => Cached::Absent,
        _ => Cached::Miss,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(number: u64, bytes: Vec<u8>) {
            let bytes = Bytes::from(bytes);
            let entry = encode(Version(number), Some(&bytes));
            prop_assert_eq!(decode(&entry), Cached::Value { version: Version(number), bytes });
        }

        #[test]
        fn versions_sort_as_they_count(one: u64, other: u64) {
            prop_assert_eq!(version(Version(one)).cmp(&version(Version(other))), one.cmp(&other));
        }

        #[test]
        fn whatever_is_there_is_read_without_panic(bytes: Vec<u8>) {
            decode(&Bytes::from(bytes));
        }
    }

    #[test]
    fn an_absence_comes_back_and_what_is_none_of_ours_is_a_miss() {
        assert_eq!(decode(&encode(Version(0), None)), Cached::Absent);
        for other in ["", "17", "00000000000000000017", "00000000000000000017x", "0000000000000000001xv"] {
            assert_eq!(decode(&Bytes::from(other)), Cached::Miss, "{other}");
        }
    }
}
