//! The port over HTTP: one fetch, hop by hop.

use crate::body::{Body, Packing};
use crate::config::{ACCEPT, REDIRECTS};
use crate::error::source_error;
use crate::resolver::{Guarded, Lookup, system};
use crate::retry_after::retry_after;
use crate::room::{FREE, Housed, Room};
use crate::{Cidr, DownloadConfig, OpenError, allowed};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::{ACCEPT as ACCEPTED, ACCEPT_ENCODING, CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Certificate, Client, Response, StatusCode, redirect::Policy};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wareroom_domain::ImageUrl;
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

/// Images from the web.
pub struct DownloadSource {
    client: Client,
    opened: Arc<[Cidr]>,
    room: Room,
}

/// The time that the other side has left. Stands still while we are the ones who are not ready.
struct TimeLeft(Duration);

impl TimeLeft {
    async fn run<T>(&mut self, work: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        let begun = Instant::now();
        let outcome = timeout(self.0, work).await.unwrap_or(Err(SourceError::Timeout));
        self.0 = self.0.saturating_sub(begun.elapsed());
        outcome
    }
}

impl DownloadSource {
    /// Sets up the client. Servers are believed whose certificates the system trusts, or Mozilla's list, for machines that
    /// have no certificates of their own.
    pub fn open(config: DownloadConfig) -> Result<Self, OpenError> {
        Self::with_lookup(config, Arc::new(system))
    }

    pub(crate) fn with_lookup(config: DownloadConfig, lookup: Arc<Lookup>) -> Result<Self, OpenError> {
        let opened: Arc<[Cidr]> = config.allow.into();
        let headers = HeaderMap::from_iter([
            (ACCEPTED, HeaderValue::from_static(ACCEPT)),
            // Images do not get smaller by packing; some servers pack all the same.
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        let roots: Result<Vec<_>, _> =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)).collect();
        let client = Client::builder()
            // A proxy would do the dialling, and the guard would see nothing but the proxy.
            .no_proxy()
            // Redirects are followed below, where each is looked at.
            .redirect(Policy::none())
            .referer(false)
            .dns_resolver(Guarded::new(lookup, Arc::clone(&opened)))
            .tls_certs_merge(roots.map_err(|error| OpenError::Client(error.into()))?)
            .default_headers(headers)
            .user_agent(config.user_agent)
            // A connection that waits may be closed by the server just as it is used again, which looks like a failure.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| OpenError::Client(error.into()))?;
        Ok(Self { client, opened, room: Room::new(config.memory) })
    }

    /// The answer that redirects lead to.
    async fn follow(&self, url: &ImageUrl) -> Result<Response, SourceError> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.request(&url).await?;
            match redirected(&url, &response)? {
                Some(next) => url = next,
                None => return Ok(response),
            }
        }
        Err(SourceError::TooManyRedirects)
    }

    /// One request. An address that stands in the URL never reaches the resolver, so it is looked at here.
    async fn request(&self, url: &ImageUrl) -> Result<Response, SourceError> {
        if literal(url).is_some_and(|address| !allowed(address, &self.opened)) {
            return Err(SourceError::BlockedAddress);
        }
        self.client.get(url.as_url().clone()).send().await.map_err(source_error)
    }
}

/// The address that a URL names instead of a host.
pub(crate) fn literal(url: &ImageUrl) -> Option<IpAddr> {
    // IPv6 addresses stand in brackets; nothing else that a host may be parses as an address.
    let host = url.as_url().host_str()?;
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// Where a response leads on to, if it does. A target that is no URL to be fetched is not allowed.
fn redirected(from: &ImageUrl, response: &Response) -> Result<Option<ImageUrl>, SourceError> {
    use StatusCode as S;
    let moved = [S::MOVED_PERMANENTLY, S::FOUND, S::SEE_OTHER, S::TEMPORARY_REDIRECT, S::PERMANENT_REDIRECT];
    let Some(location) = response.headers().get(LOCATION).filter(|_| moved.contains(&response.status())) else {
        return Ok(None);
    };
    // Some servers send UTF-8, although headers are ASCII.
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| SourceError::BlockedAddress)?;
    from.join(location).map(Some).map_err(|_| SourceError::BlockedAddress)
}

/// How many bytes a response announces, if it does; an error when it is none to be read.
fn accepted(response: &Response, limit: u64) -> Result<Option<u64>, SourceError> {
    let status = response.status();
    if !status.is_success() {
        let says = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let retry_after = retry_after(response.headers()).filter(|_| says);
        return Err(SourceError::Status { status: status.as_u16(), retry_after });
    }
    // Announced is enough to refuse it; what is not announced, or announced wrongly, is counted as it arrives.
    let announced = response.content_length();
    if announced.is_some_and(|announced| announced > limit) {
        Err(SourceError::TooLarge { limit })
    } else {
        Ok(announced)
    }
}

fn packing(response: &Response) -> Result<Packing, SourceError> {
    let mut encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    let (encoding, further) = (encodings.next(), encodings.next());
    let packing = match (encoding.map(HeaderValue::to_str), further) {
        (None, _) => Some(Packing::None),
        (Some(Ok(encoding)), None) => Packing::read(Some(encoding)),
        _ => None,
    };
    packing.ok_or_else(|| SourceError::Unreachable("packed in a way that was not asked for".into()))
}

#[async_trait]
impl ImageSource for DownloadSource {
    async fn fetch(&self, url: &ImageUrl, limits: &FetchLimits) -> Result<Fetched, SourceError> {
        let mut time = TimeLeft(limits.total);
        let mut response = time.run(self.follow(url)).await?;
        let announced = accepted(&response, limits.bytes)?;
        let packing = packing(&response)?;
        let (mut body, mut room) = (Body::new(packing, limits.bytes), None);
        while let Some(piece) = time.run(async { response.chunk().await.map_err(source_error) }).await? {
            // What a packed piece will become is not known before.
            if room.is_none() && (packing == Packing::Gzip || body.held() + piece.len() as u64 > FREE) {
                let most = announced.filter(|_| packing == Packing::None).unwrap_or(limits.bytes);
                room = Some(self.room.take(most).await);
                body.reserve(most);
            }
            body.take(&piece)?;
        }
        let (bytes, sha256) = body.end()?;
        Ok(Fetched { bytes: Bytes::from_owner(Housed { bytes, _room: room }), sha256 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A name that leads outside when it is asked for first and inside ever after: what is dialled is what was looked at.
    #[tokio::test]
    async fn a_name_that_changes_its_mind_is_dialled_where_it_was_looked_at() {
        let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = web.local_addr().unwrap().port();
        let trap = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let lookup = move |_| -> crate::resolver::Answer {
            let last = if counted.fetch_add(1, Ordering::SeqCst) == 0 { 1 } else { 2 };
            Box::pin(async move { Ok(vec![SocketAddr::from(([127, 0, 0, last], 0))]) })
        };
        let config = DownloadConfig { allow: vec!["127.0.0.1".parse().unwrap()], ..DownloadConfig::default() };
        let source = DownloadSource::with_lookup(config, Arc::new(lookup)).unwrap();
        let served = tokio::spawn(async move {
            let (mut stream, _) = web.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1000]).await.unwrap();
            let answer = b"HTTP/1.1 200 So\r\nContent-Length: 5\r\nConnection: close\r\n\r\nimage";
            stream.write_all(answer).await.unwrap();
        });
        let url = ImageUrl::new(&format!("http://rebinding.example:{port}/")).unwrap();
        let limits = FetchLimits { bytes: 10, total: Duration::from_secs(15) };
        assert_eq!(&source.fetch(&url, &limits).await.unwrap().bytes[..], b"image");
        served.await.unwrap();
        assert!(matches!(source.fetch(&url, &limits).await, Err(SourceError::BlockedAddress)));
        assert_eq!(asked.load(Ordering::SeqCst), 2, "a name is asked for once a connection");
        assert!(timeout(Duration::from_millis(100), trap.accept()).await.is_err(), "the trap was reached");
    }
}
