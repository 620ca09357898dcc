//! `/products`: what is created is found, cheaply and never stale.

use crate::support::{Form, TestApi, picture, request};
use async_trait::async_trait;
use poem::http::Method;
use std::{sync::Arc, time::Duration};
use wareroom_app_api::ApiSettings;
use wareroom_domain::ImageUrl;
use wareroom_memory::MemoryPage;
use wareroom_ports::{Backlog, Claimed, OutboxRelay, StoreError};

#[tokio::test]
async fn a_product_is_created_and_found() {
    let test = TestApi::new().with_product().await;
    let body = r#"{"user_id": 1, "product_name": "Mug", "product_description": "a\nb", "product_price": 20.0,
                   "product_images": []}"#;
    let created = test.post("/products", body).await.is(201);
    assert_eq!(created.header("location"), "http://shop.test/products/2");
    assert_eq!(created.header("etag"), "\"1.1\"");
    let found = test.get("/products/2").await.is(200);
    assert_eq!(found.json()["data"], created.json()["data"]);
    assert_eq!(found.header("etag"), "\"1.1\"");
    assert_eq!(found.header("cache-control"), "private, no-cache");
    assert_eq!(found.header("retry-after"), "");
    insta::assert_json_snapshot!(found.json());
}

#[tokio::test]
async fn images_by_url_are_pending_at_once_and_explained_or_ready_soon_after() {
    let test = TestApi::new().with_product().await;
    let (good, bad) = ("http://a.example/good.png", "http://a.example/bad.png?token=7");
    test.web.put(ImageUrl::new(good).unwrap(), MemoryPage::Body(picture(8, 4)));
    test.web.put(ImageUrl::new(bad).unwrap(), MemoryPage::Status(404, None));
    let body = format!(
        r#"{{"user_id": 1, "product_name": "Mug", "product_price": 20, "product_images": ["{bad}", "{good}", "{bad}"]}}"#
    );
    let created = test.post("/products", body).await.is(201);
    assert_eq!(created.header("retry-after"), "1");
    let data = &created.json()["data"];
    assert_eq!(data["product_images"], serde_json::json!([bad, good]));
    assert_eq!(data["images_summary"]["pending"], 2);
    test.work().await;
    test.work().await;
    let answer = test.get("/products/2").await.is(200).json();
    let images = answer["data"]["images"].as_array().unwrap();
    assert_eq!((&images[0]["status"], &images[1]["status"]), (&"failed".into(), &"ready".into()));
    assert_eq!(images[0]["error"]["code"], "http_404");
    assert_eq!((images[0]["error"]["retryable"].as_bool(), &images[0]["source"]["kind"]), (Some(false), &"url".into()));
    assert_eq!(images[1]["source"]["bytes"], picture(8, 4).len());
    assert_eq!(answer["data"]["compressed_product_images"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_failed_for_now_is_pending_with_its_reason_and_when_it_is_tried_again() {
    let test = TestApi::new().with_product().await;
    for (product, status, code) in [(2, 503, "http_5xx"), (3, 429, "http_busy"), (4, 408, "http_busy")] {
        let url = format!("http://a.example/{status}.png");
        test.web.put(ImageUrl::new(&url).unwrap(), MemoryPage::Status(status, None));
        let body = format!(r#"{{"user_id": 1, "product_name": "x", "product_price": 1, "product_images": ["{url}"]}}"#);
        test.post("/products", body).await.is(201);
        test.work().await;
        let image = test.get(&format!("/products/{product}")).await.is(200).json()["data"]["images"][0].clone();
        let error = &image["error"];
        assert_eq!((&image["status"], &error["code"]), (&"pending".into(), &code.into()));
        assert_eq!(error["retryable"], true);
        assert!(error["detail"].as_str().unwrap().contains("try again later"), "{error}");
        assert!(image["next_attempt_at"].is_string(), "{image}");
    }
}

#[tokio::test]
async fn without_room_new_images_are_507_and_the_rest_goes_on() {
    let test = TestApi::new().with_product().await;
    test.space.set(Some(1000));
    let form = Form::default().part("file", "a.jpg", &picture(4, 4));
    test.upload("/products/1/images", form).await.problem(507, "storage_full");
    let with_image =
        r#"{"user_id": 1, "product_name": "x", "product_price": 1, "product_images": ["http://a.example/"]}"#;
    test.post("/products", with_image).await.problem(507, "storage_full");
    test.post("/products", r#"{"user_id": 1, "product_name": "x", "product_price": 1}"#).await.is(201);
    test.get("/products/1").await.is(200);
}

/// An outbox in which as many jobs wait as anybody asks about.
struct Overfull;

#[async_trait]
impl OutboxRelay for Overfull {
    async fn claim(&self, _: usize, _: Duration) -> Result<Vec<Claimed>, StoreError> {
        Ok(vec![])
    }

    async fn done(&self, _: &[Claimed]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(Backlog { rows: u64::MAX, oldest: Duration::MAX })
    }

    async fn at_least(&self, _: u64) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn wait(&self, _: Duration) {}
}

#[tokio::test]
async fn while_too_much_waits_new_images_are_503_and_the_rest_goes_on() {
    let test = TestApi::with(|ports| ports.jobs = Arc::new(Overfull), ApiSettings::at("http://shop.test"));
    let test = test.with_product().await;
    let form = Form::default().part("file", "a.jpg", &picture(4, 4));
    let refused = test.upload("/products/1/images", form).await.problem(503, "too_much_waiting");
    assert_eq!(refused.header("retry-after"), "5");
    let with_image =
        r#"{"user_id": 1, "product_name": "x", "product_price": 1, "product_images": ["http://a.example/"]}"#;
    test.post("/products", with_image).await.problem(503, "too_much_waiting");
    test.post("/products", r#"{"user_id": 1, "product_name": "x", "product_price": 1}"#).await.is(201);
    test.get("/products/1").await.is(200);
    let page = test.get("/problems/too_much_waiting").await.is(200);
    assert!(String::from_utf8_lossy(&page.body).contains("<dd>503</dd>"));
}

#[tokio::test]
async fn prices_are_exact() {
    let test = TestApi::new().with_product().await;
    let prices =
        [("18.99", "18.99"), ("0", "0.0"), ("0.07", "0.07"), ("18.990", "18.99"), ("99999999.99", "99999999.99")];
    for (sent, answered) in prices {
        let body = format!(r#"{{"user_id": 1, "product_name": "x", "product_price": {sent}}}"#);
        let answer = test.post("/products", body).await.is(201);
        let json = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(json.contains(&format!("\"product_price\":{answered},")), "{json}");
    }
}

#[tokio::test]
async fn the_answer_is_the_same_bytes_from_wherever_it_came() {
    let test = TestApi::new().with_product().await;
    let stored = test.get("/products/1").await.is(200);
    assert_eq!(stored.header("cache-status"), "wareroom; fwd=miss");
    let kept = test.get("/products/1").await.is(200);
    assert_eq!(kept.header("cache-status"), "wareroom; hit; detail=near");
    assert_eq!((stored.body, stored.status), (kept.body, kept.status));
    assert_eq!(stored.headers.get("etag"), kept.headers.get("etag"));

    let uncached = TestApi::with(|_| {}, ApiSettings { near_cache_entries: 0, ..ApiSettings::default() });
    let uncached = uncached.with_product().await;
    for _ in 0..2 {
        assert_eq!(uncached.get("/products/1").await.header("cache-status"), "wareroom; fwd=miss");
    }
}

#[tokio::test]
async fn a_write_empties_the_near_cache_before_it_is_answered() {
    let test = TestApi::new().with_product().await;
    test.get("/products/1").await.is(200);
    test.upload("/products/1/images", Form::default().part("file", "a.jpg", &picture(4, 4))).await.is(201);
    let after = test.get("/products/1").await.is(200);
    assert_eq!(after.header("cache-status"), "wareroom; fwd=miss");
    assert_eq!(after.header("etag"), "\"2.2\"");
    assert_eq!(after.header("retry-after"), "1");
    assert_eq!(after.json()["data"]["images_summary"]["pending"], 1);
    test.work().await;
    let done = test.get("/products/1").await.is(200);
    assert_eq!(done.header("retry-after"), "");
    assert_eq!(done.json()["data"]["images_summary"]["ready"], 1);
}

#[tokio::test]
async fn a_client_that_has_the_answer_is_told_so() {
    let test = TestApi::new().with_product().await;
    for _ in ["from the store", "from the near cache"] {
        for matching in ["\"1.1\"", "W/\"1.1\"", "\"9.9\", \"1.1\"", "*"] {
            let answer = test.get_with("/products/1", "If-None-Match", matching).await.is(304);
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), "\"1.1\"");
        }
        test.get_with("/products/1", "If-None-Match", "\"1.0\"").await.is(200);
    }
    test.get_with("/products/2", "If-None-Match", "*").await.problem(404, "not_found");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let test = TestApi::new().with_product().await;
    let get = test.get("/products/1").await.is(200);
    let head = test.send(request(Method::HEAD, "/products/1").finish()).await.is(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    assert_eq!(head.headers.get("etag"), get.headers.get("etag"));
    let missing = test.send(request(Method::HEAD, "/products/9").finish()).await.is(404);
    assert!(missing.body.is_empty());
}

#[tokio::test]
async fn the_same_answers_are_below_the_prefix() {
    let test = TestApi::new().with_product().await;
    let answer = test.get("/api/products/1").await.is(200);
    assert_eq!(answer.body, test.get("/products/1").await.body);
    test.post("/api/users", r#"{"first_name": "A", "last_name": "B"}"#).await.is(201);
    test.get("/api/healthz/live").await.is(200);
    test.get("/api/api/products/1").await.problem(404, "not_found");
    test.get("/api/products/1?x=1").await.problem(400, "invalid_request");
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let test = TestApi::new().with_product().await;
    for id in ["2", "0", "-1", "abc", "01", "1.0", "9007199254740992", "99999999999999999999", "1%2f2"] {
        test.get(&format!("/products/{id}")).await.problem(404, "not_found");
    }
    test.get("/products/%31").await.is(200);
}

#[tokio::test]
async fn what_is_at_hand_is_answered_as_the_operation_would() {
    let test = TestApi::new().with_product().await;
    let pending =
        r#"{"user_id": 1, "product_name": "Mug", "product_price": 2, "product_images": ["http://a.example/"]}"#;
    test.post("/products", pending).await.is(201);
    for path in ["/products/1", "/products/2"] {
        test.get(path).await.is(200);
        let at_hand = test.get(path).await.is(200);
        assert_eq!(at_hand.header("cache-status"), "wareroom; hit; detail=near");
        // A condition that does not hold takes the long way to the same answer.
        let operation = test.get_with(path, "If-None-Match", "\"0.0\"").await.is(200);
        let with_prefix = test.get(&format!("/api{path}")).await.is(200);
        for other in [operation, with_prefix] {
            assert_eq!(at_hand.body, other.body);
            let plain = |answer: &crate::support::Answer| {
                let mut headers = answer.headers.clone();
                headers.remove("x-request-id");
                headers
            };
            assert_eq!(plain(&at_hand), plain(&other), "{path}");
        }
    }
    test.get("/products/1?nonsense=1").await.problem(400, "invalid_request");
    let two_hosts = request(Method::GET, "/products/1").header("Host", "b.test").finish();
    test.send(two_hosts).await.problem(400, "invalid_request");
}
