//! What kind of body an operation takes, and whether that is what a request brings.

use crate::payload::is_media_type;
use crate::problem::{Problem, ProblemCode};
use poem::http::HeaderMap;
use poem::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, TRANSFER_ENCODING};

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";

/// The media type of a JSON merge patch (RFC 7396).
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

/// A kind of body. Requests carry that of theirs as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Json,
    /// JSON by either of two media types.
    MergePatch,
    /// JSON that may have a whole image in it.
    Image,
    Form,
}

impl BodyKind {
    /// The kinds that an operation takes whose bodies have these media types.
    pub(crate) fn of(media_types: &[&str]) -> Vec<Self> {
        let has = |expected| media_types.iter().any(|media_type| is_media_type(media_type, expected));
        match (has(JSON), has(FORM)) {
            (true, true) => vec![Self::Image, Self::Form],
            (false, true) => vec![Self::Form],
            _ if has(MERGE_PATCH) => vec![Self::MergePatch],
            (true, false) => vec![Self::Json],
            (false, false) => vec![],
        }
    }

    /// Which of these kinds a request brings. Refuses what is of another, or packed in a way that is not undone here.
    pub(crate) fn admit(kinds: &[Self], headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        if kinds.is_empty() {
            return Ok(None);
        }
        let refused = |detail| Problem::new(ProblemCode::UnsupportedMediaType, detail);
        let content_type = text(headers, CONTENT_TYPE);
        let Some(kind) = kinds.iter().find(|kind| kind.fits(&content_type)) else {
            let wanted: Vec<_> = kinds.iter().map(|kind| kind.described()).collect();
            return Err(refused(format!("send the body as {}", wanted.join(", or as "))));
        };
        if !text(headers, CONTENT_ENCODING).split(',').all(|coding| is_plain(coding.trim(), "identity")) {
            return Err(refused("send the body as it is, without Content-Encoding".to_owned())
                .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        }
        // Chunks are put together before us; whatever else was done to the body on its way is still done.
        if !text(headers, TRANSFER_ENCODING).split(',').all(|coding| is_plain(coding.trim(), "chunked")) {
            return Err(refused("send the body as it is, with no Transfer-Encoding but chunked".to_owned()));
        }
        Ok(Some(*kind))
    }

    fn fits(self, content_type: &str) -> bool {
        let json = is_media_type(content_type, JSON);
        match self {
            Self::Json | Self::Image => json && is_utf8(content_type),
            Self::MergePatch => (json || is_media_type(content_type, MERGE_PATCH)) && is_utf8(content_type),
            Self::Form => is_media_type(content_type, FORM),
        }
    }

    const fn described(self) -> &'static str {
        match self {
            Self::Json | Self::Image => "application/json in UTF-8",
            Self::MergePatch => "application/merge-patch+json or application/json in UTF-8",
            Self::Form => "multipart/form-data with a boundary, each file as a part named `file`",
        }
    }
}

/// All lines of a header as one list.
fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable"));
    lines.collect::<Vec<_>>().join(",")
}

/// Whether a coding is none at all, or the one that leaves the bytes as they are.
fn is_plain(coding: &str, plain: &str) -> bool {
    coding.is_empty() || coding.eq_ignore_ascii_case(plain)
}

/// Whether no other charset is named: JSON has none but UTF-8.
fn is_utf8(content_type: &str) -> bool {
    let named = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.all(|(_, value)| {
        let value = value.trim().trim_matches('"');
        value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utf8_is_read() {
        for fine in ["application/json", "application/json; charset=utf-8", "a/b;x=y ; CharSet=\"UTF-8\"", "a/b;utf-16"]
        {
            assert!(is_utf8(fine), "{fine}");
        }
        for other in ["a/b; charset=utf-16", "a/b;x=y;charset=latin1", "a/b; charset=", "a/b;charset=utf-8;charset=x"] {
            assert!(!is_utf8(other), "{other}");
        }
    }
}
