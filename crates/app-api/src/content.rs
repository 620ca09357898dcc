//! What kind of body an operation takes, and whether that is what a request brings.

use crate::payload::is_media_type;
use crate::problem::{Problem, ProblemCode};
use poem::http::HeaderMap;
use poem::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";

/// The kind of body that an operation takes. Requests to it carry this as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Json,
    Form,
}

impl BodyKind {
    /// The kind that goes by this media type.
    pub(crate) fn of(media_type: &str) -> Self {
        if is_media_type(media_type, FORM) { Self::Form } else { Self::Json }
    }

    /// Refuses what is of another kind, or packed in a way that is not undone here.
    pub(crate) fn admit(self, headers: &HeaderMap) -> Result<(), Problem> {
        let refused = |detail| Err(Problem::new(ProblemCode::UnsupportedMediaType, detail));
        let content_type = text(headers, CONTENT_TYPE);
        match self {
            Self::Json if !is_media_type(&content_type, JSON) || !is_utf8(&content_type) => {
                refused("send the body as application/json in UTF-8")
            }
            Self::Form if !is_media_type(&content_type, FORM) => {
                refused("send the body as multipart/form-data with a boundary, each file as a part named `file`")
            }
            _ if text(headers, CONTENT_ENCODING).split(',').all(|coding| is_identity(coding.trim())) => Ok(()),
            _ => refused("send the body as it is, without Content-Encoding")
                .map_err(|problem| problem.with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))),
        }
    }
}

/// All lines of a header as one list.
fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable"));
    lines.collect::<Vec<_>>().join(",")
}

fn is_identity(coding: &str) -> bool {
    coding.is_empty() || coding.eq_ignore_ascii_case("identity")
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
