//! A connection's bytes, watched: each read and write is reported to the connection's [`Vitals`], and closing waits
//! for a client that is still sending. Of HTTP it knows only when what is written is no answer of ours.

use super::{refused, vitals::Vitals};
use bytes::{Buf, Bytes};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Reads at a time while throwing away what a refused client still sends.
const DISCARD: usize = 16 * 1024;

/// A client's socket.
pub(super) struct Socket {
    stream: TcpStream,
    vitals: Arc<Vitals>,
    closing: Closing,
    /// What is left of the answer that is sent instead of hyper's own.
    instead: Bytes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// Both sides are open.
    Not,
    /// Our side is closed, the client's is read to its end.
    Lingering,
    /// The client closed its side.
    Ended,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, vitals: Arc<Vitals>) -> Self {
        Self { stream, vitals, closing: Closing::Not, instead: Bytes::new() }
    }

    fn note_sent(&self, outcome: &Poll<io::Result<usize>>) {
        match outcome {
            Poll::Ready(Ok(_)) => self.vitals.sent(),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.vitals.blocked(),
        }
    }

    /// Whether these bytes, which are all there are to write, are hyper's own refusal: then another answer is sent.
    fn is_replaced(&mut self, bytes: &[u8]) -> bool {
        if self.vitals.answers_due() || !self.instead.is_empty() {
            return false;
        }
        let Some(instead) = refused::instead_of(bytes) else { return false };
        self.instead = instead;
        true
    }

    fn poll_send_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            let outcome = Pin::new(&mut self.stream).poll_write(context, &self.instead);
            self.note_sent(&outcome);
            match ready!(outcome)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.instead.advance(sent),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            this.vitals.received();
        } else if buffer.remaining() > 0 {
            this.closing = Closing::Ended;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_replaced(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.note_sent(&outcome);
        outcome
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let [head] = slices
            && this.is_replaced(head)
        {
            return Poll::Ready(Ok(head.len()));
        }
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.note_sent(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send_instead(context))?;
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        this.vitals.flushed();
        Poll::Ready(Ok(()))
    }

    /// Tells the client that no more will come, then waits for the same from it if it was still sending. The wait is
    /// bounded by the deadline that the vitals give for it.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.closing != Closing::Lingering {
            ready!(this.poll_send_instead(context))?;
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
            if this.closing == Closing::Ended || !this.vitals.closing() {
                return Poll::Ready(Ok(()));
            }
            this.closing = Closing::Lingering;
        }
        let mut space = [0; DISCARD];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
