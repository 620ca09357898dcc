//! Which pages of other origins may call, by the configured list (the Fetch standard's CORS protocol). Knows no
//! operation: what a path can do is read from the routes.

use crate::routes::Routes;
use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, ORIGIN, VARY,
};
use poem::http::{HeaderValue, Method, StatusCode};
use poem::{Endpoint, Request, Response, Result};
use std::sync::Arc;

/// What a page may send beside what browsers always let it send.
const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, traceparent");

/// What a page may read beside what browsers always let it read.
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("ETag, Location, Retry-After, Idempotency-Replayed, Cache-Status, X-Request-Id");

/// For how many seconds a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Whose pages may call.
#[derive(Debug)]
pub(crate) enum Cors {
    /// Nobody's but our own.
    Nobody,
    /// Everybody's.
    Everybody,
    /// Those of these origins.
    Listed(Vec<String>),
}

impl Cors {
    /// From the settings: origins as browsers send them, or `*` for all.
    pub(crate) fn new(origins: &[String]) -> Self {
        match origins {
            [] => Self::Nobody,
            origins if origins.iter().any(|origin| origin == "*") => Self::Everybody,
            origins => Self::Listed(origins.to_vec()),
        }
    }

    /// What an answer to this origin says in `Access-Control-Allow-Origin`.
    fn allowed(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        match self {
            Self::Nobody => None,
            // Whoever asks: the same answer may be kept for all.
            Self::Everybody => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => {
                origin.filter(|origin| origins.iter().any(|listed| listed.as_bytes() == origin.as_bytes())).cloned()
            }
        }
    }

    /// Says of an answer who may read it.
    fn mark(&self, allowed: Option<HeaderValue>, headers: &mut HeaderMap) {
        if matches!(self, Self::Listed(_)) {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }
}

/// Answers what browsers ask beforehand, and marks every other answer, errors included. From an origin that may not
/// call, and without the headers of such a question, OPTIONS is a method like any other: 405, or 404.
pub(crate) async fn share<E>(cors: Arc<Cors>, routes: Arc<Routes>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let origin = request.headers().get(ORIGIN);
    let allowed = cors.allowed(origin);
    let asks_beforehand = origin.is_some()
        && allowed.is_some()
        && request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let methods = if asks_beforehand { routes.methods(&request) } else { None };
    let mut response = match methods {
        Some(methods) => {
            let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
            headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            response
        }
        None => next.call(request).await?,
    };
    cors.mark(allowed, response.headers_mut());
    Ok(response)
}
