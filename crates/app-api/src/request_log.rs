//! One line a request, when the last byte of its answer was handed over.

use crate::counted_body::{ByteCount, counted};
use crate::request_id::RequestId;
use crate::routes::Routes;
use poem::http::Method;
use poem::http::header::CONTENT_LENGTH;
use poem::{Endpoint, Request, Response, Result};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Level;

/// What nginx made the usual number for a client that left before it was answered.
pub(crate) const CLIENT_LEFT: u16 = 499;

/// Logs the request when its answer was sent, broke off, or was given up because the client left.
pub(crate) async fn log<E>(routes: Arc<Routes>, next: Arc<E>, mut request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    // What nobody reads is not gathered (ADR 14).
    if !tracing::enabled!(Level::INFO) {
        return next.call(request).await;
    }
    let mut line = Line {
        request_id: request.data::<RequestId>().cloned(),
        method: request.method().clone(),
        route: routes.template(request.uri().path()),
        begun: Instant::now(),
        status: CLIENT_LEFT,
        bytes_in: None,
        bytes_out: ByteCount::default(),
        cut: false,
    };
    let body = request.take_body();
    request.set_body(if body.is_empty() {
        body
    } else {
        counted(body, line.bytes_in.insert(ByteCount::default()).clone(), None, |_| ())
    });
    let mut response = next.call(request).await?;
    line.status = response.status().as_u16();
    let body = response.take_body();
    // An answer to HEAD declares the length of a body that it does not have.
    let declared = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    response.set_body(counted(body, line.bytes_out.clone(), declared, move |whole| {
        line.cut = !whole;
        drop(line);
    }));
    Ok(response)
}

struct Line {
    request_id: Option<RequestId>,
    method: Method,
    /// The template of the path, if it has one.
    route: Option<Arc<str>>,
    begun: Instant,
    status: u16,
    /// What was read of the request's body, if it has one; what nobody asked for does not count.
    bytes_in: Option<ByteCount>,
    /// What was handed over of the answer's body.
    bytes_out: ByteCount,
    /// Whether the answer broke off.
    cut: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        let request_id = self.request_id.as_ref().map(RequestId::as_str).unwrap_or_default();
        let duration_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (bytes_in, bytes_out) = (self.bytes_in.as_ref().map_or(0, ByteCount::get), self.bytes_out.get());
        let (method, route, status) = (self.method.as_str(), self.route.as_deref().unwrap_or("-"), self.status);
        let cut = self.cut.then_some(true);
        // What was asked and answered is in the fields alone, so that it is not put into words once for each request.
        tracing::info!(method, route, status, cut, duration_ms, bytes_in, bytes_out, request_id, "answered");
    }
}
