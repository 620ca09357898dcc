//! A service in trouble, and a network in trouble: what callers are told, and how often is tried.

use super::*;
use futures::StreamExt;
use tokio::time::Instant;
use wareroom_ports::{BlobError, BlobStoreExt};
use wareroom_test_s3::Trouble;

/// What there is to do with a blob store.
const CALLS: [&str; 7] = ["put", "get", "head", "delete", "list", "leftovers", "check"];

async fn call(blobs: &S3Blobs, call: &str) -> Result<(), BlobError> {
    match call {
        "put" => blobs.put(&SOURCE, content(1_000)).await,
        "get" => blobs.read(&RENDITION).await.map(drop),
        "head" => blobs.head(&RENDITION).await.map(drop),
        "delete" => blobs.delete(&SOURCE).await,
        "list" => blobs.list(None).next().await.transpose().map(drop),
        "leftovers" => blobs.leftovers(Duration::ZERO, false).await.map(drop),
        _ => blobs.check().await,
    }
}

#[tokio::test]
async fn a_service_that_cannot_now_is_asked_three_times_and_is_unavailable() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&RENDITION, content(1_000)).await.unwrap();
    for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests")] {
        for name in CALLS {
            bucket.wire.set(Trouble::Answers(status, code)).await;
            let outcome = call(&bucket.blobs, name).await;
            assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{name}: {outcome:?}");
            assert_eq!(bucket.wire.connections(), 3, "{name}");
        }
    }
    bucket.wire.set(Trouble::None).await;
    for name in CALLS {
        call(&bucket.blobs, name).await.unwrap();
    }
}

#[tokio::test]
async fn what_waiting_does_not_change_is_asked_once() {
    let bucket = Bucket::new().await;
    for name in CALLS {
        bucket.wire.set(Trouble::Answers(403, "AccessDenied")).await;
        let outcome = call(&bucket.blobs, name).await;
        assert!(matches!(outcome, Err(BlobError::Denied)), "{name}: {outcome:?}");
        bucket.wire.set(Trouble::Answers(507, "XMinioStorageFull")).await;
        let outcome = call(&bucket.blobs, name).await;
        assert!(matches!(outcome, Err(BlobError::Full)), "{name}: {outcome:?}");
        assert_eq!(bucket.wire.connections(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_service_that_keeps_silent_is_given_up_in_time() {
    let bucket = Bucket::new().await;
    // A busy machine may be too slow for so little patience, when there is no other trouble.
    let blobs = loop {
        if let Ok(blobs) = S3Blobs::open(impatient(bucket.wire.address()), own()).await {
            break blobs;
        }
    };
    for name in CALLS {
        bucket.wire.set(Trouble::Silent).await;
        let began = Instant::now();
        let outcome = call(&blobs, name).await;
        assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{name}: {outcome:?}");
        // Three times 300 ms of silence; a put that may have been done is put once more.
        assert!(began.elapsed() < Duration::from_secs(15), "{name} took {:?}", began.elapsed());
        assert!(bucket.wire.connections() <= 4, "{name}: {} attempts", bucket.wire.connections());
    }
}

#[tokio::test]
async fn a_put_that_is_cut_in_the_middle_shows_nothing_and_is_tried_a_few_times() {
    let bucket = Bucket::new().await;
    let whole = content(4 << 20);
    bucket.wire.set(Trouble::CutRequest(1 << 20)).await;
    let outcome = bucket.blobs.put(&SOURCE, whole.clone()).await;
    assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{outcome:?}");
    assert!((2..=4).contains(&bucket.wire.connections()), "{} attempts", bucket.wire.connections());
    bucket.wire.set(Trouble::None).await;
    assert_eq!(bucket.blobs.head(&SOURCE).await.unwrap(), None);
    assert!(!bucket.file(&SOURCE).exists());
    bucket.blobs.put(&SOURCE, whole.clone()).await.unwrap();
    assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == whole);
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_is_done_once_and_said_to_be_done_when_it_can_be_known() {
    let bucket = Bucket::new().await;
    bucket.wire.set(Trouble::CutAnswer(0)).await;
    let outcome = bucket.blobs.put(&SOURCE, content(1_000)).await;
    assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{outcome:?}");
    assert_eq!(fs::read(bucket.file(&SOURCE)).unwrap(), content(1_000));
    bucket.wire.set(Trouble::None).await;
    bucket.blobs.put(&SOURCE, content(1_000)).await.unwrap();
}

#[tokio::test]
async fn a_body_that_is_cut_goes_on_where_it_was() {
    let bucket = Bucket::new().await;
    let whole = content(2 << 20);
    bucket.blobs.put(&SOURCE, whole.clone()).await.unwrap();
    // Each attempt gets less than the whole, and two of them all of it.
    bucket.wire.set(Trouble::CutAnswer(1_200 << 10)).await;
    assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == whole);
    assert_eq!(bucket.wire.connections(), 2);
}

#[tokio::test]
async fn a_body_that_cannot_be_had_to_its_end_ends_in_an_error() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&SOURCE, content(2 << 20)).await.unwrap();
    bucket.wire.set(Trouble::CutAnswer(200 << 10)).await;
    let outcome = bucket.blobs.read(&SOURCE).await;
    assert!(matches!(outcome, Err(BlobError::Unavailable(_))), "{:?}", outcome.map(|read| read.map(|read| read.len())));
    assert_eq!(bucket.wire.connections(), 3);
}

#[tokio::test]
async fn a_slow_service_is_no_lost_one() {
    let bucket = Bucket::new().await;
    let whole = content(2 << 20);
    bucket.blobs.put(&SOURCE, whole.clone()).await.unwrap();
    let once = S3Config { answer_time: Duration::from_secs(3), retries: 0, ..config(bucket.wire.address()) };
    let blobs = S3Blobs::open(once, own()).await.unwrap();
    // The whole takes longer than a silence may, and no silence is as long.
    bucket.wire.set(Trouble::Slow(Duration::from_millis(40))).await;
    let began = Instant::now();
    assert!(blobs.read(&SOURCE).await.unwrap().unwrap() == whole);
    assert!(began.elapsed() > Duration::from_secs(3), "it was not slow: {:?}", began.elapsed());
}

#[tokio::test]
async fn callers_are_told_neither_where_it_is_nor_how_to_get_in() {
    let bucket = Bucket::new().await;
    for trouble in [Trouble::Answers(503, "SlowDown"), Trouble::Answers(418, "Teapot"), Trouble::CutAnswer(0)] {
        bucket.wire.set(trouble).await;
        let error = bucket.blobs.head(&SOURCE).await.unwrap_err();
        for told in ["127.0.0.1", "secret", "key", "wareroom"] {
            assert!(!error.to_string().contains(told), "{error}");
        }
        // The log may say where; the key's secret belongs nowhere.
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn a_health_check_does_not_wait_for_all_attempts() {
    let bucket = Bucket::new().await;
    let blobs = S3Config {
        answer_time: Duration::from_mins(1),
        check_time: Duration::from_millis(300),
        ..config(bucket.wire.address())
    };
    let blobs = S3Blobs::open(blobs, own()).await.unwrap();
    bucket.wire.set(Trouble::Silent).await;
    let began = Instant::now();
    assert!(matches!(blobs.check().await, Err(BlobError::Unavailable(_))));
    assert!(began.elapsed() < Duration::from_secs(5));
}
