//! What is shown of values that may be secret, and values that are kept in files of their own.

use crate::settings::Secrecy;
use std::path::Path;

/// What stands where something is hidden.
pub(crate) const HIDDEN: &str = "***";

/// A value as anybody may see it.
pub(crate) fn shown(secrecy: Secrecy, value: &str) -> String {
    match secrecy {
        Secrecy::Open => value.to_owned(),
        Secrecy::Secret if value.is_empty() => String::new(),
        Secrecy::Secret => HIDDEN.to_owned(),
        Secrecy::Url => without_password(value),
    }
}

/// Hides whatever stands before the last `@`, but for the scheme, and the query. What is no URL at all is treated in the same
/// way: a password in a URL with a typing error is one, too. Paths of our own schemes are not touched.
fn without_password(url: &str) -> String {
    if ["sqlite:", "file:"].iter().any(|scheme| url.starts_with(scheme)) {
        return url.to_owned();
    }
    let (before, after) = url.rsplit_once('@').map_or((None, url), |(before, after)| (Some(before), after));
    let start = before.map_or(String::new(), |before| {
        let scheme = before.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        format!("{}{HIDDEN}@", scheme.map(|scheme| format!("{scheme}://")).unwrap_or_default())
    });
    let (address, query) = after.split_once('?').map_or((after, ""), |(address, _)| (address, "?***"));
    format!("{start}{address}{query}")
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// The value that a file holds: all of it, but for the line's end that editors put there.
pub(crate) fn read(path: &Path) -> std::io::Result<String> {
    let text = std::fs::read_to_string(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_hidden_whatever_is_in_it() {
        for (url, expected) in [
            ("postgres://wareroom:hunter2@db.example/catalogue", "postgres://***@db.example/catalogue"),
            ("postgres://wareroom:hun@ter?2/#@db.example:5432/x", "postgres://***@db.example:5432/x"),
            ("postgres://db.example/x?user=a&password=hunter2", "postgres://db.example/x?***"),
            ("postgres//wareroom:hunter2@db.example", "***@db.example"),
            ("hunter2://a@b", "hunter2://***@b"),
            ("a:hunter2://x@b", "***@b"),
            ("redis://db.example:6379", "redis://db.example:6379"),
            ("sqlite:/srv/shop@home/a?b.sqlite", "sqlite:/srv/shop@home/a?b.sqlite"),
            ("memory:", "memory:"),
        ] {
            assert_eq!(shown(Secrecy::Url, url), expected);
        }
    }

    #[test]
    fn a_secret_is_hidden_as_a_whole_and_nothing_else_is() {
        assert_eq!(shown(Secrecy::Secret, "hunter2"), HIDDEN);
        assert_eq!(shown(Secrecy::Secret, ""), "", "that there is none is no secret");
        assert_eq!(shown(Secrecy::Open, "a@b?c"), "a@b?c");
    }

    #[test]
    fn one_line_end_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        for (text, expected) in [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a ")] {
            let file = folder.path().join("secret");
            std::fs::write(&file, text).unwrap();
            assert_eq!(read(&file).unwrap(), expected);
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
