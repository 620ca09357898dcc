//! Which problems an operation may answer with. Written in its signature, so that the document cannot leave one out.

use crate::problem::{CONTENT_TYPE, Problem};
use crate::problem_document::Document;
use crate::request_id::RequestId;
use poem::http::Method;
use poem::{Endpoint, IntoResponse, Request, Response, Result};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::{ApiResponse, types::Type};
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// A set of statuses that an operation refuses with.
pub(crate) trait Refusals: Send + Sync + 'static {
    const STATUSES: &'static [u16];
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident: $($status:literal),+;)+) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl Refusals for $name {
            const STATUSES: &'static [u16] = &[$($status),+];
        }
    )+};
}

refusals! {
    /// Of what needs no store.
    Plain: 400, 500;
    /// Of what asks whether the stores can be used.
    Probing: 400, 500, 503;
    /// Of what reads a list.
    Listing: 400, 500, 503;
    /// Of what reads one thing.
    Reading: 400, 404, 500, 503;
    /// Of what reads a part of one thing.
    ReadingRanges: 400, 404, 416, 500, 503;
    /// Of what removes one thing.
    Removing: 400, 404, 409, 500, 503, 507;
    /// Of what does something to one thing, once, without a body.
    Acting: 400, 404, 409, 422, 500, 503, 507;
    /// Of what writes, from a JSON body.
    Writing: 400, 408, 409, 413, 415, 422, 500, 503, 507;
    /// Of what deletes a product or one of its images.
    Deleting: 400, 404, 409, 412, 500, 503, 507;
    /// Of what tries one of a product's images again, once.
    Retrying: 400, 404, 409, 412, 422, 500, 503, 507;
    /// Of what writes to one thing, from a body.
    WritingTo: 400, 404, 408, 409, 412, 413, 415, 422, 500, 503, 507;
}

/// A problem, as one of those that the operation announced.
pub(crate) struct Refusal<R>(Problem, PhantomData<fn() -> R>);

impl<R: Refusals, E: Into<Problem>> From<E> for Refusal<R> {
    fn from(error: E) -> Self {
        Self(error.into().into_one_of(R::STATUSES), PhantomData)
    }
}

impl<R> From<Refusal<R>> for poem::Error {
    fn from(refusal: Refusal<R>) -> Self {
        refusal.0.into()
    }
}

impl<R: Refusals> ApiResponse for Refusal<R> {
    fn meta() -> MetaResponses {
        let response = |&status: &u16| MetaResponse {
            description: describe(status),
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: CONTENT_TYPE, schema: Document::schema_ref() }],
            headers: headers(status),
        };
        MetaResponses { responses: R::STATUSES.iter().map(response).collect() }
    }

    fn register(registry: &mut Registry) {
        Document::register(registry);
    }
}

/// What each status means here. A status that is not listed fails the test of the document.
const fn describe(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be read, or has an unknown query parameter.",
        404 => "There is no such thing.",
        408 => "The body stopped arriving.",
        409 => {
            "Changed by someone else meanwhile, in a state that this cannot be done in, or still running; `code` says which."
        }
        412 => "The product is not what `If-Match` says; `ETag` says what it is.",
        413 => "More bytes than allowed.",
        415 => "The body's media type, or a file's kind, is not read.",
        416 => "The range lies beyond the end.",
        422 => "The input breaks a rule, each field in `errors`; or its `Idempotency-Key` was used for something else.",
        500 => "A defect of the server.",
        503 => "A store cannot be used now or, where images are asked for, too many wait already; try again later.",
        507 => "There is no room left.",
        _ => "",
    }
}

/// What comes with a status besides the problem.
fn headers(status: u16) -> Vec<MetaHeader> {
    let header = |name: &str, description: &str, schema| MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(schema)),
    };
    match status {
        409 => {
            let seconds = MetaSchema { minimum: Some(0.0), maximum: Some(3600.0), ..MetaSchema::new("integer") };
            let soon =
                header("Retry-After", "When to come again, in seconds, while the same request is running.", seconds);
            vec![MetaHeader { required: false, ..soon }]
        }
        412 => {
            let etag = MetaSchema { max_length: Some(255), ..MetaSchema::new("string") };
            vec![header("ETag", "Identifies the product's state now.", etag)]
        }
        416 => {
            let size = MetaSchema { max_length: Some(255), ..MetaSchema::new("string") };
            vec![header("Content-Range", "How many bytes there are: `bytes */<size>`.", size)]
        }
        503 => {
            let seconds = MetaSchema { minimum: Some(0.0), maximum: Some(3600.0), ..MetaSchema::new("integer") };
            vec![header("Retry-After", "When to come again, in seconds.", seconds)]
        }
        _ => vec![],
    }
}

/// A panic, on its way to become a problem.
#[derive(Clone)]
struct Panicked(Arc<str>);

/// What a handler that panicked answers with, until [`render`] has put it into words.
#[expect(clippy::needless_pass_by_value, reason = "the framework hands the panic over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned());
    let mut response = Response::builder().status(poem::http::StatusCode::INTERNAL_SERVER_ERROR).finish();
    response.set_data(Panicked(text.into()));
    response
}

/// Makes an answer of whatever went wrong further in, and takes the body from answers to HEAD. `base` is the path of the
/// public URL.
pub(crate) async fn render<E>(base: Arc<str>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint,
{
    let request_id = request.data::<RequestId>().cloned();
    let request_id = request_id.as_ref().map(RequestId::as_str).unwrap_or_default();
    let head = request.method() == Method::HEAD;
    let mut response = match next.call(request).await.map(IntoResponse::into_response) {
        Ok(response) => match response.data::<Panicked>() {
            Some(panic) => Problem::internal(format!("a panic: {}", panic.0)).into_response(request_id, &base),
            None => response,
        },
        Err(error) => Problem::of_framework(error).into_response(request_id, &base),
    };
    if head {
        response.set_body(());
    }
    Ok(response)
}
