//! One request and its answer: hands hyper's request to the endpoint and the endpoint's answer to hyper, and tells the
//! connection's [`Vitals`] how far both bodies got. Must not know any route or error format.

use super::vitals::Vitals;
use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderValue, StatusCode, header, uri::Scheme};
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    web::{LocalAddr, RemoteAddr},
};
use std::{
    convert::Infallible,
    io,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

type BodyBytes = BoxBody<Bytes, io::Error>;

/// The endpoint that answers everything, shared by all connections.
pub(super) type SharedEndpoint = Arc<BoxEndpoint<'static, Response>>;

/// What the requests of one connection have in common.
pub(super) struct Exchange {
    pub(super) endpoint: SharedEndpoint,
    pub(super) vitals: Arc<Vitals>,
    pub(super) local: LocalAddr,
    pub(super) remote: RemoteAddr,
}

impl Exchange {
    /// Answers one request. Never fails: an endpoint that panics is a 500 without a body.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
    ) -> Result<hyper::Response<AnswerBody>, Infallible> {
        let has_body = !request.body().is_end_stream();
        let mut request = Request::from((request, self.local.clone(), self.remote.clone(), Scheme::HTTP));
        if has_body {
            let body = request.take_body().into();
            let watched = RequestBody { body, ended: false, vitals: Arc::clone(&self.vitals) };
            request.set_body(poem::Body::from(BodyBytes::new(watched)));
        }
        let answering = AssertUnwindSafe(self.endpoint.get_response(request)).catch_unwind();
        let response = answering.await.unwrap_or_else(|_| {
            tracing::error!(remote = %self.remote, "a request ended in a panic");
            StatusCode::INTERNAL_SERVER_ERROR.into()
        });
        let mut response: hyper::Response<BodyBytes> = response.into();
        let unread = self.vitals.answering();
        // The rest of a refused body is not worth receiving, and a client is told so before it sends the next request.
        if unread && (response.status().is_client_error() || response.status().is_server_error()) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response.map(|body| AnswerBody { body, vitals: Arc::clone(&self.vitals) }))
    }
}

/// A request's body that says so when it is dropped before its end.
struct RequestBody {
    body: BodyBytes,
    ended: bool,
    vitals: Arc<Vitals>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        this.ended |= frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.ended && !self.body.is_end_stream() {
            self.vitals.left_unread();
        }
    }
}

/// An answer's body that says so when it was handed over, or given up.
pub(super) struct AnswerBody {
    body: BodyBytes,
    vitals: Arc<Vitals>,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.vitals.answered();
    }
}
