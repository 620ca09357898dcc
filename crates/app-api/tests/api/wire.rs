//! The whole edge on a real socket: how answers are framed, and what becomes of what is no request.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::TestApi;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{ServeReport, Server, ServerSettings};

/// The whole edge, with a product.
struct Serving {
    test: TestApi,
    address: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<ServeReport>,
}

impl Serving {
    async fn start() -> Self {
        let test = TestApi::new().with_product().await;
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::bind(ServerSettings { listen, ..ServerSettings::default() }).unwrap();
        let (address, shutdown) = (server.local_address(), CancellationToken::new());
        let running = tokio::spawn(server.run(test.api.endpoint(), shutdown.clone()));
        Self { test, address, shutdown, running }
    }

    /// Everything that comes back until the server closes the connection.
    async fn ask(&self, sent: &str) -> String {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).await.unwrap();
        received
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap();
    }
}

/// Asserts that this is one answer with a whole problem, and the last on its connection.
fn assert_problem(answer: &str, status: u16, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{answer}");
    for line in
        ["content-type: application/problem+json", "connection: close", &format!("content-length: {}", body.len())]
    {
        assert_eq!(head.matches(line).count(), 1, "{line} in {answer}");
    }
    assert!(head.contains("\r\ndate: ") && head.matches("content-length").count() == 1, "{answer}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!((problem["status"].as_u64(), problem["code"].as_str()), (Some(status.into()), Some(code)), "{answer}");
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn what_cannot_be_parsed_is_a_problem_too() {
    let serving = Serving::start().await;
    let large = format!("GET / HTTP/1.1\r\nHost: test\r\na: {}\r\n\r\n", "x".repeat(40_000));
    let many = format!("GET / HTTP/1.1\r\nHost: test\r\n{}\r\n", "a: b\r\n".repeat(200));
    for (sent, status, code) in [
        ("nonsense\r\n\r\n", 400, "invalid_request"),
        ("GET / HTTP/1.2\r\nHost: test\r\n\r\n", 400, "invalid_request"),
        ("GET / HTTP/1.1\r\nHost: test\r\nno colon\r\n\r\n", 400, "invalid_request"),
        ("GET / HTTP/1.1\r\nHost: test\r\na : b\r\n\r\n", 400, "invalid_request"),
        ("GET /a b HTTP/1.1\r\nHost: test\r\n\r\n", 400, "invalid_request"),
        (
            "POST /users HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
            400,
            "invalid_request",
        ),
        ("POST /users HTTP/1.1\r\nHost: test\r\nContent-Length: x\r\n\r\n", 400, "invalid_request"),
        (&large, 431, "request_header_fields_too_large"),
        (&many, 431, "request_header_fields_too_large"),
    ] {
        let answer = serving.ask(sent).await;
        assert_problem(&answer, status, code);
    }
    let hostless = serving.ask("GET /healthz/live HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert_problem(&hostless, 400, "invalid_request");
    serving.stop().await;
}

#[tokio::test]
async fn what_cannot_be_parsed_after_good_requests_is_a_problem_behind_their_answers() {
    let serving = Serving::start().await;
    let good = "GET /products/1 HTTP/1.1\r\nHost: test\r\n\r\n";
    for sent in [format!("{good}nonsense\r\n\r\n"), format!("{good}{good}{good}nonsense\r\n\r\n")] {
        let received = serving.ask(&sent).await;
        let answers: Vec<&str> = received.split_inclusive("HTTP/1.1 ").skip(1).collect();
        let last = received.rfind("HTTP/1.1 ").unwrap();
        assert_eq!(answers.len(), sent.matches(good).count() + 1, "{received}");
        assert_eq!(received.matches("HTTP/1.1 200 OK").count(), answers.len() - 1, "{received}");
        assert_problem(&received[last..], 400, "invalid_request");
    }
    let mut client = TcpStream::connect(serving.address).await.unwrap();
    client.write_all(good.as_bytes()).await.unwrap();
    let mut first = [0; 4096];
    let length = client.read(&mut first).await.unwrap();
    assert!(first[..length].starts_with(b"HTTP/1.1 200 "));
    client.write_all(b"nonsense\r\n\r\n").await.unwrap();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert_problem(&rest, 400, "invalid_request");
    serving.stop().await;
}

#[tokio::test]
async fn a_large_body_that_is_not_asked_for_is_no_reason_to_refuse() {
    let serving = Serving::start().await;
    let asked = "GET /products/1 HTTP/1.1\r\nHost: test\r\nContent-Length: 90000000\r\nConnection: close\r\n\r\n";
    let answer = serving.ask(asked).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Kettle"), "{answer}");
    serving.stop().await;
}

#[tokio::test]
async fn an_upload_to_nothing_is_refused_before_it_is_sent_and_the_connection_ends() {
    let serving = Serving::start().await;
    let head = "POST /products/9/images HTTP/1.1\r\nHost: test\r\nContent-Type: multipart/form-data; boundary=b\r\n\
                Content-Length: 90000000\r\n\r\n";
    let mut client = TcpStream::connect(serving.address).await.unwrap();
    client.write_all(head.as_bytes()).await.unwrap();
    let mut received = String::new();
    client.read_to_string(&mut received).await.unwrap();
    assert!(received.starts_with("HTTP/1.1 404 ") && received.contains("connection: close\r\n"), "{received}");
    serving.stop().await;
}

#[tokio::test]
async fn answers_without_a_body_are_framed_as_such() {
    let serving = Serving::start().await;
    let ask = |line: &str, more: &str| format!("{line} HTTP/1.1\r\nHost: test\r\n{more}\r\n");
    let requests = [
        ask("HEAD /products/1", ""),
        ask("HEAD /nothing", ""),
        ask("GET /products/1", "If-None-Match: \"1.1\"\r\n"),
        ask("GET /products/1", "Connection: close\r\n"),
    ];
    let received = serving.ask(&requests.concat()).await;
    let answers: Vec<&str> = received.split("HTTP/1.1 ").skip(1).collect();
    let statuses: Vec<&str> = answers.iter().map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "404", "304", "200"], "{received}");
    let length = format!("content-length: {}\r\n", serving.test.get("/products/1").await.body.len());
    assert!(answers[0].contains(&length) && answers[3].contains(&length), "{received}");
    for bodiless in &answers[..3] {
        assert!(bodiless.ends_with("\r\n\r\n"), "{bodiless}");
    }
    serving.stop().await;
}
