//! How uploads are received: no more is read, and no more is held, than is worth it.

use crate::support::{Answer, BOUNDARY, Form, TestApi, counted, picture, request};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use poem::http::Method;
use poem::{Body, Request};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_app_api::ApiSettings;
use wareroom_domain::BlobKey;
use wareroom_memory::MemoryBlobs;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

fn upload(path: &str, body: Body) -> Request {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    request(Method::POST, path).content_type(&content_type).body(body)
}

fn form() -> Vec<u8> {
    Form::default().part("file", "a", &picture(4, 4)).finish()
}

/// Room for one file of the largest size, rounded up.
const ONE_FILE: u64 = 4 * 1024;

fn settings(upload_memory_bytes: u64) -> ApiSettings {
    ApiSettings { upload_memory_bytes, ..ApiSettings::default() }
}

#[tokio::test]
async fn a_product_that_is_not_there_is_told_before_anything_is_read() {
    let test = TestApi::new().with_product().await;
    let (body, taken) = counted([Bytes::from(form())]);
    test.send(upload("/products/2/images", body)).await.problem(404, "not_found");
    assert_eq!(taken.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_head_without_end_is_given_up_early() {
    let test = TestApi::new().with_product().await;
    let file = String::from_utf8_lossy(&Form::default().part("file", "a", b"x").cut()).into_owned();
    let unknown = file.replace("name=\"file\"", "name=\"other\"");
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
    for start in ["", &head, &format!("--{BOUNDARY}"), &format!("{file}{head}"), &format!("{unknown}{head}")] {
        for piece in [1000, 1 << 20] {
            let pieces = [Bytes::from(start.to_owned())]
                .into_iter()
                .chain(vec![Bytes::from(vec![b' '; piece]); (1 << 20) / piece]);
            let (body, taken) = counted(pieces);
            test.send(upload("/products/1/images", body)).await.problem(400, "invalid_request");
            let early = start.len() + 70_000.max(piece);
            assert!(taken.load(Ordering::Relaxed) <= early, "{} of {start}", taken.load(Ordering::Relaxed));
        }
    }
}

#[tokio::test]
async fn a_preamble_and_the_rest_of_what_is_not_kept_are_passed_over() {
    let test = TestApi::new().with_product().await;
    let preamble = [b"x".repeat(50_000), b"\r\n".to_vec(), form()].concat();
    test.send(upload("/products/1/images", Body::from(preamble))).await.is(201);
    let large = vec![0; 300_000];
    let long = Form::default().part("other", "a", &large).part("file", "b", &large).part("c", "c", b"");
    let answer = test.upload("/products/1/images", long).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/other", "/c", "/file/0"]);
}

#[tokio::test(start_paused = true)]
async fn uploads_beyond_the_memory_are_turned_away_until_there_is_room() {
    let test = TestApi::with(|_| {}, settings(ONE_FILE)).with_product().await;
    let begun = Bytes::from(Form::default().part("file", "a", b"half a picture").cut());
    let standing = Body::from_bytes_stream(stream::iter([Ok::<_, io::Error>(begun)]).chain(stream::pending()));
    {
        let mut first = Box::pin(test.send(upload("/products/1/images", standing)));
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut first).await.is_err());
        let begun = tokio::time::Instant::now();
        let (body, taken) = counted(form().chunks(100).map(Bytes::copy_from_slice).collect::<Vec<_>>());
        let refused = test.send(upload("/products/1/images", body)).await.problem(503, "unavailable");
        assert_eq!(refused.header("retry-after"), "5");
        assert!(begun.elapsed() <= Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(taken.load(Ordering::Relaxed) < form().len(), "the rest is not read");
    }
    for _ in 0..3 {
        test.send(upload("/products/1/images", Body::from(form()))).await.is(201);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_larger_than_all_the_memory_is_turned_away() {
    let test = TestApi::with(|_| {}, settings(1024)).with_product().await;
    test.send(upload("/products/1/images", Body::from(form()))).await.problem(503, "unavailable");
}

/// A blob store that keeps nothing until it is let.
pub(crate) struct Held {
    pub(crate) blobs: MemoryBlobs,
    pub(crate) let_go: Arc<Semaphore>,
}

#[async_trait]
impl BlobStore for Held {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        drop(self.let_go.acquire().await);
        self.blobs.put(key, bytes).await
    }
    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.blobs.get(key, range).await
    }
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.blobs.head(key).await
    }
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.blobs.delete(key).await
    }
    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.blobs.list(after)
    }
    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.blobs.leftovers(age, remove).await
    }
    async fn check(&self) -> Result<(), BlobError> {
        self.blobs.check().await
    }
}

#[tokio::test(start_paused = true)]
async fn memory_is_held_until_the_files_are_stored() {
    let let_go = Arc::new(Semaphore::new(0));
    let blobs = Held { blobs: MemoryBlobs::default(), let_go: Arc::clone(&let_go) };
    let test = TestApi::with(|ports| ports.blobs = Arc::new(blobs), settings(ONE_FILE)).with_product().await;
    let send = || test.send(upload("/products/1/images", Body::from(form())));
    let refused_meanwhile = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let refused: Answer = send().await.problem(503, "unavailable");
        let_go.add_permits(1);
        refused
    };
    let both = async { tokio::join!(send(), refused_meanwhile).0 };
    let first = tokio::time::timeout(Duration::from_secs(10), both).await;
    first.expect("the second upload is not turned away").is(201);
    send().await.is(201);
}
