//! Errors that no operation made: each is a problem all the same.

use crate::support::{TestApi, counted, request};
use async_trait::async_trait;
use bytes::Bytes;
use poem::Request;
use poem::http::{Method, Version};
use std::iter;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wareroom_app_api::ApiSettings;
use wareroom_domain::ProductId;
use wareroom_ports::{Origin, ProductFilter, ProductPage, ProductQueries, ProductView, StoreError};

#[tokio::test]
async fn a_path_that_is_not_there_is_a_problem() {
    let test = TestApi::new();
    for path in
        ["/nothing", "/api", "/api/nothing", "/products/", "/products/1/", "/products//images", "/healthz", "/USERS"]
    {
        test.get(path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let test = TestApi::new();
    for (method, path, allow) in [
        (Method::DELETE, "/users", "GET, HEAD, POST"),
        (Method::PUT, "/products", "GET, HEAD, POST"),
        (Method::POST, "/products/1", "DELETE, GET, HEAD, PATCH, PUT"),
        (Method::GET, "/products/1/images", "POST"),
        (Method::HEAD, "/dead-letters/retry", "POST"),
        (Method::POST, "/media/x", "GET, HEAD"),
        (Method::OPTIONS, "/openapi.json", "GET, HEAD"),
        (Method::PATCH, "/api/healthz/live", "GET, HEAD"),
    ] {
        let head = method == Method::HEAD;
        let answer = test.send(request(method, path).finish()).await.is(405);
        assert_eq!(answer.header("allow"), allow, "{path}");
        if !head {
            answer.problem(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn a_query_parameter_that_is_not_there_is_named() {
    let test = TestApi::new().with_product().await;
    for path in [
        "/products/1?limit=3",
        "/healthz/live?limit=",
        "/healthz/ready?limit",
        "/openapi.json?a&limit=2",
        "/media/x?limit=1",
    ] {
        let answer = test.get(path).await.problem(400, "invalid_request");
        let name = if path.contains("?a") { "\"a\"" } else { "\"limit\"" };
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(name)), "{path}");
    }
    test.post("/users?x=1", "{}").await.problem(400, "invalid_request");
    test.post("/products/1/images?x=1", "{}").await.problem(400, "invalid_request");
    test.get("/nothing?limit=3").await.problem(404, "not_found");
    test.get("/healthz/live?").await.is(200);
}

#[tokio::test]
async fn a_query_parameter_is_decoded_before_it_is_judged() {
    let test = TestApi::new().with_product().await;
    for query in ["product%5Fname=Kettle", "product_name=%4bettle", "%70roduct_name=K%65ttle&"] {
        let found = test.get(&format!("/products?{query}")).await.is(200).json();
        assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{query}");
    }
    for (query, name) in [
        ("product_name=%FF", "`product_name`"),
        ("product%5Fname=a%C3", "`product_name`"),
        ("cursor=%ff", "`cursor`"),
        ("limit=1&%ff=1", "\"%ff\""),
        ("%C3%A9=1", "\"é\""),
        ("product%255Fname=a", "\"product%5Fname\""),
    ] {
        let answer = test.get(&format!("/products?{query}")).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(name)), "{query}");
    }
    let twice = test.get("/products?product_name=a&product%5Fname=b").await.problem(400, "invalid_request");
    assert!(twice.json()["detail"].as_str().is_some_and(|detail| detail.contains("once")));
}

#[tokio::test]
async fn a_write_that_must_not_find_anything_is_refused_and_changes_nothing() {
    let test = TestApi::new().with_product().await;
    let body = r#"{"user_id": 1, "product_name": "Lamp", "product_price": 1}"#;
    for (method, path) in [
        (Method::PUT, "/products/1"),
        (Method::PUT, "/products/2"),
        (Method::PATCH, "/products/1"),
        (Method::DELETE, "/products/1"),
    ] {
        for tags in ["*", "\"1.1\""] {
            let request = request(method.clone(), path).header("If-None-Match", tags).content_type("application/json");
            let answer = test.send(request.body(body)).await.problem(400, "invalid_request");
            assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains("`If-Match`")), "{method}");
        }
    }
    let product = test.get("/products/1").await.is(200).json();
    assert_eq!((&product["data"]["product_name"], &product["data"]["revision"]), (&"Kettle".into(), &1.into()));
}

#[tokio::test]
async fn a_header_is_as_long_as_the_document_allows_and_no_longer() {
    let test = TestApi::new().with_product().await;
    let tag = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
    let path = "/products/1";
    for (header, method, status) in [("If-None-Match", Method::GET, 200), ("If-Match", Method::DELETE, 412)] {
        let send = |length| test.send(request(method.clone(), path).header(header, tag(length)).finish());
        send(8192).await.is(status);
        let answer = send(8193).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(header)), "{header}");
    }
}

#[tokio::test]
async fn a_request_has_exactly_one_host() {
    let test = TestApi::new();
    let ask = |hosts: &[&str], version| {
        let request = Request::builder().uri("/healthz/live".parse().unwrap()).version(version);
        test.send(hosts.iter().fold(request, |request, host| request.header("Host", *host)).finish())
    };
    for hosts in [&[][..], &["shop.test", "shop.test"], &["a b"], &["ada@shop.test"], &["a/b"]] {
        ask(hosts, Version::HTTP_11).await.problem(400, "invalid_request");
    }
    for host in ["shop.test", "shop.test:8080", "[::1]:80", ""] {
        ask(&[host], Version::HTTP_11).await.is(200);
    }
    ask(&[], Version::HTTP_10).await.is(200);
}

#[tokio::test]
async fn a_body_that_is_not_asked_for_is_neither_read_nor_judged() {
    let test = TestApi::new().with_product().await;
    for (method, status) in [(Method::GET, 200), (Method::HEAD, 200)] {
        let (body, taken) = counted(iter::repeat_n(Bytes::from(vec![b'x'; 1 << 20]), 4));
        let request = request(method, "/products/1").content_type("text/plain").header("Content-Encoding", "gzip");
        test.send(request.header("Content-Length", u64::MAX.to_string()).body(body)).await.is(status);
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }
}

/// A store whose reads panic.
struct Panicking;

#[async_trait]
impl ProductQueries for Panicking {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        panic!("hunter2 met product {id}")
    }

    async fn list(&self, filter: &ProductFilter, _: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        panic!("hunter2 met products of {filter:?}")
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_next_request_is_served() {
    let test = TestApi::with(|ports| ports.products = Arc::new(Panicking), ApiSettings::default());
    for _ in 0..2 {
        let answer = test.get("/products/1").await.problem(500, "internal");
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
    }
    test.get("/healthz/live").await.is(200);
}

/// A store that always fails in the same way.
pub(crate) struct Failing(pub(crate) fn() -> StoreError);

#[async_trait]
impl ProductQueries for Failing {
    async fn get(&self, _: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        Err((self.0)())
    }

    async fn list(&self, _: &ProductFilter, _: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        Err((self.0)())
    }
}

#[tokio::test]
async fn a_store_that_fails_has_a_status_of_the_operation_and_keeps_its_secrets() {
    for (failure, status, code) in [
        (|| StoreError::Conflict, 503, "unavailable"),
        (|| StoreError::Busy, 503, "unavailable"),
        (|| StoreError::Backend("password=hunter2".into()), 503, "unavailable"),
        (|| StoreError::Full, 503, "unavailable"),
        (|| StoreError::Aborted, 500, "internal"),
    ] as [(fn() -> StoreError, u16, &str); 5]
    {
        let test = TestApi::with(|ports| ports.products = Arc::new(Failing(failure)), ApiSettings::default());
        let answer = test.get("/products/1").await.problem(status, code);
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"));
    }
}
