//! `/healthz`, request ids and traces.

use crate::support::{Form, TestApi, picture, request};
use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use poem::http::Method;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wareroom_app_api::{ApiSettings, LostPart};
use wareroom_domain::{BlobKey, Lane};
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

#[tokio::test]
async fn a_process_that_stops_is_live_and_not_ready() {
    let test = TestApi::new();
    assert_eq!(test.get("/healthz/live").await.is(200).json()["status"], "live");
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["status"], "ready");
    test.api.readiness().stop();
    let answer = test.get("/healthz/ready").await.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "5");
    test.get("/healthz/live").await.is(200);
}

/// A blob store that is out of reach.
struct Away;

fn away() -> BlobError {
    BlobError::Unavailable("connection to 10.0.0.7 refused".into())
}

#[async_trait]
impl BlobStore for Away {
    async fn put(&self, _: &BlobKey, _: Bytes) -> Result<(), BlobError> {
        Err(away())
    }
    async fn get(&self, _: &BlobKey, _: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        Err(away())
    }
    async fn head(&self, _: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        Err(away())
    }
    async fn delete(&self, _: &BlobKey) -> Result<(), BlobError> {
        Err(away())
    }
    fn list(&self, _: Option<&BlobKey>) -> BlobListing {
        Box::pin(futures::stream::iter([Err(away())]))
    }
    async fn leftovers(&self, _: Duration, _: bool) -> Result<u64, BlobError> {
        Err(away())
    }
    async fn check(&self) -> Result<(), BlobError> {
        Err(away())
    }
}

#[tokio::test]
async fn without_its_stores_it_is_not_ready_and_says_nothing_of_where_they_are() {
    let test = TestApi::with(|ports| ports.blobs = Arc::new(Away), ApiSettings::default()).with_product().await;
    let media = format!("/media/{}.jpg", "0".repeat(64));
    let form = Form::default().part("file", "a", &picture(1, 1));
    for answer in
        [test.get("/healthz/ready").await, test.get(&media).await, test.upload("/products/1/images", form).await]
    {
        let answer = answer.problem(503, "unavailable");
        assert!(!String::from_utf8_lossy(&answer.body).contains("10.0.0.7"));
        assert_eq!(answer.header("retry-after"), "5");
    }
    test.get("/products/1").await.is(200);
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_another_one_replaced() {
    let test = TestApi::new();
    let longest = "x".repeat(128);
    for sane in ["a", "req-42/ü".trim_end_matches('ü'), &longest] {
        assert_eq!(test.get_with("/healthz/live", "X-Request-Id", sane).await.header("x-request-id"), sane);
    }
    let too_long = "x".repeat(129);
    for other in ["", "two words", &too_long] {
        let given = test.get_with("/healthz/live", "X-Request-Id", other).await.header("x-request-id").to_owned();
        assert_eq!(given.len(), 36, "{given}");
    }
}

#[tokio::test]
async fn the_request_is_known_to_the_job_that_it_caused() {
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let test = TestApi::new().with_product().await;
    let form = Form::default().part("file", "a", &picture(1, 1)).finish();
    let request = request(Method::POST, "/products/1/images")
        .content_type("multipart/form-data; boundary=frontier")
        .header("X-Request-Id", "req-42")
        .header("traceparent", TRACE)
        .body(form);
    test.send(request).await.is(201);
    let mut consumer = test.application.ports().queue.consume(Lane::Images, 1).await.unwrap();
    let trace = consumer.receive().await.unwrap().message.trace.clone();
    assert_eq!((trace.request_id.as_deref(), trace.traceparent.as_deref()), (Some("req-42"), Some(TRACE)));
}

#[tokio::test]
async fn readiness_tells_of_a_worker_that_holds_back() {
    let test = TestApi::new();
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["worker"], "elsewhere");
    let holds = Arc::new(AtomicBool::new(false));
    test.api.readiness().watch_worker({
        let holds = Arc::clone(&holds);
        move || holds.load(Ordering::SeqCst)
    });
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["worker"], "working");
    holds.store(true, Ordering::SeqCst);
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["worker"], "holding");
}

#[tokio::test]
async fn readiness_names_what_is_lost_and_what_it_does_without() {
    let test = TestApi::new();
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["lost"], serde_json::json!([]));
    let lost = Arc::new(Mutex::new(vec![LostPart::Queue, LostPart::Cache]));
    test.api.readiness().watch_parts({
        let lost = Arc::clone(&lost);
        move || {
            let lost = lost.lock().unwrap().clone();
            async move { lost }.boxed()
        }
    });
    assert_eq!(test.get("/healthz/ready").await.is(200).json()["lost"], serde_json::json!(["queue", "cache"]));
    let detail = async |parts: &[LostPart]| {
        parts.clone_into(&mut lost.lock().unwrap());
        let answer = test.get("/healthz/ready").await.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "5");
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(detail(&[LostPart::Store]).await, "the store does not answer; try again later");
    let several = detail(&[LostPart::Store, LostPart::Blobs, LostPart::Cache]).await;
    assert_eq!(several, "the store and the blob store do not answer; try again later");
    assert_eq!(test.get("/healthz/live").await.is(200).json()["lost"], serde_json::json!([]));
}
