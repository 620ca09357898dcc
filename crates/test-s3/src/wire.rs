//! A wire to a server, with everything that can happen to one.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy, sink},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// What is the matter with a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Somebody on the way answers every request with this status and this code, and then hangs up.
    Answers(u16, &'static str),
    /// Whatever the server says is this much later.
    Slow(Duration),
    /// Cut, once so many bytes went to the server and more are to go.
    CutRequest(u64),
    /// Cut, once so many bytes came from the server and more come: of 0, no answer ever arrives to what the server does.
    CutAnswer(u64),
    /// Takes connections, and nothing ever comes of them.
    Silent,
}

/// A wire to a server. Its trouble can be changed at any time: that cuts the connections that there are.
pub struct Wire {
    address: SocketAddr,
    trouble: watch::Sender<Trouble>,
    connections: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Wire {
    /// A wire from a free port of 127.0.0.1 to a server.
    pub async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (trouble, told) = watch::channel(Trouble::None);
        let connections = Arc::new(AtomicU64::new(0));
        let serving = tokio::spawn(serve(listener, server, told, Arc::clone(&connections)));
        Ok(Self { address, trouble, connections, serving })
    }

    /// Its end on this side.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this is the matter. Answers when whoever had a connection can have noticed that it is gone.
    pub async fn set(&self, trouble: Trouble) {
        self.trouble.send_replace(trouble);
        sleep(Duration::from_millis(20)).await;
        self.connections.store(0, Ordering::SeqCst);
    }

    /// How many connections were made since the trouble was set: with a wire that is cut, or answers itself, each is one
    /// attempt at a request.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, told: watch::Receiver<Trouble>, count: Arc<AtomicU64>) {
    let mut wires = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                count.fetch_add(1, Ordering::SeqCst);
                let mut told = told.clone();
                wires.spawn(async move {
                    let trouble = *told.borrow_and_update();
                    tokio::select! {
                        _ = carry(client, server, trouble) => {}
                        _ = told.changed() => {}
                    }
                });
            }
            Some(_) = wires.join_next() => {}
        }
    }
}

async fn carry(client: TcpStream, server: SocketAddr, trouble: Trouble) -> io::Result<()> {
    let (most, least, late) = match trouble {
        Trouble::Answers(status, code) => return answer(client, status, code).await,
        Trouble::Silent => return std::future::pending().await,
        Trouble::None => (u64::MAX, u64::MAX, Duration::ZERO),
        Trouble::Slow(late) => (u64::MAX, u64::MAX, late),
        Trouble::CutRequest(bytes) => (bytes, u64::MAX, Duration::ZERO),
        Trouble::CutAnswer(bytes) => (u64::MAX, bytes, Duration::ZERO),
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = TcpStream::connect(server).await?.into_split();
    // Whichever ends first ends both.
    tokio::select! {
        ended = pass(from_client, to_server, most, Duration::ZERO) => ended,
        ended = pass(from_server, to_client, least, late) => ended,
    }
}

/// Passes on what comes, each piece so late, up to so many bytes.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    most: u64,
    late: Duration,
) -> io::Result<()> {
    let mut left = most;
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        sleep(late).await;
        let passed = usize::try_from(left).unwrap_or(usize::MAX).min(length);
        to.write_all(&piece[..passed]).await?;
        if passed < length {
            return Ok(());
        }
        left -= passed as u64;
    }
}

/// Hears a request out, and answers it.
async fn answer(client: TcpStream, status: u16, code: &str) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut length = 0;
    let mut line = String::new();
    while client.read_line(&mut line).await? > 2 {
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().map_err(|_| io::Error::other(format!("{name} is no number")))?;
        }
        line.clear();
    }
    copy(&mut (&mut client).take(length), &mut sink()).await?;
    let body = format!("<Error><Code>{code}</Code></Error>");
    let head = format!("HTTP/1.1 {status} No\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    client.write_all(head.as_bytes()).await?;
    client.write_all(body.as_bytes()).await?;
    client.shutdown().await
}
