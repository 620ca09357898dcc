//! Request bodies: how large and how slow they may be, and what becomes of the connection.

use super::{Client, MILLISECOND, PATIENCE, Running, answering};
use poem::{
    Body, Endpoint, EndpointExt, FromRequest, Request, Response, Route, error::ParseMultipartError, http::StatusCode,
    web::Multipart,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncWriteExt, copy, sink},
    time::{Instant, sleep, timeout},
};
use wareroom_app_api::server::{BodyError, BodyLimits, ServerSettings};

const LIMITS: BodyLimits = BodyLimits { max_bytes: 1000, idle_timeout: Duration::from_millis(400) };

/// Reads the body, and says how long it was.
fn length() -> impl Endpoint<Output = String> {
    answering(|mut request: Request| async move { Ok(request.take_body().into_bytes().await?.len().to_string()) })
}

/// Says what kind of error reached the outside, as the outermost layer of a real stack does.
fn with_kinds(endpoint: impl Endpoint + 'static) -> impl Endpoint {
    endpoint.catch_all_error(|error: poem::Error| async move {
        Response::builder().status(error.status()).body(format!("{:?}", BodyError::find(&error)))
    })
}

fn start(limits: BodyLimits) -> Running {
    Running::start(ServerSettings::default(), with_kinds(length().with(limits)))
}

async fn post(server: &Running, fields: &str) -> Client {
    let mut client = server.connect().await;
    client.send(&format!("POST / HTTP/1.1\r\nHost: test\r\n{fields}\r\n")).await;
    client
}

fn assert_refused(answer: &str, status: StatusCode, kind: &str) {
    let lower = answer.to_lowercase();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    assert!(lower.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.ends_with(kind), "{answer}");
}

#[tokio::test]
async fn a_body_up_to_the_limit_passes_and_the_connection_goes_on() {
    let server = start(LIMITS);
    let mut client = post(&server, "Content-Length: 1000\r\n").await;
    client.send(&"x".repeat(1000)).await;
    assert!(client.answer().await.ends_with("\r\n\r\n1000"));
    client.send("POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    client.send(&format!("3E8\r\n{}\r\n0\r\n\r\n", "x".repeat(1000))).await;
    assert!(client.answer().await.ends_with("\r\n\r\n1000"));
    client.send("POST / HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert!(client.answer().await.ends_with("\r\n\r\n0"));
}

#[tokio::test]
async fn a_body_declared_too_large_is_413_before_a_byte_of_it_is_sent() {
    let server = start(LIMITS);
    for fields in ["Content-Length: 1001\r\n", "Content-Length: 1001\r\nExpect: 100-continue\r\n"] {
        let mut client = post(&server, fields).await;
        assert_refused(&client.answer().await, StatusCode::PAYLOAD_TOO_LARGE, "Some(TooLarge { limit: 1000 })");
    }
}

#[tokio::test]
async fn a_chunked_body_beyond_the_limit_is_413_while_it_is_still_arriving() {
    let server = start(LIMITS);
    let mut client = post(&server, "Transfer-Encoding: chunked\r\n").await;
    for _ in 0..3 {
        client.send(&format!("190\r\n{}\r\n", "x".repeat(400))).await;
        sleep(20 * MILLISECOND).await;
    }
    assert_refused(&client.answer().await, StatusCode::PAYLOAD_TOO_LARGE, "Some(TooLarge { limit: 1000 })");
}

#[tokio::test]
async fn a_client_that_sends_everything_before_it_reads_still_gets_its_413() {
    const SIZE: usize = 16 << 20;
    let server = start(LIMITS);
    for _ in 0..5 {
        let mut client = post(&server, &format!("Content-Length: {SIZE}\r\n")).await;
        let body = vec![b'x'; SIZE];
        timeout(PATIENCE, client.0.write_all(&body)).await.unwrap().expect("the connection was reset meanwhile");
        assert_refused(&client.answer().await, StatusCode::PAYLOAD_TOO_LARGE, "Some(TooLarge { limit: 1000 })");
    }
}

#[tokio::test]
async fn a_refused_client_that_never_stops_sending_is_dropped() {
    let server = start(LIMITS);
    let mut client = post(&server, "Transfer-Encoding: chunked\r\n").await;
    let chunk = format!("190\r\n{}\r\n", "x".repeat(400));
    let begun = Instant::now();
    while client.0.write_all(chunk.as_bytes()).await.is_ok() && begun.elapsed() < PATIENCE {
        sleep(10 * MILLISECOND).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_stands_still_is_408() {
    let server = start(LIMITS);
    let mut client = post(&server, "Content-Length: 500\r\n").await;
    client.send("half of it").await;
    let begun = Instant::now();
    assert_refused(&client.answer().await, StatusCode::REQUEST_TIMEOUT, "Some(Stalled)");
    assert!(begun.elapsed() >= 300 * MILLISECOND && begun.elapsed() < 5000 * MILLISECOND, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_that_only_trickles_is_408() {
    let server = start(LIMITS);
    let mut client = post(&server, "Content-Length: 500\r\n").await;
    let begun = Instant::now();
    // Never a pause as long as the idle time-out, and no end before the answer.
    while timeout(100 * MILLISECOND, client.0.peek(&mut [0])).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "it was left to trickle");
        client.send("x").await;
    }
    assert_refused(&client.answer().await, StatusCode::REQUEST_TIMEOUT, "Some(Stalled)");
}

#[tokio::test]
async fn a_slow_body_that_moves_passes_however_long_it_takes() {
    let server = start(BodyLimits { max_bytes: 10_000, ..LIMITS });
    let mut client = post(&server, "Content-Length: 5000\r\n").await;
    // 2 KB a second for four times the idle time-out.
    for _ in 0..50 {
        client.send(&"x".repeat(100)).await;
        sleep(40 * MILLISECOND).await;
    }
    assert!(client.answer().await.ends_with("\r\n\r\n5000"));
}

#[tokio::test]
async fn the_reason_survives_extractors_that_keep_only_its_text() {
    let files = answering(|request: Request| async move {
        let (request, mut body) = request.split();
        let mut files = Multipart::from_request(&request, &mut body).await?;
        while let Some(file) = files.next_field().await? {
            copy(&mut file.into_async_read(), &mut sink()).await.map_err(ParseMultipartError::Io)?;
        }
        Ok("whole")
    });
    let own_answer = answering(|mut request: Request| async move {
        let read = request.take_body().into_bytes().await;
        Ok(StatusCode::from_u16(if read.is_ok() { 200 } else { 400 }).unwrap())
    });
    let routes = Route::new().at("/files", files).at("/own", own_answer);
    let server = Running::start(ServerSettings::default(), with_kinds(routes.with(LIMITS)));
    let head = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: multipart/form-data; boundary=b\r\n\
             {}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
            if length == 0 {
                "Transfer-Encoding: chunked\r\n\r\n7D0".to_owned()
            } else {
                format!("Content-Length: {length}\r\n")
            }
        )
    };
    for path in ["/files", "/own"] {
        let too_large = format!("{}{}", head(path, 0), "x".repeat(1900));
        assert_refused(&server.ask(&too_large).await, StatusCode::PAYLOAD_TOO_LARGE, "Some(TooLarge { limit: 1000 })");
        assert_refused(&server.ask(&head(path, 900)).await, StatusCode::REQUEST_TIMEOUT, "Some(Stalled)");
    }
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nxx\r\n--b--\r\n";
    let whole = format!("{}{}", head("/files", form.len()), "xx\r\n--b--\r\n");
    assert!(server.ask(&whole).await.ends_with("whole"));
}

#[tokio::test]
async fn a_success_is_not_taken_back() {
    let stored = answering(|mut request: Request| async move {
        let _ = request.take_body().into_bytes().await;
        Ok(StatusCode::CREATED)
    });
    let server = Running::start(ServerSettings::default(), with_kinds(stored.with(LIMITS)));
    let mut client = post(&server, "Content-Length: 500\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.1 201 "));
}

#[tokio::test]
async fn a_body_that_was_not_read_ends_the_connection_only_when_the_answer_is_an_error() {
    let unread = Arc::new(answering(|request: Request| async move {
        Ok(if request.uri().path() == "/" { StatusCode::NOT_FOUND } else { StatusCode::OK })
    }));
    let server = Running::start(ServerSettings::default(), unread);
    let mut client = post(&server, "Content-Length: 5\r\n\r\nhello").await;
    assert!(client.answer().await.to_lowercase().contains("connection: close"));
    let (rest, _) = client.rest().await;
    assert!(rest.is_empty());
    let request = "POST /ignored HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello";
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(request).await;
        assert!(client.answer().await.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn nested_limits_both_hold() {
    let inner = Route::new().at("/", length().with(BodyLimits { max_bytes: 10, ..LIMITS }));
    let server = Running::start(ServerSettings::default(), with_kinds(inner.with(LIMITS)));
    for (length, limit) in [(11, 10), (1001, 1000)] {
        let mut client = post(&server, &format!("Content-Length: {length}\r\n")).await;
        let kind = format!("Some(TooLarge {{ limit: {limit} }})");
        assert_refused(&client.answer().await, StatusCode::PAYLOAD_TOO_LARGE, &kind);
    }
}

#[tokio::test]
async fn the_limits_hold_for_bodies_that_come_from_elsewhere_too() {
    let limited = length().with(LIMITS);
    let request = Request::builder().body(Body::from(vec![0; 1001]));
    assert_eq!(BodyError::find(&limited.call(request).await.unwrap_err()), Some(BodyError::TooLarge { limit: 1000 }));
    let request = Request::builder().body(Body::from(vec![0; 1000]));
    assert_eq!(limited.call(request).await.unwrap().into_body().into_string().await.unwrap(), "1000");
}
