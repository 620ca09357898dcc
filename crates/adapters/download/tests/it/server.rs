//! A server that answers what it is told to, and a trap that counts who connects.

use std::collections::HashMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wareroom_domain::ImageUrl;

/// What is written to whoever asks.
#[derive(Clone)]
pub(crate) enum Answer {
    /// These bytes, head included, and the end.
    Bytes(Vec<u8>),
    /// These bytes, and then the second for ever, with a pause between.
    Forever(Vec<u8>, Vec<u8>, Duration),
    /// Nothing.
    Silence,
}

impl Answer {
    /// A response with a length.
    pub(crate) fn new(status: u16, headers: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {status} So\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

pub(crate) fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap()
}

#[derive(Default)]
struct Pages {
    answers: HashMap<String, Answer>,
    requests: Vec<String>,
}

/// A server on an address of its own, for as long as it is kept.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    pages: Arc<Mutex<Pages>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pages, connections) = (Arc::new(Mutex::new(Pages::default())), Arc::new(AtomicUsize::new(0)));
        let (shared, counted) = (Arc::clone(&pages), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let pages = Arc::clone(&shared);
                // A client that goes away is nothing to complain of.
                tokio::spawn(async move { answer(stream, &pages).await.unwrap_or_default() });
            }
        });
        Self { address, connections, pages, task }
    }

    pub(crate) fn url(&self, path: &str) -> ImageUrl {
        url(&format!("http://{}{path}", self.address))
    }

    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.pages.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// How often somebody connected.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.pages.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, pages: &Mutex<Pages>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let found = {
        let mut pages = pages.lock().unwrap();
        pages.requests.push(head);
        pages.answers.get(&path).cloned()
    };
    match found.unwrap_or_else(|| Answer::new(404, "", b"")) {
        Answer::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Answer::Forever(head, piece, pause) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&piece).await?;
                tokio::time::sleep(pause).await;
            }
        }
        Answer::Silence => pending().await,
    }
}
