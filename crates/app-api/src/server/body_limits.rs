//! A middleware that bounds a request's body in size and in time, whatever reads it. Must not know how errors look to
//! clients: it only makes sure that the reason is not lost.

use super::{body_error::BodyError, pace::Pace};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use poem::{Body, Endpoint, IntoResponse, Middleware, Request, Response, Result};
use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

type BodyBytes = BoxBody<Bytes, io::Error>;

/// How much of a body a route takes, and how long it waits for it.
///
/// A body that is declared larger is refused before a byte is read, one that turns out larger as soon as it does. A
/// body of which nothing arrives for `idle_timeout`, or far less than 1 KB a second over that time, is given up; one
/// that moves at that pace may take as long as it likes. Either way the answer is an error of type [`BodyError`], and
/// the server closes the connection after it instead of receiving the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The largest body, in bytes.
    pub max_bytes: u64,
    /// How long no byte may arrive while one is waited for.
    pub idle_timeout: Duration,
}

impl<E: Endpoint> Middleware<E> for BodyLimits {
    type Output = BodyLimitsEndpoint<E>;

    fn transform(&self, endpoint: E) -> Self::Output {
        BodyLimitsEndpoint { inner: endpoint, limits: *self }
    }
}

/// An endpoint whose request bodies are bounded by [`BodyLimits`].
pub struct BodyLimitsEndpoint<E> {
    inner: E,
    limits: BodyLimits,
}

impl<E: Endpoint> Endpoint for BodyLimitsEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let body = BodyBytes::from(request.take_body());
        let limit = self.limits.max_bytes;
        if body.size_hint().lower() > limit {
            return Err(BodyError::TooLarge { limit }.into());
        }
        let broken = Arc::new(OnceLock::new());
        let limited = LimitedBody {
            body,
            limit,
            received: 0,
            pace: Pace::new(self.limits.idle_timeout),
            broken: Arc::clone(&broken),
        };
        request.set_body(Body::from(BodyBytes::new(limited)));
        let answer = self.inner.call(request).await.map(IntoResponse::into_response);
        // Extractors keep an error's text at best, and may have made an answer of it already. A success stands: it
        // tells of something done.
        let failed = match &answer {
            Ok(response) => response.status().is_client_error() || response.status().is_server_error(),
            Err(_) => true,
        };
        match broken.get() {
            Some(&error) if failed => Err(BodyError::into(error)),
            _ => answer,
        }
    }
}

/// A body that fails for good when it goes beyond its limits.
struct LimitedBody {
    body: BodyBytes,
    limit: u64,
    received: u64,
    pace: Pace,
    broken: Arc<OnceLock<BodyError>>,
}

impl LimitedBody {
    fn check(&mut self, bytes: usize) -> Result<(), BodyError> {
        self.received = self.received.saturating_add(bytes as u64);
        if self.received > self.limit {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        if self.pace.moved(bytes) { Ok(()) } else { Err(BodyError::Stalled) }
    }
}

impl HttpBody for LimitedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        // Said again to whoever asks again: the end of a refused body must never pass for the end of a whole one.
        if let Some(&error) = this.broken.get() {
            return Poll::Ready(Some(Err(error.into())));
        }
        let outcome = match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.check(frame.data_ref().map_or(0, Bytes::len)).map(|()| Poll::Ready(Some(Ok(frame))))
            }
            Poll::Ready(ended) => Ok(Poll::Ready(ended)),
            Poll::Pending => match this.pace.poll_stalled(context) {
                Poll::Ready(()) => Err(BodyError::Stalled),
                Poll::Pending => Ok(Poll::Pending),
            },
        };
        outcome.unwrap_or_else(|error| Poll::Ready(Some(Err((*this.broken.get_or_init(|| error)).into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.broken.get().is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
