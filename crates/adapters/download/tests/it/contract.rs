//! The promises of the port, over real sockets.

use crate::server::{Answer, Server, url};
use flate2::{Compression, write::GzEncoder};
use sha2::Digest;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_download::{DownloadConfig, DownloadSource};
use wareroom_port_contracts::async_trait;
use wareroom_port_contracts::image_source::{ImageSourceFixture, Page};
use wareroom_ports::ImageSource;

struct OverHttp {
    source: Arc<DownloadSource>,
    web: Server,
    trap: Server,
    nobody: ImageUrl,
}

/// A source that may reach 127.0.0.1 and nothing else that is not public.
pub(crate) fn source() -> DownloadSource {
    let allow = vec!["127.0.0.1/32".parse().unwrap()];
    DownloadSource::open(DownloadConfig { allow, ..DownloadConfig::default() }).unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[async_trait]
impl ImageSourceFixture for OverHttp {
    async fn fresh() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = url(&format!("http://{}/", free.local_addr().unwrap()));
        let (web, trap) = (Server::start("127.0.0.1:0").await, Server::start("127.0.0.2:0").await);
        Self { source: Arc::new(source()), web, trap, nobody }
    }

    fn source(&self) -> Arc<dyn ImageSource> {
        Arc::clone(&self.source) as _
    }

    fn url(&self, path: &str) -> ImageUrl {
        self.web.url(path)
    }

    fn serve(&self, path: &str, page: Page) {
        let endless = b"HTTP/1.1 200 So\r\n\r\n".to_vec();
        let answer = match page {
            Page::Body(bytes) => Answer::new(200, "", &bytes),
            Page::Packed(bytes) => Answer::new(200, "Content-Encoding: gzip\r\n", &gzip(&bytes)),
            Page::Redirect(url) => Answer::new(302, &format!("Location: {url}\r\n"), b"over there"),
            Page::Status(status, None) => Answer::new(status, "", b""),
            Page::Status(status, Some(wait)) => {
                Answer::new(status, &format!("Retry-After: {}\r\n", wait.as_secs()), b"")
            }
            Page::Endless => Answer::Forever(endless, vec![7; 1 << 16], Duration::ZERO),
            Page::Trickle => Answer::Forever(endless, vec![7], Duration::from_millis(10)),
            Page::Silent => Answer::Silence,
            Page::BreaksOff(bytes) => {
                let head = format!("HTTP/1.1 200 So\r\nContent-Length: {}\r\n\r\n", bytes.len() + 1);
                Answer::Bytes([head.as_bytes(), &bytes].concat())
            }
        };
        self.web.serve(path, answer);
    }

    fn blocked(&self) -> ImageUrl {
        self.trap.url("/")
    }

    fn trapped(&self) -> usize {
        self.trap.connections()
    }

    fn unknown_name(&self) -> ImageUrl {
        url("http://nobody.invalid/")
    }

    fn nobody_there(&self) -> ImageUrl {
        self.nobody.clone()
    }

    fn sha256(&self, bytes: &[u8]) -> Sha256 {
        Sha256(sha2::Sha256::digest(bytes).into())
    }
}

wareroom_port_contracts::image_source_suite!(OverHttp);
