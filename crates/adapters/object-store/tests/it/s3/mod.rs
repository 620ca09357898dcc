//! A bucket of one's own, behind a wire that can be disturbed.

mod faults;
mod opening;
mod storing;
mod uploads;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use object_store::{
    ClientOptions, ObjectStoreExt, PutPayload,
    aws::{AmazonS3, AmazonS3Builder},
    client::{HttpConnector, HttpResponse, ReqwestConnector},
    path::Path as Location,
};
use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use uuid::Uuid;
use wareroom_domain::{BlobKey, Format, Sha256};
use wareroom_object_store::{S3Blobs, S3Config};
use wareroom_port_contracts::{async_trait, blobs::BlobsFixture, media_links::MediaLinksFixture};
use wareroom_ports::{BlobStore, MediaLinks};
use wareroom_test_s3::{S3Server, ServerConfig, Wire};

const SOURCE: BlobKey = BlobKey::Source(Sha256([7; 32]));
const RENDITION: BlobKey = BlobKey::Rendition(Sha256([8; 32]), Format::WebP);

/// Bytes without a pattern that a cut could hide in.
fn content(length: u32) -> Bytes {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// A server, its bucket, and a client behind a wire.
pub(crate) struct Bucket {
    folder: TempDir,
    server: S3Server,
    wire: Wire,
    blobs: Arc<S3Blobs>,
    left: AtomicU64,
}

/// Variables as the environment would have them.
fn variables(endpoint: SocketAddr, key: &str, secret: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", format!("http://{endpoint}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "here".to_owned()),
        ("AWS_ACCESS_KEY_ID", key.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// A bucket behind an endpoint: with the patience that a busy machine needs, and few attempts.
fn config(endpoint: SocketAddr) -> S3Config {
    S3Config {
        answer_time: Duration::from_secs(20),
        retries: 2,
        retry_time: Duration::from_secs(30),
        check_time: Duration::from_secs(30),
        parts_from: 6 << 20,
        part_bytes: 5 << 20,
        ..S3Config::at("s3://wareroom/shop/one", variables(endpoint, "key", "secret"))
    }
}

/// The same, with no patience for a service that keeps silent.
fn impatient(endpoint: SocketAddr) -> S3Config {
    S3Config { answer_time: Duration::from_millis(300), ..config(endpoint) }
}

fn own() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

impl Bucket {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut kind = ServerConfig::at(folder.path());
        change(&mut kind);
        let server = S3Server::start(kind).await.unwrap();
        let wire = Wire::to(server.address()).await.unwrap();
        let blobs = Arc::new(S3Blobs::open(config(wire.address()), own()).await.unwrap());
        Self { folder, server, wire, blobs, left: AtomicU64::new(0) }
    }

    /// Where an object lies on the server's disk.
    fn file(&self, name: &impl ToString) -> PathBuf {
        self.folder.path().join("wareroom/shop/one").join(name.to_string())
    }

    /// Straight to the server, by somebody else.
    fn raw(&self) -> AmazonS3 {
        let builder = AmazonS3Builder::new().with_allow_http(true).with_region("here").with_bucket_name("wareroom");
        let builder = builder.with_endpoint(format!("http://{}", self.server.address()));
        builder.with_access_key_id("key").with_secret_access_key("secret").build().unwrap()
    }

    /// What the server keeps of uploads that have not ended.
    fn parts(&self) -> usize {
        let names = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".upload")).count()
    }
}

fn place(name: &impl ToString) -> Location {
    Location::from(format!("shop/one/{}", name.to_string()))
}

/// What anybody gets who follows a link.
async fn follow(method: Method, link: &str) -> HttpResponse {
    let client = ReqwestConnector::default().connect(&ClientOptions::new().with_allow_http(true)).unwrap();
    let request = Request::builder().method(method).uri(link).body(Vec::new().into()).unwrap();
    client.execute(request).await.unwrap()
}

#[async_trait]
impl BlobsFixture for Bucket {
    async fn fresh() -> Self {
        Self::new().await
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.blobs) as _
    }

    async fn reopened(&self) -> Arc<dyn BlobStore> {
        Arc::new(S3Blobs::open(config(self.wire.address()), own()).await.unwrap())
    }

    /// What checks leave; the rest of it is not to be seen.
    async fn leave_behind(&self) -> u64 {
        for _ in 0..3 {
            let number = self.left.fetch_add(1, Ordering::SeqCst);
            let probe = place(&format!("probes/of-the-dead-{number}"));
            self.raw().put(&probe, PutPayload::from_static(b"wareroom")).await.unwrap();
        }
        3
    }
}

#[async_trait]
impl MediaLinksFixture for Bucket {
    async fn fresh() -> Self {
        Self::new().await
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.blobs) as _
    }

    fn links(&self) -> Arc<dyn MediaLinks> {
        Arc::new(self.blobs.links())
    }

    async fn follow(&self, url: &str) -> Option<Bytes> {
        let answer = follow(Method::GET, url).await;
        let found = answer.status() == StatusCode::OK;
        let bytes = answer.into_body().bytes().await.unwrap();
        found.then_some(bytes)
    }
}
