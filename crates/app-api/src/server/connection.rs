//! Drives one connection from its first byte to its last: HTTP/1.1, its deadlines, and the wish to stop. Knows neither
//! routes nor the other connections.

use super::{
    exchange::{Exchange, SharedEndpoint},
    settings::ServerSettings,
    socket::Socket,
    vitals::{Overdue, Vitals},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use poem::web::{LocalAddr, RemoteAddr};
use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// What a connection may buffer in each direction beside the largest head: with many connections this is what bounds
/// the server's memory.
const BUFFER: usize = 64 * 1024;

/// How a connection ended.
enum End {
    Closed(hyper::Result<()>),
    Overdue(Overdue),
}

/// Serves a connection until the client leaves, a deadline passes, or `stop` is cancelled and the request at hand is
/// answered. Dropping it resets the connection.
pub(super) async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    endpoint: SharedEndpoint,
    settings: Arc<ServerSettings>,
    stop: CancellationToken,
) {
    let vitals = Arc::new(Vitals::new(&settings));
    let local = stream.local_addr().unwrap_or(settings.listen);
    let exchange = Arc::new(Exchange {
        endpoint,
        vitals: Arc::clone(&vitals),
        local: LocalAddr(local.into()),
        remote: RemoteAddr(remote.into()),
    });
    let service = service_fn(move |request: http::Request<Incoming>| {
        exchange.vitals.called();
        Arc::clone(&exchange).answer(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            // A client may close its side when it has sent its request, and still gets the answer.
            .half_close(true)
            // The vitals have a deadline of their own, which tells a slow head from an idle connection.
            .header_read_timeout(None)
            .max_header_size(settings.max_header_bytes)
            .max_buf_size(BUFFER.saturating_add(settings.max_header_bytes))
            .serve_connection(TokioIo::new(Socket::new(stream, Arc::clone(&vitals))), service)
    );
    let mut stopped = pin!(stop.cancelled());
    let mut stopping = false;
    let mut alarm = pin!(tokio::time::sleep(Duration::ZERO));
    let end = poll_fn(|context| {
        loop {
            if let Poll::Ready(result) = connection.as_mut().poll(context) {
                return Poll::Ready(End::Closed(result));
            }
            if stopping || stopped.as_mut().poll(context).is_pending() {
                break;
            }
            stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        // Every change of the vitals happens while the connection is polled, so the deadline is right until the next.
        let Some((deadline, why)) = vitals.deadline() else { return Poll::Pending };
        if deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
        }
        // It moves on with every request, and moving a timer takes a lock that all connections share: an alarm that comes
        // too early is set again then.
        while alarm.as_mut().poll(context).is_ready() {
            if alarm.deadline() >= deadline {
                return Poll::Ready(End::Overdue(why));
            }
            alarm.as_mut().reset(deadline);
        }
        Poll::Pending
    })
    .await;
    match end {
        End::Closed(Ok(())) => {}
        End::Closed(Err(error)) => tracing::debug!(%remote, %error, "a connection ended early"),
        End::Overdue(why) => tracing::debug!(%remote, ?why, "a connection was closed by its deadline"),
    }
}
