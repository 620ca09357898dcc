//! Asks another process's `/healthz/ready` over the wire, for a command that tells a container whether its server is ready.
//! One request, one connection, plain HTTP: on the way to this machine or a neighbour nothing is encrypted.

use bytes::Bytes;
use http::{Request, Uri, header::HOST};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use wareroom_ports::BoxError;

/// The longest answer that is read, in bytes: ours have some hundred.
const LONGEST: usize = 64 * 1024;

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The status: 200 when it is ready.
    pub status: u16,
    /// The body: when it is not ready, a problem document that says why.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No server can be asked at such a URL.
    #[error("{0:?} is no http URL such as http://127.0.0.1:8080")]
    Url(String),
    /// Nobody listens there.
    #[error("the server cannot be reached")]
    Connect(#[source] std::io::Error),
    /// Whoever listens there does not speak HTTP, breaks off or says too much.
    #[error("the answer cannot be read")]
    Answer(#[source] BoxError),
    /// It took too long.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

impl ProbeError {
    /// Whether it is the question that is wrong, not the server.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Url(_))
    }
}

/// Asks the server whose API begins at this URL, and waits no longer than the limit, over all.
pub async fn probe(url: &str, limit: Duration) -> Result<Probed, ProbeError> {
    let target = Target::read(url).ok_or_else(|| ProbeError::Url(url.to_owned()))?;
    timeout(limit, ask(target)).await.unwrap_or(Err(ProbeError::Timeout(limit)))
}

/// Whom to connect to, and what to ask for.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    authority: String,
    path: String,
}

impl Target {
    fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http"))?;
        let plain = uri.query().is_none() && !authority.as_str().contains('@') && !authority.host().is_empty();
        plain.then(|| Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            path: format!("{}/healthz/ready", uri.path().trim_end_matches('/')),
        })
    }
}

async fn ask(Target { host, port, authority, path }: Target) -> Result<Probed, ProbeError> {
    let unread = |error: hyper::Error| ProbeError::Answer(error.into());
    let stream = TcpStream::connect((host.as_str(), port)).await.map_err(ProbeError::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unread)?;
    let request = Request::get(path).header(HOST, authority).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| ProbeError::Answer(error.into()))?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(unread)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(ProbeError::Answer)?;
        Ok(Probed { status, body: body.to_bytes() })
    };
    // The connection carries the answer: it is driven beside the question, and ends with it.
    tokio::pin!(answer);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        answered = &mut answer => answered,
        driven = &mut connection => match driven {
            Ok(()) => answer.await,
            Err(error) => Err(unread(error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const LIMIT: Duration = Duration::from_secs(10);

    /// A server that answers one connection with these bytes; its URL.
    async fn server(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).await.unwrap();
            assert!(asked[..read].starts_with(b"GET /healthz/ready HTTP/1.1\r\n"));
            let _ = stream.write_all(&answer).await;
        });
        url
    }

    #[tokio::test]
    async fn the_answer_is_given_whatever_it_is() {
        for (status, body) in [(200, "{}"), (503, "{\"detail\":\"stopping\"}")] {
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let probed = probe(&server(answer.into_bytes()).await, LIMIT).await.unwrap();
            assert_eq!((probed.status, &probed.body[..]), (status, body.as_bytes()));
        }
    }

    #[tokio::test]
    async fn what_is_no_answer_is_told_apart() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        assert!(matches!(probe(&nobody, LIMIT).await, Err(ProbeError::Connect(_))));
        for strange in [b"SSH-2.0-x\r\n".to_vec(), vec![], b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".to_vec()] {
            let answered = probe(&server(strange.clone()).await, LIMIT).await;
            assert!(matches!(answered, Err(ProbeError::Answer(_))), "{strange:?}: {answered:?}");
        }
        let mut endless = b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n".to_vec();
        endless.resize(LONGEST * 2, b' ');
        assert!(matches!(probe(&server(endless).await, LIMIT).await, Err(ProbeError::Answer(_))));
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let answered = probe(&url, Duration::from_millis(50)).await;
        assert!(matches!(answered, Err(ProbeError::Timeout(_))), "{answered:?}");
    }

    #[test]
    fn only_plain_http_urls_are_asked() {
        let target = |url| Target::read(url).map(|target| (target.host, target.port, target.authority, target.path));
        let expected = |host: &str, port, authority: &str, path: &str| {
            Some((host.to_owned(), port, authority.to_owned(), path.to_owned()))
        };
        assert_eq!(target("http://a.example"), expected("a.example", 80, "a.example", "/healthz/ready"));
        assert_eq!(target("http://[::1]:81/x/"), expected("::1", 81, "[::1]:81", "/x/healthz/ready"));
        for url in ["", "a.example", "https://a.example", "/x", "http://", "http://u:p@a.example", "http://a.example?b"]
        {
            assert_eq!(target(url), None, "{url:?}");
        }
    }
}
