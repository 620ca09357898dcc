//! What must not pass, row by row: each with its status, its code and all that it points at.

use crate::support::{Answer, TestApi, request};
use bytes::Bytes;
use futures::stream;
use poem::Body;
use poem::http::Method;

async fn posted(body: impl Into<String>) -> Answer {
    TestApi::new().with_product().await.post("/products", body).await
}

/// A product whose field is this JSON, or is left out when it is empty.
fn with(field: &str, json: &str) -> String {
    let fields = [("user_id", "1"), ("product_name", "\"Kettle\""), ("product_price", "1")];
    let mut all: Vec<_> = fields.into_iter().filter(|(name, _)| *name != field).collect();
    all.push((field, json));
    let all: Vec<String> =
        all.iter().filter(|(_, json)| !json.is_empty()).map(|(name, json)| format!("\"{name}\": {json}")).collect();
    format!("{{{}}}", all.join(", "))
}

#[tokio::test]
async fn one_bad_field_is_pointed_at() {
    let long = format!("\"{}\"", "x".repeat(300));
    let description = format!("\"{}\"", "x".repeat(65_537));
    for (field, json) in [
        ("user_id", ""),
        ("user_id", "null"),
        ("user_id", "\"1\""),
        ("user_id", "1.5"),
        ("user_id", "0"),
        ("user_id", "-1"),
        ("user_id", "9007199254740992"),
        ("user_id", "18446744073709551616"),
        ("product_name", ""),
        ("product_name", "\"\""),
        ("product_name", "\"  \""),
        ("product_name", "7"),
        ("product_name", &long),
        ("product_name", "\"a\\u0000b\""),
        ("product_name", "\"a\\nb\""),
        ("product_description", "null"),
        ("product_description", "[]"),
        ("product_description", "\"a\\u0000b\""),
        ("product_description", &description),
        ("product_price", ""),
        ("product_price", "-1"),
        ("product_price", "-0.01"),
        ("product_price", "1.005"),
        ("product_price", "\"abc\""),
        ("product_price", "\"18.99\""),
        ("product_price", "1e30"),
        ("product_price", "1e-7"),
        ("product_price", "100000000"),
        ("product_price", "99999999.995"),
        ("product_price", "null"),
        ("product_price", "true"),
        ("product_price", "{}"),
        ("product_images", "null"),
        ("product_images", "\"http://example.com/a.jpg\""),
        ("colour", "\"red\""),
        ("Product_name", "\"x\""),
        ("id", "7"),
        ("version", "7"),
        ("revision", "7"),
        ("images", "[]"),
        ("images_summary", "{}"),
        ("compressed_product_images", "[]"),
        ("created_at", "\"2026-01-01T00:00:00Z\""),
        ("updated_at", "\"2026-01-01T00:00:00Z\""),
    ] {
        let answer = posted(with(field, json)).await;
        assert_eq!(answer.status, 422, "{field}: {json}");
        assert_eq!(answer.problem(422, "validation_failed").pointers(), [format!("/{field}")], "{json}");
    }
}

#[tokio::test]
async fn all_bad_fields_are_told_in_one_answer() {
    let body = r#"{"user_id": "x", "product_name": "", "product_description": "a\u0000", "product_price": 1.005,
                   "product_images": ["ftp://example.com/a.jpg", 7, "lamp.jpg"], "id": 1, "colour": "red"}"#;
    let answer = posted(body).await.problem(422, "validation_failed");
    insta::assert_json_snapshot!(answer.json()["errors"]);
}

#[tokio::test]
async fn a_user_who_is_not_there_is_pointed_at() {
    let answer = posted(with("user_id", "4711")).await.problem(422, "unknown_user");
    assert_eq!(answer.pointers(), ["/user_id"]);
}

#[tokio::test]
async fn faults_without_end_are_told_up_to_a_hundred() {
    let fields: Vec<String> = (0..5000).map(|n| format!("\"{n}{}\": 0", "x".repeat(150))).collect();
    let answer = posted(format!("{{{}}}", fields.join(","))).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers().len(), 100);
    assert!(answer.body.len() < 30_000);
    assert_eq!(answer.json()["detail"], "5003 fields are wrong; the first 100 are listed");
}

#[tokio::test]
async fn more_images_than_a_product_may_have_are_one_fault() {
    for count in [4, 100_000] {
        let images = format!("[{}]", vec!["0"; count].join(","));
        let answer = posted(with("product_images", &images)).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), ["/product_images"]);
    }
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_named() {
    let answer = posted(r#"{"user_id": 1, "product_name": "a", "user_id": 2, "product_price": 1}"#).await;
    let answer = answer.problem(400, "invalid_request");
    assert_eq!(answer.json()["detail"], "the body has the field \"user_id\" twice");
    let test = TestApi::new();
    let within = r#"{"filter": {"product_id": 1, "product_id": 2}}"#;
    let answer = test.post("/dead-letters/discard", within).await.problem(400, "invalid_request");
    assert_eq!(answer.json()["detail"], "the body has the field \"product_id\" twice");
    let name = "x".repeat(100_000);
    let answer = posted(format!(r#"{{"{name}": 1, "{name}": 1}}"#)).await.problem(400, "invalid_request");
    assert!(answer.body.len() < 1000);
}

#[tokio::test]
async fn a_number_beyond_a_double_makes_the_body_unreadable() {
    let long = "9".repeat(5000);
    for number in ["1e400", "-1e400", &long] {
        for field in ["product_price", "user_id", "colour"] {
            let answer = posted(with(field, number)).await.problem(400, "invalid_request");
            let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
            assert!(detail.starts_with("a number in the body is out of range at line 1"), "{detail}");
        }
    }
    let other = posted("{\"colour\": \"number out of range\"").await.problem(400, "invalid_request");
    assert!(other.json()["detail"].as_str().is_some_and(|detail| detail.contains("not valid JSON")));
    posted(with("product_price", "1e308")).await.problem(422, "validation_failed");
}

#[tokio::test]
async fn a_long_name_is_not_repeated_whole() {
    let test = TestApi::new();
    let answer = test.get(&format!("/healthz/live?{}=1", "x".repeat(8000))).await.problem(400, "invalid_request");
    assert!(answer.body.len() < 1000);
    let kind = format!("text/{}", "x".repeat(8000));
    let answer = test.send(request(Method::POST, "/users").content_type(&kind).body("{}")).await;
    let detail = answer.problem(415, "unsupported_media_type").json()["detail"].clone();
    assert_eq!(detail, "send the body as application/json in UTF-8");
}

#[tokio::test]
async fn what_is_no_json_object_cannot_be_read() {
    let deep = "[".repeat(100_000);
    let deep_object = "{\"a\":".repeat(100_000);
    for body in [
        "",
        " ",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{",
        "{\"user_id\": 1",
        "{\"product_price\": NaN}",
        "{\"product_price\": Infinity}",
        "{'user_id': 1}",
        "{\"user_id\": 1,}",
        "{} {}",
        "\u{feff}{}",
        "{\"product_name\": \"\\ud800\"}",
        &deep,
        &deep_object,
    ] {
        let start: String = body.chars().take(30).collect();
        let answer = posted(body).await;
        assert_eq!(answer.status, 400, "{start}");
        answer.problem(400, "invalid_request");
    }
    let test = TestApi::new();
    let request = request(Method::POST, "/users").content_type("application/json").body(vec![0xff, 0xfe, b'{', b'}']);
    test.send(request).await.problem(400, "invalid_request");
}

#[tokio::test]
async fn a_body_of_another_kind_is_not_read() {
    let test = TestApi::new().with_product().await;
    let body = r#"{"first_name": "A", "last_name": "B"}"#;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data", "x"] {
        let request = request(Method::POST, "/users").content_type(kind).body(body);
        test.send(request).await.problem(415, "unsupported_media_type");
    }
    test.send(request(Method::POST, "/users").body(body)).await.problem(415, "unsupported_media_type");
    for kind in ["application/json; charset=utf-16", "application/json; charset=\"latin1\""] {
        let request = request(Method::POST, "/users").content_type(kind).body(body);
        test.send(request).await.problem(415, "unsupported_media_type");
    }
    let encoded = |coding: &str| {
        test.send(
            request(Method::POST, "/users")
                .content_type("application/json")
                .header("Content-Encoding", coding)
                .body(body),
        )
    };
    for coding in ["gzip", "br", "identity, gzip"] {
        let answer = encoded(coding).await.problem(415, "unsupported_media_type");
        assert_eq!(answer.header("accept-encoding"), "identity");
    }
    encoded("Identity").await.is(201);
    let transferred = |coding: &str| {
        let request = request(Method::POST, "/users").content_type("application/json");
        test.send(request.header("Transfer-Encoding", coding).body(body))
    };
    for coding in ["gzip, chunked", "gzip", "identity, chunked"] {
        transferred(coding).await.problem(415, "unsupported_media_type");
    }
    transferred("Chunked").await.is(201);
    for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
        test.send(request(Method::POST, "/users").content_type(kind).body(body)).await.is(201);
    }
}

#[tokio::test]
async fn two_megabytes_of_json_are_too_many_whether_declared_or_not() {
    let test = TestApi::new();
    let megabytes = format!("{{\"first_name\": \"{}\"}}", "x".repeat(2 << 20));
    test.post("/users", megabytes.clone()).await.problem(413, "payload_too_large");
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        megabytes.as_bytes().chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let body = Body::from_bytes_stream(stream::iter(chunks));
    let request = request(Method::POST, "/users").content_type("application/json").body(body);
    test.send(request).await.problem(413, "payload_too_large");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_is_given_up() {
    let test = TestApi::new().with_product().await;
    let stalled = || Body::from_bytes_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let json = request(Method::POST, "/users").content_type("application/json").body(stalled());
    test.send(json).await.problem(408, "request_timeout");
    let form = request(Method::POST, "/products/1/images")
        .content_type("multipart/form-data; boundary=frontier")
        .body(stalled());
    test.send(form).await.problem(408, "request_timeout");
}
