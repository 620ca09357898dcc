//! Reads values from their text.

use std::ops::RangeInclusive;
use std::time::Duration;

/// `30s`, `5min`, `250ms`, `1h`, `7d`; not zero.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let milliseconds = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "min" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        "d" => number.checked_mul(86_400_000)?,
        _ => return None,
    };
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

/// The same, or `0s`.
pub(crate) fn duration_or_zero(text: &str) -> Option<Duration> {
    if text == "0s" { Some(Duration::ZERO) } else { duration(text) }
}

/// A duration as it is read, in the largest unit that it is a whole number of.
pub(crate) fn written(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let fits = units.into_iter().find(|(length, _)| milliseconds > 0 && milliseconds.is_multiple_of(*length));
    fits.map_or_else(|| format!("{milliseconds}ms"), |(length, unit)| format!("{}{unit}", milliseconds / length))
}

/// `20MB`, `1MiB`, `4096`; not zero.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor).filter(|bytes| *bytes > 0)
}

/// A size within a range.
pub(crate) fn bytes_within(text: &str, range: RangeInclusive<u64>) -> Option<u64> {
    bytes(text).filter(|bytes| range.contains(bytes))
}

/// What can stand in a field of HTTP: visible ASCII characters, with spaces only between them.
pub(crate) fn visible(text: &str) -> Option<String> {
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.is_empty() && text.trim() == text;
    plain.then(|| text.to_owned())
}

/// What names on a broker can begin with.
pub(crate) fn plain_prefix(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c);
    ((1..=100).contains(&text.len()) && text.chars().all(plain)).then(|| text.to_owned())
}

/// A number within a range.
pub(crate) fn number<N: std::str::FromStr + PartialOrd>(text: &str, range: &RangeInclusive<N>) -> Option<N> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// An http or https URL as links begin with it, without the slash at its end.
pub(crate) fn base_url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let plain = !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#', ' ', '"', '<', '>', '\\']);
    plain.then(|| text.trim_end_matches('/').to_owned())
}

/// Origins as browsers send them, with commas between, or `*` alone: scheme, host and a port that is not the scheme's own,
/// in lower case, nothing behind.
pub(crate) fn origins(text: &str) -> Option<Vec<String>> {
    if text.trim() == "*" {
        return Some(vec!["*".to_owned()]);
    }
    text.split(',').map(|origin| plain_origin(origin.trim())).collect()
}

fn plain_origin(text: &str) -> Option<String> {
    let (scheme, host) = text.split_once("://")?;
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    let plain = !host.is_empty() && !host.starts_with(':') && !host.ends_with([':', '.']) && !host.ends_with(usual);
    (plain && host.chars().all(fits)).then(|| text.to_owned())
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_are_not_zero() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("2min"), Some(Duration::from_mins(2)));
        assert_eq!(duration("1 h"), Some(Duration::from_hours(1)));
        assert_eq!(duration("7d"), Some(Duration::from_hours(7 * 24)));
        for text in ["", "5", "0s", "-1s", "5 minutes", "1.5s", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(duration(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_written_as_it_is_read() {
        for text in ["250ms", "90s", "6min", "36h", "7d", "1500ms"] {
            assert_eq!(written(duration(text).unwrap()), text);
        }
        assert_eq!(written(Duration::from_hours(48)), "2d");
        assert_eq!(duration_or_zero("0s"), Some(Duration::ZERO));
        assert_eq!(duration("0s"), None);
    }

    #[test]
    fn a_field_of_http_holds_no_line_and_no_letter_beyond_ascii() {
        assert_eq!(visible("shop/1.0 (mail@shop.example)").as_deref(), Some("shop/1.0 (mail@shop.example)"));
        for text in ["", " ", " a", "a\r\nb", "gr\u{fc}n", "\u{7f}"] {
            assert_eq!(visible(text), None, "{text:?}");
        }
    }

    #[test]
    fn sizes_are_decimal_or_binary_as_they_say() {
        assert_eq!(bytes("20MB"), Some(20_000_000));
        assert_eq!(bytes("1MiB"), Some(1_048_576));
        assert_eq!(bytes("4096"), Some(4096));
        for text in ["", "0", "20mb", "1e6", "-5", "18446744073709551615GB"] {
            assert_eq!(bytes(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_base_url_is_http_and_ends_without_a_slash() {
        assert_eq!(base_url("https://cdn.example/x/"), Some("https://cdn.example/x".to_owned()));
        for text in ["", "cdn.example", "ftp://x", "http://", "http:///x", "http://a?b"] {
            assert_eq!(base_url(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        let read = origins("https://shop.example, http://localhost:3000,http://[::1]:3000");
        assert_eq!(read.unwrap(), ["https://shop.example", "http://localhost:3000", "http://[::1]:3000"]);
        assert_eq!(origins(" * ").unwrap(), ["*"]);
        for text in [
            "",
            "shop.example",
            "https://shop.example/",
            "https://Shop.example",
            "https://shop.example:443",
            "http://shop.example:80",
            "ftp://shop.example",
            "https://",
            "https://:3000",
            "*,https://shop.example",
            "https://shop.example,",
            "https://a b",
        ] {
            assert_eq!(origins(text), None, "{text:?}");
        }
    }
}
