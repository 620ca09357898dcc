//! The server: accepts up to its limit, and on request stops without cutting what is under way. Knows connections only
//! as tasks.

use super::{connection, listener::Listener, settings::ServerSettings};
use metrics::gauge;
use poem::{EndpointExt, IntoEndpoint};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// A bound server that has not begun to answer; clients that connect already wait for it.
pub struct Server {
    listener: Listener,
    settings: ServerSettings,
}

/// What a server did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeReport {
    /// Connections accepted in all.
    pub connections: u64,
    /// Connections that were cut at the end, because they outlasted the time for draining.
    pub cut: usize,
}

impl Server {
    /// Takes the address. Must be called within a runtime, and fails with the operating system's error, such as the
    /// address being in use.
    pub fn bind(settings: ServerSettings) -> io::Result<Self> {
        Ok(Self { listener: Listener::bind(settings.listen, settings.backlog)?, settings })
    }

    /// Where it listens, with the real port when port 0 was asked for.
    pub fn local_address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Answers with `endpoint` until `shutdown` is cancelled. Then new connections are refused at once, idle ones are
    /// closed, requests under way are answered, and what is left after the time for draining is cut.
    ///
    /// Dropping the future cuts everything at once.
    pub async fn run<E>(self, endpoint: E, shutdown: CancellationToken) -> ServeReport
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        let Self { mut listener, settings } = self;
        let endpoint = Arc::new(endpoint.map_to_response().boxed());
        let settings = Arc::new(settings);
        let limit = settings.max_connections.max(1);
        let mut connections = JoinSet::new();
        let mut report = ServeReport::default();
        let open = gauge!("wareroom_http_connections");
        tracing::info!(address = %listener.address(), "listening");
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(ended) = connections.join_next() => {
                    open.decrement(1.0);
                    note_panic(ended);
                }
                (stream, remote) = listener.accept(), if connections.len() < limit => {
                    report.connections += 1;
                    open.increment(1.0);
                    connections.spawn(connection::serve(
                        stream,
                        remote,
                        Arc::clone(&endpoint),
                        Arc::clone(&settings),
                        // Each has its own to look at; that of all is behind one lock.
                        shutdown.child_token(),
                    ));
                }
            }
        }
        drop(listener);
        tracing::info!(connections = connections.len(), "stopped listening, finishing what is under way");
        let drained = async {
            while let Some(ended) = connections.join_next().await {
                open.decrement(1.0);
                note_panic(ended);
            }
        };
        if tokio::time::timeout(settings.drain, drained).await.is_err() {
            while connections.try_join_next().map(note_panic).is_some() {}
            report.cut = connections.len();
            connections.shutdown().await;
            open.set(0.0);
        }
        match report.cut {
            0 => tracing::info!("all connections ended"),
            cut => tracing::warn!(cut, "connections were cut, they did not end in time"),
        }
        report
    }
}

/// An endpoint's panic is answered; this is one in an answer's body, which ends its connection and nothing else.
fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection ended in a panic");
    }
}
