//! A web server on this machine whose pages a test sets, well-behaved or not, and a trap beside it that nobody may step into.
//!
//! It writes its answers byte by byte, because no server that is written well would let itself be led to what is needed
//! here. Knows nothing of Wareroom.

mod answer;
mod page;
mod trap;

pub use page::OriginPage;
pub use trap::Trap;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// A web server on a free port of 127.0.0.1, for as long as it is kept. A path that no page was set for is answered with
/// 404.
pub struct Origin {
    address: SocketAddr,
    pages: Arc<Mutex<Pages>>,
    task: JoinHandle<()>,
}

/// By path.
type Pages = HashMap<String, Served>;

/// What is known of a path.
#[derive(Default)]
struct Served {
    /// None if only asked for.
    page: Option<Arc<OriginPage>>,
    /// When it was asked for.
    moments: Vec<Instant>,
    /// How often it was asked for since its page was set.
    times: usize,
}

impl Origin {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of this machine is free");
        let address = listener.local_addr().expect("it listens");
        let pages = Arc::new(Mutex::new(Pages::new()));
        let task = tokio::spawn(listen(listener, Arc::clone(&pages)));
        Self { address, pages, task }
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets what is answered on a path from now on, whatever the query.
    pub fn put(&self, path: &str, page: OriginPage) {
        let mut pages = self.pages.lock().unwrap();
        let served = pages.entry(path.to_owned()).or_default();
        served.page = Some(Arc::new(page));
        served.times = 0;
    }

    /// How often a path was asked for.
    pub fn requests(&self, path: &str) -> usize {
        self.moments(path).len()
    }

    /// When a path was asked for, from the first time to the last.
    pub fn moments(&self, path: &str) -> Vec<Instant> {
        self.pages.lock().unwrap().get(path).map(|served| served.moments.clone()).unwrap_or_default()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends with its task, and all connections with it.
async fn listen(listener: TcpListener, pages: Arc<Mutex<Pages>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    // A client that goes away is nothing to complain of.
                    let pages = Arc::clone(&pages);
                    connections.spawn(async move { serve(stream, &pages).await.unwrap_or_default() });
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut stream: TcpStream, pages: &Mutex<Pages>) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let (page, times) = {
        let mut pages = pages.lock().unwrap();
        let served = pages.entry(path.to_owned()).or_default();
        served.moments.push(Instant::now());
        served.times += 1;
        (served.page.clone(), served.times)
    };
    let missing = OriginPage::status(404);
    let page = page.as_deref().unwrap_or(&missing);
    answer::write(&mut stream, page.at(times), path).await
}

#[cfg(test)]
mod tests;
