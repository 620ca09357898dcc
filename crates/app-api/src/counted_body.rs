//! Counts the bytes of a body as they pass. Knows neither whose body it is nor what the count is for.

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use poem::Body;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

type BodyBytes = BoxBody<Bytes, io::Error>;

/// How many bytes passed so far. Clones show the same number.
#[derive(Clone, Debug, Default)]
pub(crate) struct ByteCount(Arc<AtomicU64>);

impl ByteCount {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The same body, counted. `ended` is called when nobody wants more of it: with whether all of it had passed by then. A
/// body of which `declared` bytes were announced has passed when so many have.
pub(crate) fn counted(
    body: Body,
    count: ByteCount,
    declared: Option<u64>,
    ended: impl FnOnce(bool) + Send + Sync + 'static,
) -> Body {
    let body = BodyBytes::from(body);
    let counted = Counted { body, count, declared, at_end: false, ended: Some(Box::new(ended)) };
    Body::from(BodyBytes::new(counted))
}

struct Counted {
    body: BodyBytes,
    count: ByteCount,
    declared: Option<u64>,
    at_end: bool,
    ended: Option<Box<dyn FnOnce(bool) + Send + Sync>>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                this.count.0.fetch_add(frame.data_ref().map_or(0, Bytes::len) as u64, Relaxed);
            }
            Some(Err(_)) => {}
            None => this.at_end = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // A connection asks for no more than it has announced, so the end may never have been asked for.
        let whole = self.at_end
            || self.body.is_end_stream()
            || self.declared.is_some_and(|declared| self.count.get() >= declared);
        if let Some(ended) = self.ended.take() {
            ended(whole);
        }
    }
}
