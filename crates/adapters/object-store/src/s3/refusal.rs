//! Listens to what a service answers when it does not do what it is asked. The library keeps such an answer as a text; here
//! its status and its code are kept, for those who have to tell one from another, and nothing else of it: it may name keys.
//!
//! Which answers are worth another attempt is decided here, too.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
        ReqwestConnector,
    },
};

/// What a service said instead of doing what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the service answered {status} {code}")]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// Such as `NoSuchBucket`; empty where it gave none.
    pub(crate) code: String,
    /// Where the bucket is, if it said so.
    pub(crate) region: Option<String>,
}

/// How much of a refusal is read, in bytes.
const ENOUGH: usize = 64 << 10;

/// Makes clients that listen.
#[derive(Debug)]
pub(crate) struct Listening;

impl HttpConnector for Listening {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Listener(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Listener(HttpClient);

#[async_trait]
impl HttpService for Listener {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.0.execute(request).await?;
        let status = response.status().as_u16();
        // Said in full by their status: done, not changed, no such object, there is one already.
        if matches!(status, 200..=299 | 304 | 412) {
            return Ok(response);
        }
        let region = response.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
        let region = region.map(str::to_owned);
        let (parts, body) = response.into_parts();
        let body = beginning(body).await?;
        let code = code_in(&body);
        // A missing object has no code in the answer to HEAD; other answers without one come from somebody between.
        if matches!((status, code.as_str()), (404, "" | "NoSuchKey" | "NoSuchUpload") | (401 | 403, "")) {
            return Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(body)));
        }
        Err(HttpError::new(worth_another(status), Refusal { status, code, region }))
    }
}

/// Enough of an answer to find its code in. Who answers more than that is no service of objects.
async fn beginning(body: HttpResponseBody) -> Result<Bytes, HttpError> {
    let mut pieces = body.bytes_stream();
    let mut beginning = BytesMut::new();
    while beginning.len() < ENOUGH
        && let Some(piece) = pieces.try_next().await?
    {
        beginning.extend_from_slice(&piece);
    }
    Ok(beginning.freeze())
}

/// Whether the library tries again: what it calls a failed request, always; what it does not know, never.
fn worth_another(status: u16) -> HttpErrorKind {
    match status {
        // Never heard of it, or no room: the same tomorrow.
        501 | 505 | 507 => HttpErrorKind::Unknown,
        408 | 409 | 429 | 500..=599 => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    }
}

/// The code in the body of a refusal. Only what can be one is taken for it.
fn code_in(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map_or("", |(code, _)| code);
    let fits = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { code.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_and_nothing_else_is_taken_for_one() {
        let body = b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchBucket</Code><BucketName>b</BucketName></Error>";
        assert_eq!(code_in(body), "NoSuchBucket");
        for other in
            [&b""[..], b"<html>503</html>", b"<Code>a b</Code>", b"<Code>", b"</Code><Code>", b"\xff<Code>\xff</Code>"]
        {
            assert_eq!(code_in(other), "");
        }
    }

    #[test]
    fn what_would_be_answered_again_is_not_asked_again() {
        for passing in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert_eq!(worth_another(passing), HttpErrorKind::Request, "{passing}");
        }
        for lasting in [301, 307, 400, 401, 403, 404, 405, 411, 501, 507] {
            assert_eq!(worth_another(lasting), HttpErrorKind::Unknown, "{lasting}");
        }
    }
}
