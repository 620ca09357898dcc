//! `Idempotency-Key`: a POST that comes again takes effect once and is answered as the first was.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, TestApi, picture, request};
use crate::uploads::Held;
use futures::future::join_all;
use jiff::Timestamp;
use poem::Body;
use poem::http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_app_api::{ApiSettings, openapi};
use wareroom_memory::{FixedClock, MemoryBlobs};

const USER: &str = r#"{"first_name": "Ada", "last_name": "Lovelace"}"#;
const PRODUCT: &str = r#"{"user_id": 1, "product_name": "Kettle", "product_price": 18.99}"#;

async fn post(test: &TestApi, path: &str, key: &str, json: impl Into<String>) -> Answer {
    let request = request(Method::POST, path).header("Idempotency-Key", key).content_type("application/json");
    test.send(request.body(Body::from_string(json.into()))).await
}

async fn upload(test: &TestApi, key: &str, boundary: &str, file: &[u8]) -> Answer {
    let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.img\"\r\n\r\n");
    let body = [head.as_bytes(), file, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    let request = request(Method::POST, "/products/1/images").header("Idempotency-Key", key);
    test.send(request.content_type(&format!("multipart/form-data; boundary={boundary}")).body(Body::from(body))).await
}

/// Asserts that the second answer is the first, given again.
#[track_caller]
fn replays(first: &Answer, second: &Answer) {
    assert!(!first.headers.contains_key("idempotency-replayed"), "{first:?}");
    assert_eq!(second.header("idempotency-replayed"), "true", "{second:?}");
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    for header in ["content-type", "location", "etag", "retry-after"] {
        assert_eq!(first.header(header), second.header(header), "{header}");
    }
}

async fn images(test: &TestApi) -> usize {
    test.get("/products/1").await.is(200).json()["data"]["images"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_upload_twice_with_different_boundaries_is_one_image() {
    let test = TestApi::new().with_product().await;
    let first = upload(&test, "k", "frontier", &picture(4, 4)).await.is(201);
    let second = upload(&test, "k", "another-boundary", &picture(4, 4)).await.is(201);
    replays(&first, &second);
    assert_eq!(images(&test).await, 1);
}

#[tokio::test]
async fn a_key_that_is_used_for_other_content_is_refused() {
    let test = TestApi::new().with_product().await;
    upload(&test, "k", "frontier", &picture(4, 4)).await.is(201);
    upload(&test, "k", "frontier", &picture(4, 5)).await.problem(422, "idempotency_key_reused");
    assert_eq!(images(&test).await, 1);
    post(&test, "/users", "k", USER).await.is(201);
    post(&test, "/users", "k", USER.replace("Ada", "Augusta")).await.problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn every_post_is_answered_again_as_it_was() {
    let test = TestApi::new();
    for (path, body) in [
        ("/users", USER),
        ("/products", PRODUCT),
        ("/products/1/images", r#"{"url": "http://shop.example/a.png"}"#),
        ("/dead-letters/retry", r#"{"filter": {}}"#),
        ("/dead-letters/discard", r#"{"filter": {}}"#),
    ] {
        let first = post(&test, path, "k", body).await;
        assert!(first.status.is_success(), "{path}: {first:?}");
        replays(&first, &post(&test, path, "k", body).await);
        replays(&first, &post(&test, &format!("/api{path}"), "\"k\"", body).await);
        let anew = post(&test, path, "another", body).await;
        assert!(!anew.headers.contains_key("idempotency-replayed"), "{path}");
    }
    assert_eq!(images(&test).await, 2);
}

#[tokio::test]
async fn how_the_path_is_written_does_not_matter() {
    let test = TestApi::new().with_product().await;
    let image = r#"{"url": "http://shop.example/a.png"}"#;
    let first = post(&test, "/products/1/images", "k", image).await.is(201);
    replays(&first, &post(&test, "/products/%31/images", "k", image).await);
    assert_eq!(images(&test).await, 1);
}

#[tokio::test]
async fn how_the_content_is_written_does_not_matter() {
    let test = TestApi::new().with_product().await;
    let first = post(&test, "/products", "k", PRODUCT).await.is(201);
    let spelled = r#"{"product_price":18.990,"product_name":"Kett\u006ce","user_id":1}"#;
    replays(&first, &post(&test, "/products", "k", spelled).await);
}

#[tokio::test]
async fn a_replay_answers_as_then_whatever_happened_since() {
    let test = TestApi::new().with_product().await;
    let created = post(&test, "/products", "k", PRODUCT).await.is(201);
    let added = upload(&test, "k", "frontier", &picture(4, 4)).await.is(201);
    let edited = PRODUCT.replace("Kettle", "Teapot");
    for id in [1, 2] {
        let put = request(Method::PUT, &format!("/products/{id}")).content_type("application/json");
        test.send(put.body(Body::from_string(edited.clone()))).await.is(200);
    }
    replays(&created, &post(&test, "/products", "k", PRODUCT).await);
    replays(&added, &upload(&test, "k", "frontier", &picture(4, 4)).await);
    for id in [1, 2] {
        test.send(request(Method::DELETE, &format!("/products/{id}")).finish()).await.is(204);
    }
    replays(&created, &post(&test, "/products", "k", PRODUCT).await);
    replays(&added, &upload(&test, "k", "frontier", &picture(4, 4)).await);
    upload(&test, "another", "frontier", &picture(4, 4)).await.problem(404, "not_found");
}

#[tokio::test]
async fn fifty_parallel_posts_of_one_key_are_one_product() {
    let test = TestApi::new();
    test.post("/users", USER).await.is(201);
    let answers = join_all((0..50).map(|_| post(&test, "/products", "k", PRODUCT))).await;
    let (told, done): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.headers.contains_key("idempotency-replayed"));
    assert_eq!((done.len(), told.len()), (1, 49));
    for answer in told {
        replays(done[0], answer);
    }
    assert_eq!(test.get("/products").await.is(200).json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn while_a_request_runs_its_repetitions_are_told_when_to_come_again() {
    let let_go = Arc::new(Semaphore::new(0));
    let blobs = Held { blobs: MemoryBlobs::default(), let_go: Arc::clone(&let_go) };
    let test = TestApi::with(|ports| ports.blobs = Arc::new(blobs), ApiSettings::default()).with_product().await;
    let file = picture(4, 4);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        let refused = upload(&test, "k", "another", &file).await.problem(409, "request_in_progress");
        assert_eq!(refused.header("retry-after"), "1");
        let_go.add_permits(1);
    };
    let (first, ()) = tokio::join!(upload(&test, "k", "frontier", &file), meanwhile);
    replays(&first.is(201), &upload(&test, "k", "frontier", &file).await);
    assert_eq!(images(&test).await, 1);
}

#[tokio::test]
async fn a_request_that_was_refused_may_come_again_under_its_key() {
    let test = TestApi::new();
    post(&test, "/products", "k", PRODUCT).await.problem(422, "unknown_user");
    post(&test, "/users", "k", "{}").await.problem(422, "validation_failed");
    let user = post(&test, "/users", "k", USER).await.is(201);
    let product = post(&test, "/products", "k", PRODUCT).await.is(201);
    replays(&user, &post(&test, "/users", "k", USER).await);
    replays(&product, &post(&test, "/products", "k", PRODUCT).await);
}

#[tokio::test]
async fn an_answer_is_kept_for_24_hours() {
    let clock = FixedClock::new(Timestamp::from_second(1_790_000_000).unwrap());
    let test = TestApi::with(|ports| ports.clock = Arc::new(clock.clone()), ApiSettings::at("http://shop.test"));
    let first = post(&test, "/users", "k", USER).await.is(201);
    clock.advance(Duration::from_hours(24));
    test.application.prune(false).await.unwrap();
    replays(&first, &post(&test, "/users", "k", USER).await);
    clock.advance(Duration::from_secs(1));
    test.application.prune(false).await.unwrap();
    let anew = post(&test, "/users", "k", USER).await.is(201);
    assert!(!anew.headers.contains_key("idempotency-replayed"));
    assert_ne!(anew.json()["data"]["id"], first.json()["data"]["id"]);
}

#[tokio::test]
async fn what_is_no_key_is_told_by_name() {
    let test = TestApi::new().with_product().await;
    let too_long = "k".repeat(256);
    for key in ["", "\"\"", "\"a", "a b", "\"a\";b=1", &too_long] {
        let refused = post(&test, "/users", key, USER).await.problem(400, "invalid_request");
        assert!(refused.json()["detail"].as_str().unwrap().contains("Idempotency-Key"), "{key}");
    }
    let twice = request(Method::POST, "/users").header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    let twice = test.send(twice.content_type("application/json").body(USER)).await.problem(400, "invalid_request");
    assert!(twice.json()["detail"].as_str().unwrap().contains("Idempotency-Key"));
    test.get_with("/products/1", "Idempotency-Key", "a b").await.is(200);
}

#[test]
fn every_post_is_described_with_its_key_and_what_comes_of_it() {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let mut posts = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let key = parameters.clone().find(|parameter| parameter["name"] == "Idempotency-Key");
            assert_eq!(key.is_some(), method == "post", "{method} {path}");
            let Some(key) = key else { continue };
            posts += 1;
            assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{path}");
            for refused in ["400", "409", "422"] {
                assert!(operation["responses"][refused].is_object(), "{path} has no {refused}");
            }
            assert!(operation["responses"]["409"]["headers"]["Retry-After"].is_object(), "{path}");
            let responses = operation["responses"].as_object().unwrap();
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with('2')) {
                assert_eq!(response["headers"]["Idempotency-Replayed"]["schema"]["type"], "boolean", "{path} {status}");
            }
        }
    }
    assert!(posts >= 7, "{posts}");
}
