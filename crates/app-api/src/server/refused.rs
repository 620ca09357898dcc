//! What hyper refuses by itself, in our own words: a request that it cannot parse, and that no endpoint sees. The only
//! part of the server that knows how errors look.

use crate::problem::ProblemCode;
use crate::problem_document::Document;
use bytes::Bytes;

/// The whole answer to be sent instead of the bodiless one that begins and ends with this head; `None` when it is
/// none.
pub(super) fn instead_of(head: &[u8]) -> Option<Bytes> {
    let head = str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.get(2..5)?;
    let (code, detail) = match status {
        "431" => (ProblemCode::RequestHeaderFieldsTooLarge, "the request's head has too many bytes or fields"),
        _ if status.starts_with('4') => (ProblemCode::InvalidRequest, "the request is not well-formed HTTP/1.1"),
        _ => return None,
    };
    let body = Document::unparsed(code, detail).to_json();
    let kept = head.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    let mut answer = kept.collect::<Vec<_>>().join("\r\n");
    // Clients may count on the header; there was no request that could be given an identity.
    answer.push_str("\r\nx-request-id: none\r\ncontent-type: application/problem+json\r\ncache-control: no-store");
    answer.push_str("\r\ncontent-length: ");
    answer.push_str(&body.len().to_string());
    answer.push_str("\r\n\r\n");
    tracing::debug!(status, "a request that cannot be parsed was refused");
    Some([answer.into_bytes(), body].concat().into())
}
