//! A form's body in portions: the parser takes whatever is ready, keeps what it has not understood, and looks through
//! all of it again each time. Small portions, and few of them where no file is read, bound what it keeps and does.

use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use poem::Body;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::{fmt, io};

/// The most bytes before a file begins: what stands before the first part, or the head of a part.
pub(super) const LONGEST_HEAD: usize = 64 * 1024;

/// What the parser is given at a time while it reads a head, and while it reads a file.
const HEAD_PORTION: usize = 4 * 1024;
const FILE_PORTION: usize = 32 * 1024;

/// A file has no end here: its own limit is somewhere else.
const ENDLESS: usize = usize::MAX;

/// Tells the body what is read from it. Clones tell the same body.
#[derive(Clone, Debug)]
pub(super) struct Reading(Arc<AtomicUsize>);

impl Reading {
    /// A head comes next: from here on at most [`LONGEST_HEAD`] bytes are given.
    pub(super) fn head(&self) {
        self.0.store(LONGEST_HEAD, Ordering::Relaxed);
    }

    /// A file comes next.
    pub(super) fn file(&self) {
        self.0.store(ENDLESS, Ordering::Relaxed);
    }

    /// Whether a head went on for too long.
    pub(super) fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// So many bytes at most may be given now, of as many as there are.
    fn portion(&self, there: usize) -> usize {
        match self.0.load(Ordering::Relaxed) {
            ENDLESS => there.min(FILE_PORTION),
            left => {
                let portion = there.min(HEAD_PORTION).min(left);
                self.0.store(left - portion, Ordering::Relaxed);
                portion
            }
        }
    }
}

/// The same body in portions, and the handle that says how large they may be.
pub(super) fn in_portions(body: Body) -> (Body, Reading) {
    let reading = Reading(Arc::new(AtomicUsize::new(LONGEST_HEAD)));
    let portions = Portions {
        body: Box::pin(body.into_bytes_stream()),
        left: Bytes::new(),
        pause: false,
        reading: reading.clone(),
    };
    (Body::from_bytes_stream(portions), reading)
}

struct Portions {
    body: BoxStream<'static, io::Result<Bytes>>,
    left: Bytes,
    pause: bool,
    reading: Reading,
}

impl Stream for Portions {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // The parser reads on until nothing is ready, and only then looks at what it has.
        if std::mem::take(&mut this.pause) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while this.left.is_empty() {
            match this.body.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => this.left = bytes,
                other => return other,
            }
        }
        let portion = this.reading.portion(this.left.len());
        if portion == 0 {
            return Poll::Ready(Some(Err(io::Error::other(EndlessHead))));
        }
        this.pause = true;
        Poll::Ready(Some(Ok(this.left.split_to(portion))))
    }
}

#[derive(Debug)]
struct EndlessHead;

impl fmt::Display for EndlessHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no part began within {LONGEST_HEAD} bytes")
    }
}

impl std::error::Error for EndlessHead {}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, StreamExt};

    /// Everything that is ready, as the parser takes it.
    fn ready(body: &mut (impl Stream<Item = io::Result<Bytes>> + Unpin)) -> usize {
        let mut bytes = 0;
        while let Some(Some(Ok(portion))) = body.next().now_or_never() {
            bytes += portion.len();
        }
        bytes
    }

    #[test]
    fn what_is_ready_comes_in_portions_and_a_head_is_bounded() {
        let (body, reading) = in_portions(Body::from_vec(vec![7; 1 << 20]));
        let mut body = Box::pin(body.into_bytes_stream());
        for _ in 0..LONGEST_HEAD / HEAD_PORTION {
            assert!(!reading.is_used_up());
            assert_eq!(ready(&mut body), HEAD_PORTION);
        }
        assert!(reading.is_used_up());
        assert!(body.next().now_or_never().unwrap().unwrap().is_err());
        reading.file();
        assert_eq!(ready(&mut body), FILE_PORTION);
        reading.head();
        assert_eq!(ready(&mut body), HEAD_PORTION);
    }
}
