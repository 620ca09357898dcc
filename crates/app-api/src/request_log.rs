//! One line a request.

use crate::request_id::RequestId;
use crate::routes::Routes;
use poem::http::header::CONTENT_LENGTH;
use poem::{Endpoint, Request, Response, Result};
use std::sync::Arc;
use tokio::time::Instant;

/// What nginx made the usual number for a client that left before it was answered.
const CLIENT_LEFT: u16 = 499;

/// Logs the request when it is answered, or given up because the client left.
pub(crate) async fn log<E>(routes: Arc<Routes>, next: Arc<E>, request: Request) -> Result<Response>
where
    E: Endpoint<Output = Response>,
{
    let mut line = Line {
        request_id: request.data::<RequestId>().cloned(),
        method: request.method().to_string(),
        route: routes.template(request.uri().path()).to_owned(),
        begun: Instant::now(),
        status: CLIENT_LEFT,
        bytes: 0,
    };
    let response = next.call(request).await?;
    line.status = response.status().as_u16();
    line.bytes =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default();
    Ok(response)
}

struct Line {
    request_id: Option<RequestId>,
    method: String,
    route: String,
    begun: Instant,
    status: u16,
    bytes: u64,
}

impl Drop for Line {
    fn drop(&mut self) {
        let request_id = self.request_id.as_ref().map(RequestId::as_str).unwrap_or_default();
        let duration_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Self { status, bytes, .. } = *self;
        let Self { method, route, .. } = self;
        tracing::info!(request_id, %method, %route, status, duration_ms, bytes, "answered {method} {route}: {status}");
    }
}
