//! Large blobs, sent in parts.

use super::*;
use tokio::time::{sleep, timeout};
use wareroom_ports::{BlobError, BlobStoreExt};
use wareroom_test_s3::Trouble;

/// Three parts, the last one short.
const LARGE: u32 = (11 << 20) + 1;

async fn until(what: &str, done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("{what}: not within 20 s"));
}

#[tokio::test]
async fn a_large_blob_is_put_together_from_its_parts() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&SOURCE, content(LARGE)).await.unwrap();
    assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == content(LARGE));
    let etag = bucket.raw().head(&place(&SOURCE)).await.unwrap().e_tag.unwrap();
    assert!(etag.ends_with("-3\""), "{etag} is not that of three parts");
    assert_eq!(bucket.parts(), 0);
}

#[tokio::test]
async fn an_upload_that_is_dropped_half_way_is_aborted_and_never_seen() {
    let bucket = Bucket::new().await;
    // One small step at a time, so that it is caught in the middle.
    bucket.wire.set(Trouble::Slow(Duration::from_millis(30))).await;
    let put = tokio::spawn({
        let blobs = Arc::clone(&bucket.blobs);
        async move { blobs.put(&SOURCE, content(LARGE)).await }
    });
    // The upload itself, and a part of it.
    until("a part arrives", || bucket.parts() >= 2).await;
    put.abort();
    assert!(put.await.unwrap_err().is_cancelled());
    until("the upload is aborted", || bucket.parts() == 0).await;
    bucket.wire.set(Trouble::None).await;
    assert_eq!(bucket.blobs.head(&SOURCE).await.unwrap(), None);
    bucket.blobs.put(&SOURCE, content(LARGE)).await.unwrap();
    assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == content(LARGE));
}

#[tokio::test]
async fn an_upload_that_fails_half_way_is_never_seen() {
    let bucket = Bucket::new().await;
    // Enough for the beginning of a part, on whichever connection.
    bucket.wire.set(Trouble::CutRequest(2 << 20)).await;
    let failed = bucket.blobs.put(&SOURCE, content(LARGE)).await;
    assert!(matches!(failed, Err(BlobError::Unavailable(_))), "{failed:?}");
    until("the upload is aborted", || bucket.parts() == 0).await;
    bucket.wire.set(Trouble::None).await;
    assert_eq!(bucket.blobs.head(&SOURCE).await.unwrap(), None);
    bucket.blobs.put(&SOURCE, content(LARGE)).await.unwrap();
    assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == content(LARGE));
}
