//! A rendition on the wire.

use crate::problem::{Problem, chain};
use futures::TryStreamExt;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use std::io;
use wareroom_domain::{BlobKey, Format};
use wareroom_ports::{Blob, MediaLink};

/// Renditions are named by their content, so an answer never grows old.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// How much of the time that a link works a client may keep being sent there: who comes at the end of it needs some, too.
const PART_OF_ITS_TIME: u32 = 2;

/// The validator of a rendition: its name is the hash of its bytes.
pub(super) fn etag(key: &BlobKey) -> String {
    match key {
        BlobKey::Rendition(hash, _) | BlobKey::Source(hash) => format!("\"{hash}\""),
    }
}

/// A rendition, a part of one, word that the client has it, or where it is.
pub(crate) struct RenditionAnswer(Response);

impl RenditionAnswer {
    pub(super) fn whole(blob: Blob, etag: &str) -> Self {
        Self(with_body(StatusCode::OK, blob, etag))
    }

    pub(super) fn part(blob: Blob, etag: &str) -> Self {
        let range = format!("bytes {}-{}/{}", blob.range.start, blob.range.end.saturating_sub(1), blob.meta.bytes);
        let mut response = with_body(StatusCode::PARTIAL_CONTENT, blob, etag);
        if let Ok(range) = HeaderValue::from_str(&range) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        Self(response)
    }

    /// Where the rendition is to be had. The link carries a signature, so it is kept by nobody but who asked, and not told to
    /// whom the client goes from there.
    pub(super) fn elsewhere(link: &MediaLink) -> Result<Self, Problem> {
        let place = HeaderValue::from_str(&link.url).map_err(|_| Problem::internal("a link is no header's value"))?;
        let seconds = (link.valid / PART_OF_ITS_TIME).as_secs();
        let response = Response::builder()
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header(header::LOCATION, place)
            .header(header::CACHE_CONTROL, format!("private, max-age={seconds}"))
            .header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        Ok(Self(response.finish()))
    }

    pub(super) fn not_modified(etag: &str) -> Self {
        Self(common(StatusCode::NOT_MODIFIED, etag))
    }
}

fn common(status: StatusCode, etag: &str) -> Response {
    Response::builder().status(status).header(header::ETAG, etag).header(header::CACHE_CONTROL, FOR_GOOD).finish()
}

fn with_body(status: StatusCode, blob: Blob, etag: &str) -> Response {
    let media_type = match blob.meta.key {
        BlobKey::Rendition(_, format) => format.media_type(),
        BlobKey::Source(_) => "application/octet-stream",
    };
    let length = blob.range.end.saturating_sub(blob.range.start);
    let mut response = common(status, etag);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    let key = blob.meta.key;
    // The status is out by then: the connection is cut, and the log is the only place that can tell why.
    let body = blob.body.map_err(move |error| {
        tracing::error!(%key, cause = chain(&error), "a rendition broke off while it was sent");
        io::Error::other(error)
    });
    response.set_body(Body::from_bytes_stream(body));
    response
}

impl IntoResponse for RenditionAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for RenditionAnswer {
    fn meta() -> MetaResponses {
        let images = || {
            let binary = || MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary")));
            Format::ALL.map(|format| MetaMediaType { content_type: format.media_type(), schema: binary() }).into()
        };
        let response = |status, description, content, headers| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers,
        };
        let validators = || vec![text("ETag", "The hash of the bytes."), text("Cache-Control", "Keep it for good.")];
        let more = || [text("Accept-Ranges", "Parts can be asked for."), text("X-Content-Type-Options", "`nosniff`.")];
        let whole = || validators().into_iter().chain(more());
        let elsewhere = || {
            let kept = text("Cache-Control", "How long to go there without asking here again.");
            vec![place("Location", "A link that works without credentials."), kept]
        };
        let part = whole().chain([text("Content-Range", "Which part.")]).collect();
        MetaResponses {
            responses: vec![
                response(200, "The rendition.", images(), whole().collect()),
                response(206, "A part of the rendition.", images(), part),
                response(304, "The client has it already.", vec![], validators()),
                response(
                    307,
                    "Where it is to be had for some time, if it is not handed out here.",
                    vec![],
                    elsewhere(),
                ),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

fn text(name: &str, description: &str) -> MetaHeader {
    with_schema(name, description, MetaSchema { max_length: Some(255), ..MetaSchema::new("string") })
}

/// Longer than other texts: signatures are.
fn place(name: &str, description: &str) -> MetaHeader {
    with_schema(
        name,
        description,
        MetaSchema { max_length: Some(8_192), ..MetaSchema::new_with_format("string", "uri") },
    )
}

fn with_schema(name: &str, description: &str, schema: MetaSchema) -> MetaHeader {
    let schema = MetaSchemaRef::Inline(Box::new(schema));
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema,
    }
}
