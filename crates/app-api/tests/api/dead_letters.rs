//! `/dead-letters`: seen, filtered, counted, retried, discarded.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, TestApi, request};
use poem::Body;
use poem::http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_memory::MemoryPage;
use wareroom_ports::IdempotencyKey;

/// Where the images of product 2, 3 and 4 were to come from, and what was there.
const IMAGES: [(&str, u16); 3] =
    [("http://a.example/gone.png", 404), ("http://a.example/secret.png", 403), ("http://B.example/gone.png", 404)];

/// Three products of user 1, each with an image that failed, and one of user 2's with two.
async fn shop() -> TestApi {
    let test = TestApi::new().with_product().await;
    test.post("/users", r#"{"first_name": "Adam", "last_name": "Smith"}"#).await.is(201);
    for (url, status) in IMAGES {
        test.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Status(status, None));
        add(&test, 1, &[url]).await;
    }
    add(&test, 2, &[IMAGES[0].0, IMAGES[1].0]).await;
    for _ in 0..5 {
        test.work().await;
    }
    test
}

async fn add(test: &TestApi, owner: i64, urls: &[&str]) {
    let body = json!({"user_id": owner, "product_name": "x", "product_price": 1, "product_images": urls});
    test.post("/products", body.to_string()).await.is(201);
}

async fn letters(test: &TestApi, query: &str) -> Vec<Value> {
    test.get(&format!("/dead-letters?{query}")).await.is(200).json()["data"].as_array().unwrap().clone()
}

async fn products(test: &TestApi, query: &str) -> Vec<i64> {
    letters(test, query).await.iter().map(|letter| letter["product_id"].as_i64().unwrap()).collect()
}

async fn delete(test: &TestApi, path: &str) -> Answer {
    test.send(request(Method::DELETE, path).finish()).await
}

/// POST without a body.
async fn ask(test: &TestApi, path: &str) -> Answer {
    test.send(request(Method::POST, path).body(Body::empty())).await
}

fn mend(test: &TestApi) {
    for (url, _) in IMAGES {
        test.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Body(crate::support::picture(4, 4)));
    }
}

#[tokio::test]
async fn a_dead_letter_tells_all_that_is_needed_to_understand_it() {
    let test = TestApi::new().with_product().await;
    test.web.put(ImageUrl::new(IMAGES[0].0).unwrap(), MemoryPage::Status(404, None));
    add(&test, 1, &[IMAGES[0].0]).await;
    test.work().await;
    let answer = test.get("/dead-letters").await.is(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn dead_letters_are_filtered() {
    let test = shop().await;
    for (query, expected) in [
        ("", &[5, 5, 4, 3, 2][..]),
        ("product_id=3", &[3]),
        ("product_id=1", &[]),
        ("user_id=2", &[5, 5]),
        ("user_id=2&reason=http_404", &[5]),
        ("host=a.example", &[5, 5, 3, 2]),
        ("host=B.EXAMPLE", &[4]),
        ("reason=http_4xx", &[5, 3]),
        ("reason=poison", &[]),
        ("from=2026-09-21T14:13:20Z", &[5, 5, 4, 3, 2]),
        ("from=2026-09-21T14:13:20.000001Z", &[]),
        ("to=2026-09-21T14:13:20Z", &[]),
        ("to=2026-09-21T16:13:21%2B02:00", &[5, 5, 4, 3, 2]),
    ] {
        assert_eq!(products(&test, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn dead_letters_are_read_part_by_part() {
    let test = shop().await;
    let whole = letters(&test, "").await;
    let (mut read, mut cursor) = (vec![], String::new());
    loop {
        let part = test.get(&format!("/dead-letters?limit=2{cursor}")).await.is(200).json();
        read.extend(part["data"].as_array().unwrap().clone());
        let Some(next) = part["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, whole);
    for other in ["user_id=1", "product_id=5", "host=a.example", "reason=dns", "from=2026-01-01T00:00:00Z"] {
        let answer = test.get(&format!("/dead-letters?{other}{cursor}")).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().unwrap().contains("`cursor`"), "{other}");
    }
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let test = shop().await;
    for (query, name) in [
        ("product_id=0", "product_id"),
        ("user_id=x", "user_id"),
        ("host=", "host"),
        ("reason=bad_luck", "reason"),
        ("reason=", "reason"),
        ("from=yesterday", "from"),
        ("to=2026-09-21", "to"),
        ("from=2026-02-30T00:00:00Z", "from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"),
    ] {
        for path in ["/dead-letters", "/dead-letters/summary"] {
            let answer = test.get(&format!("{path}?{query}")).await.problem(400, "invalid_request");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(&format!("`{name}`")), "{query}: {detail}");
        }
    }
    test.get("/dead-letters?limit=0").await.problem(400, "invalid_request");
    test.get("/dead-letters/summary?limit=1").await.problem(400, "invalid_request");
}

#[tokio::test]
async fn dead_letters_are_counted_by_reason_and_host() {
    let test = shop().await;
    let counts = test.get("/dead-letters/summary").await.is(200);
    assert_eq!(counts.header("cache-control"), "no-store");
    insta::assert_json_snapshot!(counts.json());
    let counts = test.get("/dead-letters/summary?user_id=1&host=a.example").await.is(200).json();
    assert_eq!(counts["data"].as_array().unwrap().len(), 2);
    assert_eq!(counts["message"], "2 dead letters");
}

#[tokio::test]
async fn a_dead_letter_is_retried_and_its_image_becomes_ready() {
    let test = shop().await;
    let letter = letters(&test, "product_id=2").await[0].clone();
    let before = test.get("/products/2").await.json()["data"].clone();
    mend(&test);
    let path = format!("/dead-letters/{}/retry", letter["id"].as_str().unwrap());
    let answer = ask(&test, &path).await.is(202).json();
    assert_eq!(answer, json!({"data": {"count": 1}, "message": "The image is processed again"}));
    let asked = test.get("/products/2").await.json()["data"].clone();
    assert_eq!((&asked["images"][0]["status"], &asked["images"][0]["attempts"]), (&json!("pending"), &json!(0)));
    for counter in ["version", "revision"] {
        assert_eq!(asked[counter].as_u64(), before[counter].as_u64().map(|before| before + 1), "{counter}");
    }
    ask(&test, &path).await.problem(404, "not_found");
    assert!(letters(&test, "product_id=2").await.is_empty());
    test.work().await;
    assert_eq!(test.get("/products/2").await.json()["data"]["images_summary"]["ready"], 1);
}

#[tokio::test]
async fn a_retry_under_a_key_is_answered_again_as_it_was() {
    let test = shop().await;
    let path = format!("/dead-letters/{}/retry", letters(&test, "product_id=2").await[0]["id"].as_str().unwrap());
    let keyed = || test.send(request(Method::POST, &path).header("Idempotency-Key", "again").body(Body::empty()));
    let (first, second) = (keyed().await.is(202), keyed().await.is(202));
    assert_eq!(first.body, second.body);
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), ("", "true"));
    test.work().await;
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_retries_nothing() {
    let test = shop().await;
    let path = format!("/dead-letters/{}/retry", letters(&test, "product_id=2").await[0]["id"].as_str().unwrap());
    let key = IdempotencyKey { scope: format!("operator POST {path}"), key: "other".to_owned() };
    let (now, lease) = (test.application.ports().clock.now(), Duration::from_mins(1));
    let mut unit = test.application.ports().store.begin().await.unwrap();
    unit.idempotency().reserve(&key, Sha256([7; 32]), now, lease).await.unwrap();
    unit.commit().await.unwrap();
    let request = request(Method::POST, &path).header("Idempotency-Key", "other").body(Body::empty());
    test.send(request).await.problem(422, "idempotency_key_reused");
    assert_eq!(products(&test, "product_id=2").await, [2]);
}

#[tokio::test]
async fn a_dead_letter_is_discarded_once() {
    let test = shop().await;
    let path = format!("/dead-letters/{}", letters(&test, "product_id=2").await[0]["id"].as_str().unwrap());
    assert!(delete(&test, &path).await.is(204).body.is_empty());
    delete(&test, &path).await.problem(404, "not_found");
    assert_eq!(products(&test, "").await, [5, 5, 4, 3]);
    assert_eq!(test.get("/products/2").await.json()["data"]["images_summary"]["failed"], 1);
}

#[tokio::test]
async fn what_is_no_id_of_a_dead_letter_names_nothing() {
    let test = shop().await;
    for id in ["x", "1", "00000000-0000-7000-8000-00000000ffff", "0000000000007000800000000000ffff"] {
        delete(&test, &format!("/dead-letters/{id}")).await.problem(404, "not_found");
        ask(&test, &format!("/dead-letters/{id}/retry")).await.problem(404, "not_found");
    }
    let answer =
        test.get("/dead-letters/00000000-0000-7000-8000-00000000ffff").await.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "DELETE");
}

#[tokio::test]
async fn many_are_asked_for_at_once_and_replayed_by_a_worker() {
    let test = shop().await;
    let answer = test.post("/dead-letters/retry", r#"{"filter": {"host": "A.example", "user_id": 1}}"#).await.is(202);
    assert_eq!(answer.json(), json!({"data": {"count": 2}, "message": "Dead letters will be retried"}));
    assert_eq!(products(&test, "").await.len(), 5, "they go when their turn has come");
    mend(&test);
    assert_eq!(test.application.replay_dead_letters().await.unwrap(), 2);
    test.work().await;
    test.work().await;
    assert_eq!(products(&test, "").await, [5, 5, 4]);
    for product in [2, 3] {
        let answer = test.get(&format!("/products/{product}")).await.json();
        assert_eq!(answer["data"]["images_summary"]["ready"], 1);
    }
}

#[tokio::test]
async fn many_are_discarded_at_once() {
    let test = shop().await;
    let body = r#"{"filter": {"reason": "http_404", "to": "2027-01-01T00:00:00Z"}}"#;
    let answer = test.post("/dead-letters/discard", body).await.is(202);
    assert_eq!(answer.json(), json!({"data": {"count": 3}, "message": "Dead letters discarded"}));
    assert_eq!(products(&test, "").await, [5, 3]);
    let answer = test.post("/dead-letters/discard", r#"{"filter": {}}"#).await.is(202);
    assert_eq!(answer.json()["data"]["count"], 2);
    assert!(letters(&test, "").await.is_empty());
}

#[tokio::test]
async fn which_ones_must_be_said_and_every_fault_is_told() {
    let test = shop().await;
    for (body, pointers) in [
        ("{}", &["/filter"][..]),
        (r#"{"filter": null}"#, &["/filter"]),
        (r#"{"filter": []}"#, &["/filter"]),
        (r#"{"filter": {}, "all": true}"#, &["/all"]),
        (r#"{"filter": {"limit": 1}}"#, &["/filter/limit"]),
        (r#"{"filter": {"product_id": null}}"#, &["/filter/product_id"]),
        (
            r#"{"filter": {"product_id": 0, "user_id": "1", "host": "", "reason": "x", "from": "now", "to": 1, "a/b": 0}}"#,
            &[
                "/filter/product_id",
                "/filter/user_id",
                "/filter/host",
                "/filter/reason",
                "/filter/from",
                "/filter/to",
                "/filter/a~1b",
            ],
        ),
        (r#"{"filter": {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}"#, &["/filter/from"]),
    ] {
        for path in ["/dead-letters/retry", "/dead-letters/discard"] {
            let answer = test.post(path, body).await.problem(422, "validation_failed");
            assert_eq!(answer.pointers(), pointers, "{body}");
        }
    }
    test.post("/dead-letters/retry", "[]").await.problem(400, "invalid_request");
    assert_eq!(products(&test, "").await.len(), 5);
    assert_eq!(test.application.replay_dead_letters().await.unwrap(), 0);
}
