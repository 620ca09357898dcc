//! Accepts connections, and waits rather than spins when it cannot. Knows nothing of HTTP.

use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::Instant,
};

/// A bound socket that gives connections ready for use.
pub(super) struct Listener {
    inner: TcpListener,
    address: SocketAddr,
    back_off: BackOff,
}

impl Listener {
    /// Binds and listens, so that clients are queued from now on. Must be called within a runtime.
    pub(super) fn bind(address: SocketAddr, backlog: u32) -> io::Result<Self> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(io::Error::other("a listener can be bound only within a runtime"));
        }
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // Elsewhere this lets a restarted server have its port back; on Windows it would let two servers share one.
        if !cfg!(windows) {
            socket.set_reuse_address(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        let inner = TcpListener::from_std(socket.into())?;
        let address = inner.local_addr()?;
        Ok(Self { inner, address, back_off: BackOff::default() })
    }

    /// Where it listens, with the real port.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection, with `TCP_NODELAY` set. Waits through every error; safe to cancel at any time.
    pub(super) async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Some(resume) = self.back_off.resume {
                tokio::time::sleep_until(resume).await;
            }
            match self.inner.accept().await {
                Ok((stream, remote)) => {
                    self.back_off.succeeded();
                    // Without it a small answer may wait for the client's delayed ACK (40 ms). It fails only for a
                    // peer that has gone already, which the first read will tell.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%remote, %error, "the connection was gone before it began");
                    }
                    return (stream, remote);
                }
                Err(error) if concerns_one_peer(&error) => {}
                Err(error) => self.back_off.failed(&error),
            }
        }
    }
}

/// Errors that say one client gave up while it was queued; the next one may be fine.
fn concerns_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
            | ErrorKind::WouldBlock
    )
}

/// How long to wait after an error that will not go away by asking again, such as no file descriptors being left.
#[derive(Debug, Default)]
struct BackOff {
    delay: Option<Duration>,
    resume: Option<Instant>,
}

impl BackOff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);

    fn failed(&mut self, error: &io::Error) {
        let delay = match self.delay {
            None => {
                tracing::warn!(%error, "connections cannot be accepted, trying again until they can");
                Self::FIRST
            }
            Some(delay) => (delay * 2).min(Self::LONGEST),
        };
        self.delay = Some(delay);
        self.resume = Some(Instant::now() + delay);
    }

    fn succeeded(&mut self) {
        self.resume = None;
        if self.delay.take().is_some() {
            tracing::info!("connections are accepted again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_accepted_connection_sends_without_delay() {
        let mut listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 16).unwrap();
        for _ in 0..2 {
            let client = TcpStream::connect(listener.address()).await.unwrap();
            let (accepted, remote) = listener.accept().await;
            assert!(accepted.nodelay().unwrap());
            assert_eq!(remote, client.local_addr().unwrap());
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_an_error() {
        let first = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 16).unwrap();
        let error = Listener::bind(first.address(), 16).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }

    #[test]
    fn binding_outside_a_runtime_is_an_error_and_no_panic() {
        assert!(Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 16).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn errors_in_a_row_double_the_wait_up_to_a_second_and_a_success_ends_it() {
        let mut back_off = BackOff::default();
        let mut waits = Vec::new();
        for _ in 0..7 {
            back_off.failed(&io::Error::other("no file descriptors"));
            waits.push((back_off.resume.unwrap() - Instant::now()).as_millis());
        }
        assert_eq!(waits, [50, 100, 200, 400, 800, 1000, 1000]);
        back_off.succeeded();
        assert_eq!(back_off.resume, None);
        back_off.failed(&io::Error::other("no file descriptors"));
        assert_eq!(back_off.resume.unwrap() - Instant::now(), BackOff::FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn accepting_waits_for_the_back_off_also_when_it_was_cancelled_meanwhile() {
        let mut listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), 16).unwrap();
        listener.back_off.failed(&io::Error::other("no file descriptors"));
        let resume = listener.back_off.resume.unwrap();
        let _client = TcpStream::connect(listener.address()).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(10), listener.accept()).await.is_err());
        listener.accept().await;
        assert!(Instant::now() >= resume);
    }
}
