//! Addresses of images on the web, checked once. Knows nothing of where they lead: which addresses may be reached is
//! decided by whoever dials them.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// Why a URL was refused; each says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageUrlError {
    /// No absolute URL.
    #[error("must be an absolute URL such as https://example.com/lamp.jpg")]
    Malformed,
    /// Another scheme than `http` or `https`.
    #[error("must begin with http:// or https://")]
    Scheme,
    /// No host, or a name that no host has.
    #[error("must name a host: letters, digits, hyphens and dots, or an address")]
    Host,
    /// A user's name or password, which would be kept and shown.
    #[error("must not contain a user name or password")]
    UserInfo,
    /// Longer than allowed.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The allowed number.
        max: usize,
    },
}

/// The URL of an image: `http` or `https`, with a host and without user info, at most 2,048 characters. Read as browsers
/// read it, so an address written as `0x7f.1` is `127.0.0.1` from here on.
///
/// ```
/// use wareroom_domain::{ImageUrl, ImageUrlError};
///
/// let url = ImageUrl::new("https://Example.com/lamp.jpg?key=secret")?;
/// assert_eq!(url.as_str(), "https://example.com/lamp.jpg?key=secret");
/// assert_eq!(url.without_query(), "https://example.com/lamp.jpg", "fit for a log");
/// assert_eq!(ImageUrl::new("ftp://example.com/lamp.jpg"), Err(ImageUrlError::Scheme));
/// assert_eq!(ImageUrl::new("http://me:pass@example.com/"), Err(ImageUrlError::UserInfo));
/// # Ok::<(), ImageUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageUrl(Url);

impl ImageUrl {
    /// The most characters it may have, as it was given and as it is written out.
    pub const MAX: usize = 2048;

    /// Reads a URL; the error says which rule it breaks.
    pub fn new(text: &str) -> Result<Self, ImageUrlError> {
        // Parsers drop line breaks and the blanks around: what is kept must be what was written.
        checked(text, |text| if text.trim() == text { Url::parse(text).ok() } else { None })
    }

    /// What a reference in a document or a header of this URL leads to: absolute, or relative to this URL, and held to the same
    /// rules.
    pub fn join(&self, reference: &str) -> Result<Self, ImageUrlError> {
        checked(reference, |reference| self.0.join(reference).ok())
    }

    /// The URL, written out.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL's parts.
    pub const fn as_url(&self) -> &Url {
        &self.0
    }

    /// The URL for logs and messages: query and fragment are left out, since they may hold credentials.
    pub fn without_query(&self) -> String {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.into()
    }
}

fn checked(text: &str, parse: impl FnOnce(&str) -> Option<Url>) -> Result<ImageUrl, ImageUrlError> {
    let too_long = ImageUrlError::TooLong { max: ImageUrl::MAX };
    if text.chars().nth(ImageUrl::MAX).is_some() {
        return Err(too_long);
    }
    if text.chars().any(char::is_control) {
        return Err(ImageUrlError::Malformed);
    }
    let url = parse(text).ok_or(ImageUrlError::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(ImageUrlError::Scheme);
    }
    if !url.host().is_some_and(|host| is_plain(&host)) {
        return Err(ImageUrlError::Host);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ImageUrlError::UserInfo);
    }
    if url.as_str().len() > ImageUrl::MAX {
        return Err(too_long);
    }
    Ok(ImageUrl(url))
}

/// Whether a host is one that every reader of URLs takes for one: browsers let more characters pass than names have.
fn is_plain(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            !name.trim_matches('.').is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

impl FromStr for ImageUrl {
    type Err = ImageUrlError;

    fn from_str(text: &str) -> Result<Self, ImageUrlError> {
        Self::new(text)
    }
}

impl fmt::Display for ImageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ImageUrl {
    /// Without query and fragment: this is what ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageUrl({})", self.without_query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(text: &str) -> String {
        ImageUrl::new(text).unwrap().as_url().host_str().unwrap().to_owned()
    }

    #[test]
    fn http_and_https_are_read_with_any_port() {
        for text in ["http://a.example/", "https://a.example:8443/x?y=1#z", "http://[2001:db8::1]:1/"] {
            assert_eq!(ImageUrl::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for text in ["file:///etc/passwd", "gopher://a/", "ftp://a/x.png", "data:image/png;base64,AA", "javascript:0"] {
            assert_eq!(ImageUrl::new(text), Err(ImageUrlError::Scheme), "{text}");
        }
    }

    #[test]
    fn what_is_no_absolute_url_is_refused() {
        for text in
            ["", "lamp.jpg", "//a.example/x", "http://", "http:///", "http://[::1", "http://a b/", "http://1.2.3.4.5/"]
        {
            assert!(ImageUrl::new(text).is_err(), "{text}");
        }
        for text in ["http://./", "http://../", "http://a`b/", "http://a{b}/", "http://a\"b/", "http://*.a.example/"] {
            assert_eq!(ImageUrl::new(text), Err(ImageUrlError::Host), "{text}");
        }
    }

    #[test]
    fn blanks_around_and_control_characters_within_are_refused() {
        for text in
            [" http://a.example/", "http://a.example/\n", "http://a.example/x\r\nHost: b", "http://a.ex\tample/"]
        {
            assert_eq!(ImageUrl::new(text), Err(ImageUrlError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn user_info_is_refused_and_what_only_looks_like_it_names_the_other_host() {
        for text in ["http://user@127.0.0.1/", "http://:secret@a.example/", "http://a:b@c/"] {
            assert_eq!(ImageUrl::new(text), Err(ImageUrlError::UserInfo), "{text}");
        }
        assert_eq!(host("http://pub.example#@127.0.0.1/"), "pub.example");
        assert_eq!(host("http://pub.example\\@127.0.0.1/"), "pub.example");
    }

    #[test]
    fn an_address_has_one_spelling() {
        for text in ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.1.", "①②⑦.⓪.⓪.①"]
        {
            assert_eq!(host(&format!("http://{text}/")), "127.0.0.1", "{text}");
        }
        assert_eq!((host("http://0/"), host("http://LOCALHOST/")), ("0.0.0.0".to_owned(), "localhost".to_owned()));
        assert_eq!(host("http://[::127.0.0.1]/"), "[::7f00:1]");
    }

    #[test]
    fn the_length_counts_as_given_and_as_written_out() {
        let longest = format!("http://a.example/{}", "x".repeat(ImageUrl::MAX - 17));
        let too_long = Err(ImageUrlError::TooLong { max: ImageUrl::MAX });
        assert_eq!(ImageUrl::new(&longest).unwrap().as_str().len(), ImageUrl::MAX);
        assert_eq!(ImageUrl::new(&format!("{longest}x")), too_long);
        assert_eq!(ImageUrl::new(&format!("http://a.example/{}", "é".repeat(400))), too_long);
        assert_eq!(ImageUrl::new(&format!("http://a.example/{}", "x/../".repeat(500))), too_long);
    }

    #[test]
    fn a_reference_is_held_to_the_same_rules() {
        let url = ImageUrl::new("https://a.example/b/c?d").unwrap();
        assert_eq!(url.join("../e").unwrap().as_str(), "https://a.example/e");
        assert_eq!(url.join("//f/").unwrap().as_str(), "https://f/");
        assert_eq!(url.join("file:///etc/passwd"), Err(ImageUrlError::Scheme));
        assert_eq!(url.join("http://u@f/"), Err(ImageUrlError::UserInfo));
        assert_eq!(url.join("http://[/"), Err(ImageUrlError::Malformed));
    }

    #[test]
    fn what_is_logged_has_no_query() {
        let url = ImageUrl::new("http://a.example/b?token=secret#secret").unwrap();
        assert_eq!(url.without_query(), "http://a.example/b");
        assert_eq!(format!("{url:?}"), "ImageUrl(http://a.example/b)");
    }

    proptest! {
        #[test]
        fn what_is_accepted_survives_its_text(text in "(http|https|ftp)://[a-z0-9.:@#\\\\\\[\\]%é①-]{0,20}/\\PC{0,20}") {
            if let Ok(url) = ImageUrl::new(&text) {
                prop_assert_eq!(ImageUrl::new(url.as_str()), Ok(url.clone()));
                prop_assert!(url.as_url().has_host() && url.as_url().username().is_empty());
            }
        }
    }
}
