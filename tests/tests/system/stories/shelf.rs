//! The web server that the stories ask for: it serves the files of a folder as they are at that moment, and counts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A web server on a free port of 127.0.0.1, for as long as it is kept.
pub(super) struct Shelf {
    pub(super) url: String,
    counts: Arc<Mutex<Counts>>,
    task: JoinHandle<()>,
}

/// How often each file was asked for.
pub(super) type Counts = HashMap<String, usize>;

impl Shelf {
    pub(super) async fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counts = Arc::<Mutex<Counts>>::default();
        let task = tokio::spawn(listen(listener, folder.to_owned(), Arc::clone(&counts)));
        Self { url, counts, task }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap().clone()
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, folder: PathBuf, counts: Arc<Mutex<Counts>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (folder, counts) = (folder.clone(), Arc::clone(&counts));
        // A client that goes away is nothing to complain of.
        tokio::spawn(async move { serve(stream, &folder, &counts).await.unwrap_or_default() });
    }
}

async fn serve(mut stream: TcpStream, folder: &Path, counts: &Mutex<Counts>) -> std::io::Result<()> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let name = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let file = tokio::fs::read(folder.join(&name)).await;
    *counts.lock().unwrap().entry(name).or_default() += 1;
    let (status, body) = match file {
        Ok(file) => ("200 OK", file),
        Err(_) => ("404 Not Found", vec![]),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}
