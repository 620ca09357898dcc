//! The operator's socket, and the connections on it.

use super::answer::{Watched, answer};
use crate::figures::{Figures, RecorderError};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use wareroom_bootstrap::Config;

/// The most connections at a time; others wait.
const CONNECTIONS: usize = 32;

/// How long a request's head may take.
const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long a connection may take from its first byte to its last.
const LIMIT: Duration = Duration::from_secs(15);

/// The largest head, in bytes: hyper takes no less.
const LARGEST_HEAD: usize = 8192;

/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(250);

/// Why there is no operator's listener.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address cannot be had: most often another process has it.
    #[error("admin_listen is {address}, where nobody can listen now; name another address, or off for none")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Figures cannot be recorded.
    #[error("the figures of the operator's listener cannot be recorded")]
    Recorder(#[from] RecorderError),
}

/// A bound listener that has not begun to answer.
pub struct Admin {
    listener: TcpListener,
    address: SocketAddr,
    figures: Figures,
}

impl Admin {
    /// Takes the address that the configuration names, and has the process record its figures from now on. `None` when there
    /// is to be no listener, or its address is nobody's wish and another process has it already, which is said in the log. Must
    /// be called within a runtime, before what records is made.
    pub async fn bind(config: &Config) -> Result<Option<Self>, AdminError> {
        let Some(address) = config.admin_listen else { return Ok(None) };
        match Self::at(address).await {
            Err(AdminError::Listen { address, source }) if !config.admin_listen_is_set => {
                tracing::warn!(%address, error = %source, "no listener for the operator: admin_listen cannot be had");
                Ok(None)
            }
            bound => bound.map(Some),
        }
    }

    /// The same at an address that must be had.
    pub async fn at(address: SocketAddr) -> Result<Self, AdminError> {
        let failed = |source| AdminError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address: bound, figures: Figures::install()? })
    }

    /// Where it listens, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until what this returns is dropped: as the last of all, so that it tells of the end, too.
    pub fn serve(self, watched: Watched) -> AbortOnDropHandle<()> {
        let Self { listener, address, figures } = self;
        tracing::info!(%address, "the operator's listener answers");
        let watched = Arc::new(watched);
        AbortOnDropHandle::new(tokio::spawn(async move {
            let small = figures.clone();
            tokio::select! {
                () = accept(listener, watched, figures) => {}
                () = small.keep_small() => {}
            }
        }))
    }
}

async fn accept(listener: TcpListener, watched: Arc<Watched>, figures: Figures) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (watched, figures) = (Arc::clone(&watched), figures.clone());
                tokio::spawn(async move {
                    if timeout(LIMIT, connection(stream, watched, figures)).await.is_err() {
                        tracing::debug!("a connection to the operator's listener took too long");
                    }
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a connection to the operator's listener could not be accepted");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, watched: Arc<Watched>, figures: Figures) {
    let service = service_fn(move |request| {
        let (watched, figures) = (Arc::clone(&watched), figures.clone());
        async move { Ok::<_, Infallible>(answer(&request, &watched, &figures).await) }
    });
    let mut http = http1::Builder::new();
    let http = http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(LARGEST_HEAD);
    if let Err(error) = http.keep_alive(false).serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to the operator's listener ended early");
    }
}
