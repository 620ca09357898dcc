//! A page as it is answered: validators, encodings, and what a browser may load for it.

use super::gzip;
use crate::etag;
use bytes::Bytes;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use poem::{Body, Response};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The bytes of a page.
enum Content {
    /// As they are.
    Plain(Bytes),
    /// Packed with gzip; unpacked for who does not read that.
    Packed(&'static [u8]),
}

/// What is answered at a path of its own.
pub(super) struct Page {
    media_type: &'static str,
    content: Content,
    etag: String,
    cache_control: &'static str,
    /// What the browser may load for it, and from where.
    policy: Cow<'static, str>,
}

impl Page {
    /// A page of HTML. It is kept, and asked for each time whether it still holds.
    pub(super) fn html(html: String, policy: impl Into<Cow<'static, str>>) -> Self {
        let etag = hash(html.as_bytes());
        let content = Content::Plain(html.into());
        Self { media_type: "text/html; charset=utf-8", content, etag, cache_control: "no-cache", policy: policy.into() }
    }

    /// What a page loads and may change with the next version: kept like the page itself. It loads nothing further.
    pub(super) fn asset(media_type: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            media_type,
            content: Content::Plain(Bytes::from_static(bytes)),
            etag: hash(bytes),
            cache_control: "no-cache",
            policy: "default-src 'none'".into(),
        }
    }

    /// A packed script of this version. Its path names it too, so an answer never grows old.
    pub(super) fn script(packed: &'static [u8], version: &str) -> Self {
        Self {
            media_type: "text/javascript; charset=utf-8",
            content: Content::Packed(packed),
            etag: version.to_owned(),
            cache_control: "public, max-age=31536000, immutable",
            policy: "default-src 'none'".into(),
        }
    }

    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
        let packed = matches!(self.content, Content::Packed(_)) && gzip::is_accepted(text(header::ACCEPT_ENCODING));
        let etag = format!("\"{}{}\"", self.etag, if packed { "-gzip" } else { "" });
        let mut response = Response::builder()
            .header(header::ETAG, &etag)
            .header(header::CACHE_CONTROL, self.cache_control)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header(header::CONTENT_SECURITY_POLICY, self.policy.as_ref())
            .finish();
        let headers = response.headers_mut();
        if matches!(self.content, Content::Packed(_)) {
            headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if etag::none_match(text(header::IF_NONE_MATCH), &etag) {
            response.set_status(StatusCode::NOT_MODIFIED);
            return response;
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        let (length, body) = match &self.content {
            Content::Plain(bytes) => (bytes.len() as u64, Body::from_bytes(bytes.clone())),
            Content::Packed(bytes) if packed => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                (bytes.len() as u64, Body::from(*bytes))
            }
            Content::Packed(bytes) => (gzip::unpacked_length(bytes), Body::from_bytes_stream(gzip::unpacked(bytes))),
        };
        headers.insert(header::CONTENT_LENGTH, length.into());
        response.set_body(body);
        response
    }
}

fn hash(bytes: &[u8]) -> String {
    wareroom_domain::Sha256(Sha256::digest(bytes).into()).to_string()
}
