//! Which pages of other origins may call.

use crate::support::{Answer, TestApi, request};
use poem::http::Method;
use wareroom_app_api::ApiSettings;

const SHOP: &str = "https://shop.example";

fn api(origins: &[&str]) -> TestApi {
    let cors_origins = origins.iter().map(|origin| (*origin).to_owned()).collect();
    TestApi::with(|_| {}, ApiSettings { cors_origins, ..ApiSettings::at("http://shop.test") })
}

/// What a browser asks before a page may call.
async fn ask(test: &TestApi, path: &str, origin: &str, method: &str) -> Answer {
    let asked = request(Method::OPTIONS, path).header("Origin", origin).header("Access-Control-Request-Method", method);
    test.send(asked.header("Access-Control-Request-Headers", "content-type").finish()).await
}

#[tokio::test]
async fn a_listed_origin_may_call_and_reads_what_it_needs() {
    let test = api(&["https://other.example", SHOP]).with_product().await;
    let asked = ask(&test, "/products", SHOP, "POST").await.is(204);
    assert!(asked.header("access-control-allow-methods").contains("POST"));
    let expected = "Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, traceparent";
    assert_eq!(asked.header("access-control-allow-headers"), expected);
    for answer in [asked, test.get_with("/products/1", "Origin", SHOP).await.is(200)] {
        assert_eq!(answer.header("access-control-allow-origin"), SHOP);
        assert_eq!(answer.header("vary"), "Origin");
        let exposed = "ETag, Location, Retry-After, Idempotency-Replayed, Cache-Status, X-Request-Id";
        assert_eq!(answer.header("access-control-expose-headers"), exposed);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn every_path_can_be_asked_for_and_nothing_else_can() {
    let test = api(&[SHOP]);
    for (path, methods) in [
        ("/media/x", "GET, HEAD"),
        ("/api/healthz/live", "GET, HEAD"),
        ("/problems/not_found", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
    ] {
        let asked = ask(&test, path, SHOP, "GET").await.is(204);
        assert_eq!(asked.header("access-control-allow-methods"), methods, "{path}");
    }
    let nothing = ask(&test, "/nothing", SHOP, "GET").await.problem(404, "not_found");
    assert_eq!(nothing.header("access-control-allow-origin"), SHOP);
}

#[tokio::test]
async fn errors_can_be_read_too() {
    let test = api(&[SHOP]);
    for path in ["/products/1", "/nothing", "/healthz/live?x"] {
        let answer = test.get_with(path, "Origin", SHOP).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.header("access-control-allow-origin"), SHOP, "{path}");
    }
}

#[tokio::test]
async fn another_origin_is_given_nothing() {
    let test = api(&[SHOP]).with_product().await;
    for origin in ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null", ""] {
        let asked = ask(&test, "/products", origin, "POST").await.is(405);
        let answer = test.get_with("/products/1", "Origin", origin).await.is(200);
        for answer in [asked, answer] {
            assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{origin}");
            assert_eq!(answer.header("vary"), "Origin", "{origin}");
        }
    }
    assert_eq!(test.get("/products/1").await.header("vary"), "Origin", "a cache must know without an origin too");
}

#[tokio::test]
async fn without_a_list_no_origin_may_call_and_with_a_star_every_one() {
    let test = api(&[]).with_product().await;
    ask(&test, "/products/1", SHOP, "GET").await.problem(405, "method_not_allowed");
    let answer = test.get_with("/products/1", "Origin", SHOP).await.is(200);
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), ("", ""));

    let test = api(&["*"]).with_product().await;
    ask(&test, "/products/1", SHOP, "GET").await.is(204);
    let answer = test.get_with("/products/1", "Origin", SHOP).await.is(200);
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), ("*", ""));
}

#[tokio::test]
async fn options_that_ask_for_no_page_are_a_method_like_any_other() {
    let test = api(&[SHOP]);
    for headers in [&[][..], &[("Origin", SHOP)], &[("Access-Control-Request-Method", "GET")]] {
        let asked = request(Method::OPTIONS, "/openapi.json");
        let asked = headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, *value));
        let answer = test.send(asked.finish()).await.problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
}
