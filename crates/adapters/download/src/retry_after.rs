//! When a server asks to come again: seconds, or a date. A date is read against the server's own, so that no clock of ours
//! has to agree with it.

use jiff::Zoned;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use std::time::Duration;

/// How long the server asks to be left alone; `None` when it does not say, or nothing that can be read. A date that has
/// passed is no wait at all.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(RETRY_AFTER)?;
    if !asked.is_empty() && asked.bytes().all(|digit| digit.is_ascii_digit()) {
        // More seconds than can be counted are as long as can be said.
        return Some(Duration::from_secs(asked.parse().unwrap_or(u64::MAX)));
    }
    let wait = date(asked)?.timestamp().duration_since(date(text(DATE)?)?.timestamp());
    Some(Duration::try_from(wait).unwrap_or_default())
}

fn date(text: &str) -> Option<Zoned> {
    static PARSER: DateTimeParser = DateTimeParser::new();
    PARSER.parse_zoned(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(retry_after: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        headers.insert(DATE, "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        super::retry_after(&headers)
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!((asked("0"), asked(" 120 ")), (Some(Duration::ZERO), Some(Duration::from_mins(2))));
        assert_eq!(asked("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn a_date_is_read_against_the_servers_own() {
        assert_eq!(asked("Sun, 06 Nov 1994 08:51:37 GMT"), Some(Duration::from_mins(2)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "it has passed");
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for text in ["", "-1", "1.5", "soon", "+5", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(asked(text), None, "{text:?}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(super::retry_after(&headers), None);
        headers.insert(RETRY_AFTER, "Sun, 06 Nov 1994 08:51:37 GMT".parse().unwrap());
        assert_eq!(super::retry_after(&headers), None, "a date without the server's own");
    }
}
