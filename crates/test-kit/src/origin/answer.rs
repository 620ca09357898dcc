//! Writes a page to whoever asked for it.

use super::OriginPage;
use std::fmt::Write as _;
use std::future::pending;
use std::io::Result;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;

/// How many bytes are written at a time where there are many.
const PIECE: usize = 1 << 16;

/// Answers with a page that was asked for by that path. Ends the connection when it returns.
pub(super) async fn write(stream: &mut TcpStream, page: &OriginPage, path: &str) -> Result<()> {
    match page {
        OriginPage::Bytes { media_type, encoding, bytes } => {
            let mut headers = format!("Content-Type: {media_type}\r\n");
            if let Some(encoding) = encoding {
                let _ = write!(headers, "Content-Encoding: {encoding}\r\n");
            }
            whole(stream, 200, &headers, bytes).await?;
        }
        OriginPage::Status { status, retry_after, body } => {
            let headers = retry_after.map(|wait| format!("Retry-After: {}\r\n", wait.as_secs())).unwrap_or_default();
            whole(stream, *status, &headers, body).await?;
        }
        OriginPage::Large { bytes, announced: true } => {
            head(stream, 200, &format!("Content-Length: {bytes}\r\n")).await?;
            for length in pieces(*bytes) {
                stream.write_all(&vec![0; length]).await?;
            }
        }
        OriginPage::Large { bytes, announced: false } => {
            head(stream, 200, "Transfer-Encoding: chunked\r\n").await?;
            for length in pieces(*bytes) {
                chunk(stream, &vec![0; length]).await?;
            }
            stream.write_all(b"0\r\n\r\n").await?;
        }
        OriginPage::Endless => {
            head(stream, 200, "Transfer-Encoding: chunked\r\n").await?;
            loop {
                chunk(stream, &vec![0; PIECE]).await?;
            }
        }
        OriginPage::Trickle { bytes, pause } => {
            head(stream, 200, &format!("Content-Length: {}\r\n", bytes.len())).await?;
            for byte in bytes {
                tokio::time::sleep(*pause).await;
                stream.write_all(&[*byte]).await?;
            }
        }
        OriginPage::Silence => pending().await,
        OriginPage::BreaksOff(bytes) => {
            head(stream, 200, &format!("Content-Length: {}\r\n", bytes.len())).await?;
            stream.write_all(&bytes[..bytes.len() / 2]).await?;
        }
        OriginPage::Misannounced { bytes, length } => {
            head(stream, 200, &format!("Content-Length: {length}\r\n")).await?;
            stream.write_all(bytes).await?;
            if *length > bytes.len() as u64 {
                pending::<()>().await;
            }
        }
        OriginPage::Redirect(url) => whole(stream, 302, &format!("Location: {url}\r\n"), b"over there").await?,
        OriginPage::RedirectLoop => whole(stream, 302, &format!("Location: {path}\r\n"), b"over there").await?,
        // It was resolved to one of the others before.
        OriginPage::Recovers { then, .. } => Box::pin(write(stream, then, path)).await?,
    }
    stream.shutdown().await
}

async fn head(stream: &mut TcpStream, status: u16, headers: &str) -> Result<()> {
    let head = format!("HTTP/1.1 {status} So\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await
}

async fn whole(stream: &mut TcpStream, status: u16, headers: &str, body: &[u8]) -> Result<()> {
    head(stream, status, &format!("{headers}Content-Length: {}\r\n", body.len())).await?;
    stream.write_all(body).await
}

async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    let mut buffered = BufWriter::with_capacity(PIECE + 16, stream);
    buffered.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    buffered.write_all(bytes).await?;
    buffered.write_all(b"\r\n").await?;
    buffered.flush().await
}

/// The lengths of the pieces of so many bytes.
fn pieces(bytes: u64) -> impl Iterator<Item = usize> {
    let (whole, rest) = (bytes / PIECE as u64, usize::try_from(bytes % PIECE as u64).unwrap());
    (0..whole).map(|_| PIECE).chain((rest > 0).then_some(rest))
}
