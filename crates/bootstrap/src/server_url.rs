//! The URL of a server: with its password for whoever opens it, without it for everybody else.

use crate::secrets;
use crate::settings::Secrecy;
use std::fmt;

/// Where a server is. Shown without password and query.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// A URL of one of these schemes that names something behind it. What else must be right about it is its adapter's to say.
    pub(crate) fn read(text: &str, schemes: &[&str]) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let plain = !rest.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        (plain && schemes.contains(&scheme)).then(|| Self(text.to_owned()))
    }

    /// All of it.
    #[cfg(any(feature = "postgres", feature = "redis", feature = "rabbitmq", feature = "s3", test))]
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&secrets::shown(Secrecy::Url, &self.0))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_scheme_that_is_known_and_something_behind_it() {
        let read = |text| ServerUrl::read(text, &["redis", "rediss"]);
        assert_eq!(read("rediss://cache.example:6380/2").unwrap().reveal(), "rediss://cache.example:6380/2");
        for text in ["redis://", "redis:cache.example", "http://cache.example", "redis://a b", "redis://a\n", ""] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn nobody_is_shown_the_password() {
        let url = ServerUrl::read("redis://:hunter2@cache.example/2?x=hunter2", &["redis"]).unwrap();
        assert_eq!(format!("{url} {url:?}"), "redis://***@cache.example/2?*** redis://***@cache.example/2?***");
    }
}
