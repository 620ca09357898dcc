//! `?wait`: an answer that is held back until there is news.

use crate::faulty::{Behaviour, Switch};
use crate::support::{Form, TestApi, picture, request};
use async_trait::async_trait;
use poem::http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use wareroom_app_api::ApiSettings;
use wareroom_app_api::server::{ServeReport, Server, ServerSettings};
use wareroom_ports::{Invalidation, Invalidations, Listener, StoreError};

const SOON: Duration = Duration::from_millis(900);

/// A product with an image that is pending.
async fn with_pending_image(test: TestApi) -> TestApi {
    let test = test.with_product().await;
    test.upload("/products/1/images", Form::default().part("file", "a.jpg", &picture(4, 4))).await.is(201);
    test
}

#[tokio::test]
async fn without_an_image_on_its_way_the_answer_comes_at_once() {
    let test = TestApi::new().with_product().await;
    for path in ["/products/1?wait=20", "/api/products/1?wait=1"] {
        timeout(SOON, test.get(path)).await.unwrap().is(200);
    }
    timeout(SOON, test.get("/products/9?wait=20")).await.unwrap().problem(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn the_first_change_is_answered_when_it_happens() {
    let test = with_pending_image(TestApi::new()).await;
    for method in [Method::GET, Method::HEAD] {
        let before = test.get("/products/1").await.header("etag").to_owned();
        let begun = Instant::now();
        let (answer, ()) = tokio::join!(test.send(request(method, "/products/1?wait=20").finish()), async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if before == "\"2.2\"" {
                test.work().await;
            }
            test.upload("/products/1/images", Form::default().part("file", "b.jpg", &picture(2, 2))).await.is(201);
        });
        let answer = answer.is(200);
        assert_ne!(answer.header("etag"), before);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_meanwhile_costs_nobody_the_answer_that_is_there() {
    let mut switch = None;
    let test = TestApi::with(|ports| switch = Some(Switch::between(ports)), ApiSettings::at("http://shop.test"));
    let (test, switch) = (with_pending_image(test).await, switch.unwrap());
    let begun = Instant::now();
    let (answer, ()) = tokio::join!(test.get("/products/1?wait=3"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        switch.set(Behaviour::Fails(|| StoreError::Busy));
    });
    answer.is(200);
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_change_the_answer_comes_when_the_time_is_over() {
    let test = with_pending_image(TestApi::new()).await;
    let begun = Instant::now();
    let answer = test.get("/products/1?wait=2").await.is(200);
    assert_eq!(answer.header("retry-after"), "1");
    assert!((2000..2500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let begun = Instant::now();
    let unchanged = test.get_with("/products/1?wait=20", "If-None-Match", answer.header("etag")).await.is(304);
    assert_eq!(unchanged.header("etag"), answer.header("etag"));
    assert!((20_000..20_500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_the_client_does_not_have_yet_is_news() {
    let test = with_pending_image(TestApi::new()).await;
    let answer = timeout(SOON, test.get_with("/products/1?wait=20", "If-None-Match", "\"1.1\"")).await;
    assert_eq!(answer.unwrap().is(200).header("etag"), "\"2.2\"");
}

#[tokio::test]
async fn a_wait_that_is_not_allowed_is_named() {
    let test = TestApi::new().with_product().await;
    for wait in ["0", "21", "-1", "1.5", "5s", "", "%2B5", "005", "99999999999999999999", "1&wait=2"] {
        let answer = test.get(&format!("/products/1?wait={wait}")).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().unwrap().contains("`wait`"), "{wait}");
    }
}

/// Announcements that never arrive, as those of another process that has no way to send them.
struct Deaf;

#[async_trait]
impl Invalidations for Deaf {
    async fn announce(&self, _: &[Invalidation]) {}
    fn subscribe(&self, _: Listener) {}
}

#[tokio::test(start_paused = true)]
async fn a_change_that_nobody_announced_is_found_within_a_second() {
    let settings = ApiSettings::at("http://shop.test");
    let test = with_pending_image(TestApi::with(|ports| ports.invalidations = Arc::new(Deaf), settings)).await;
    test.get("/products/1").await.is(200);
    let begun = Instant::now();
    let (answer, ()) = tokio::join!(test.get("/products/1?wait=20"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        test.work().await;
    });
    assert_ne!(answer.is(200).header("etag"), "\"2.2\"");
    assert!(begun.elapsed() <= Duration::from_millis(1100), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_stops_answers_who_waits_at_once() {
    let test = with_pending_image(TestApi::new()).await;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(ServerSettings { listen, ..ServerSettings::default() }).unwrap();
    let (address, shutdown) = (server.local_address(), CancellationToken::new());
    let running = tokio::spawn(server.run(test.api.endpoint(), shutdown.clone()));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /products/1?wait=20 HTTP/1.1\r\nHost: shop.test\r\n\r\n").await.unwrap();
    assert!(timeout(Duration::from_millis(300), client.read_u8()).await.is_err(), "it was answered without news");
    let begun = Instant::now();
    test.api.readiness().stop();
    shutdown.cancel();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(running.await.unwrap(), ServeReport { connections: 1, cut: 0 });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
