//! The whole edge on a real socket: answers without a body leave the connection fit for the next request.

use crate::support::TestApi;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{Server, ServerSettings};

#[tokio::test]
async fn answers_without_a_body_are_framed_as_such() {
    let test = TestApi::new().with_product().await;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(ServerSettings { listen, ..ServerSettings::default() }).unwrap();
    let (address, shutdown) = (server.local_address(), CancellationToken::new());
    let running = tokio::spawn(server.run(test.api.endpoint(), shutdown.clone()));

    let mut client = TcpStream::connect(address).await.unwrap();
    let ask = |line: &str, more: &str| format!("{line} HTTP/1.1\r\nHost: test\r\n{more}\r\n");
    let requests = [
        ask("HEAD /products/1", ""),
        ask("HEAD /nothing", ""),
        ask("GET /products/1", "If-None-Match: \"1.1\"\r\n"),
        ask("GET /products/1", "Connection: close\r\n"),
    ];
    client.write_all(requests.concat().as_bytes()).await.unwrap();
    let mut received = String::new();
    client.read_to_string(&mut received).await.unwrap();

    let answers: Vec<&str> = received.split("HTTP/1.1 ").skip(1).collect();
    let statuses: Vec<&str> = answers.iter().map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "404", "304", "200"], "{received}");
    let length = format!("content-length: {}\r\n", test.get("/products/1").await.body.len());
    assert!(answers[0].contains(&length) && answers[3].contains(&length), "{received}");
    for bodiless in &answers[..3] {
        assert!(bodiless.ends_with("\r\n\r\n"), "{bodiless}");
    }
    shutdown.cancel();
    running.await.unwrap();
}
