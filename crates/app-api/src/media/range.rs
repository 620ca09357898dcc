//! The `Range` header.

use std::ops::Range;

/// One range of bytes that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AskedRange {
    /// From one byte to another; the end may lie beyond the last.
    Within(Range<u64>),
    /// The last so many.
    Last(u64),
}

impl AskedRange {
    /// Reads `bytes=a-b`, `bytes=a-` and `bytes=-n`. Anything else, several ranges included, counts as if nothing had
    /// been asked for, as RFC 9110 allows: the whole is sent.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let (unit, range) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        match (first, last) {
            ("", last) => number(last).map(Self::Last),
            (first, "") => number(first).map(|first| Self::Within(first..u64::MAX)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then(|| Self::Within(first..last.saturating_add(1)))
            }
        }
    }
}

/// Digits only. A number too large for our type lies beyond the end of everything, as does the largest.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_read() {
        for (header, range) in [
            ("bytes=0-0", AskedRange::Within(0..1)),
            ("bytes=5-9", AskedRange::Within(5..10)),
            ("Bytes = 5-", AskedRange::Within(5..u64::MAX)),
            ("bytes=-3", AskedRange::Last(3)),
            ("bytes=0-99999999999999999999999", AskedRange::Within(0..u64::MAX)),
        ] {
            assert_eq!(AskedRange::read(header), Some(range), "{header}");
        }
    }

    #[test]
    fn anything_else_asks_for_the_whole() {
        for header in
            ["", "bytes", "bytes=", "bytes=-", "bytes=9-5", "bytes=0-1,3-4", "bytes=+1-2", "lines=1-2", "bytes=a-b"]
        {
            assert_eq!(AskedRange::read(header), None, "{header}");
        }
    }
}
