//! `GET /products/{id}` when the answer is at hand, given before the request is taken apart: most requests are just this,
//! and taking them apart would cost more than all the rest.
//!
//! It answers what the operation would, and leaves to it whatever is out of the ordinary. Who may read is still decided by
//! the use case.

use super::{AT_HAND, CACHE_CONTROL};
use crate::context;
use crate::near_cache::{Kept, NearCache};
use crate::routes;
use poem::http::header::{self, HeaderName, HeaderValue, IF_NONE_MATCH};
use poem::http::{Method, Version};
use poem::{Body, Endpoint, Request, Response, Result};
use std::sync::Arc;
use wareroom_application::{Application, Context};
use wareroom_domain::{ProductId, Trace};

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Room for the answer's headers, those included that the outer layers add.
const HEADERS: usize = 12;

/// The answers at hand, and the application that knows who may have them.
pub(crate) struct AtHand {
    pub(crate) application: Arc<Application>,
    pub(crate) near: Arc<NearCache>,
}

/// Answers what is at hand, and hands on everything else.
pub(crate) async fn answer<E>(at_hand: Arc<AtHand>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    match at_hand.find(&request) {
        Some(kept) => Ok(rendered(&kept)),
        None => next.call(request).await,
    }
}

impl AtHand {
    fn find(&self, request: &Request) -> Option<Arc<Kept>> {
        let (uri, headers) = (request.uri(), request.headers());
        let id: ProductId = routes::without_prefix(uri.path()).strip_prefix("/products/")?.parse().ok()?;
        let plain = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && uri.query().is_none()
            && routes::has_one_host(headers)
            && !headers.contains_key(IF_NONE_MATCH);
        if !plain {
            return None;
        }
        let kept = self.near.get(id)?;
        let trace = Trace { request_id: None, traceparent: None };
        let context = Context { caller: context::caller(request), trace, idempotency_key: None };
        // A refusal is put into words by the operation.
        self.application.may_read_product(&context, kept.owner).ok()?;
        Some(kept)
    }
}

fn rendered(kept: &Kept) -> Response {
    let mut response = Response::builder().body(Body::from_bytes(kept.body.clone()));
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_LENGTH, kept.body.len().into());
    if let Ok(etag) = HeaderValue::from_str(&kept.etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE_CONTROL));
    headers.insert(CACHE_STATUS, HeaderValue::from_static(AT_HAND));
    if kept.unsettled {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
