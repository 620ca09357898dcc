//! What the log says: one line a request, and what lies underneath an error exactly once.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::framework::Failing;
use crate::support::{Form, TestApi, counted, picture, request};
use bytes::Bytes;
use futures::StreamExt;
use poem::Endpoint;
use poem::http::Method;
use serde_json::Value;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing::subscriber::DefaultGuard;
use wareroom_app_api::ApiSettings;
use wareroom_ports::StoreError;

/// The log of this thread, while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_request_is_one_line() {
    let test = TestApi::new().with_product().await;
    let (log, _guard) = Log::begin();
    let answer = test.get_with("/api/products/1", "X-Request-Id", "req-42").await.is(200);
    let lines = log.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for (field, value) in [
        ("request_id", Value::from("req-42")),
        ("method", "GET".into()),
        ("route", "/products/{id}".into()),
        ("status", 200.into()),
        ("bytes_in", 0.into()),
        ("bytes_out", answer.body.len().into()),
        ("cut", Value::Null),
        ("level", "INFO".into()),
        ("message", "answered".into()),
    ] {
        assert_eq!(lines[0][field], value, "{field}");
    }
    assert!(lines[0]["duration_ms"].is_u64());
}

#[tokio::test]
async fn bytes_are_counted_as_they_come_and_go() {
    let test = TestApi::new().with_product().await;
    let form = Form::default().part("file", "a.jpg", &picture(4, 4));
    let sent = Form::default().part("file", "a.jpg", &picture(4, 4)).finish().len();
    let (log, _guard) = Log::begin();
    let uploaded = test.upload("/products/1/images", form).await.is(201);
    test.send(request(Method::HEAD, "/products/1").finish()).await.is(200);
    let (body, _) = counted([Bytes::from_static(b"{}")]);
    test.send(request(Method::GET, "/products/1").header("If-None-Match", "*").body(body)).await.is(304);
    let refused = test.post("/users", "{}").await.is(422);
    let counts: Vec<_> = log.lines().iter().map(|line| (line["bytes_in"].clone(), line["bytes_out"].clone())).collect();
    // What nobody asked for is not read; an answer to HEAD has no body, whatever length it declares.
    let expected = [(sent, uploaded.body.len()), (0, 0), (0, 0), (2, refused.body.len())];
    assert_eq!(counts, expected.map(|(came, went)| (Value::from(came), Value::from(went))));
    assert!(log.lines().iter().all(|line| line["cut"].is_null()));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_logged_with_what_went_out() {
    let test = TestApi::new();
    let (log, _guard) = Log::begin();
    // Unpacked as it is sent, in portions.
    let asked = request(Method::GET, "/docs/scalar-1.72.1.js").finish();
    let answer = test.api.endpoint().call(asked).await.unwrap();
    let mut body = answer.into_body().into_bytes_stream();
    let first = body.next().await.unwrap().unwrap();
    assert_eq!(log.lines().len(), 0, "it is not sent yet");
    drop(body);
    let line = &log.lines()[0];
    assert_eq!((line["bytes_out"].as_u64(), line["cut"].as_bool()), (Some(first.len() as u64), Some(true)));
    assert_eq!((line["route"].as_str(), line["status"].as_u64()), (Some("/docs/scalar-1.72.1.js"), Some(200)));
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_too() {
    let test = TestApi::new();
    let (log, _guard) = Log::begin();
    let pending = crate::support::request(poem::http::Method::POST, "/users")
        .content_type("application/json")
        .body(poem::Body::from_bytes_stream(futures::stream::pending::<io::Result<bytes::Bytes>>()));
    let left = tokio::time::timeout(std::time::Duration::from_millis(20), test.send(pending)).await;
    assert!(left.is_err());
    let lines = log.lines();
    assert_eq!((lines.len(), lines[0]["status"].as_u64()), (1, Some(499)));
}

#[tokio::test]
async fn what_lies_underneath_an_error_is_logged_once() {
    let failing = || StoreError::Backend("the disk is on fire".into());
    let test = TestApi::with(|ports| ports.products = Arc::new(Failing(failing)), ApiSettings::default());
    let (log, _guard) = Log::begin();
    test.get_with("/products/1", "X-Request-Id", "req-42").await.problem(503, "unavailable");
    let errors: Vec<Value> = log.lines().into_iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0]["cause"], "the store failed: the disk is on fire");
    assert_eq!(errors[0]["request_id"], "req-42");
}

#[tokio::test]
async fn what_the_client_did_wrong_is_no_error_of_ours() {
    let test = TestApi::new();
    let (log, _guard) = Log::begin();
    test.get("/products/1").await.problem(404, "not_found");
    test.post("/users", "{}").await.problem(422, "validation_failed");
    assert!(log.lines().iter().all(|line| line["level"] == "INFO"), "{:?}", log.lines());
}
