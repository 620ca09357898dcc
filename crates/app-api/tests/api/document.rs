//! The OpenAPI document: canonical, complete and true.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::schema;
use crate::support::{TestApi, request};
use poem::http::Method;
use serde_json::{Map, Value};
use wareroom_app_api::openapi;

fn document() -> Value {
    serde_json::from_str(&openapi()).unwrap()
}

/// Every operation with its method and path.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().clone();
        let path = path.clone();
        methods.into_iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    };
    paths.iter().flat_map(of_path).collect()
}

/// Calls `check` with every object in the document.
fn walk(value: &Value, path: &str, check: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            check(path, members);
            members.iter().for_each(|(name, member)| walk(member, &format!("{path}/{name}"), check));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, check)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let test = TestApi::new();
    let answer = test.get("/openapi.json").await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, openapi());
    let unchanged = test.get_with("/openapi.json", "If-None-Match", answer.header("etag")).await.is(304);
    assert!(unchanged.body.is_empty());
    assert_eq!((answer.header("cache-control"), unchanged.header("cache-control")), ("no-cache", "no-cache"));
}

#[test]
fn the_document_is_canonical() {
    let text = openapi();
    assert_eq!(text, openapi());
    assert!(text.ends_with("}\n") && !text.ends_with("\n\n"));
    let document = document();
    assert_eq!(document["openapi"], "3.0.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["info"]["license"]["name"], "MIT OR Apache-2.0");
    walk(&document, "", &mut |path, members| {
        assert!(members.keys().is_sorted(), "{path}");
        if path.ends_with("/content") {
            assert!(members.keys().all(|kind| !kind.contains(';')), "{path}: {members:?}");
        }
        if path.ends_with("/responses") {
            assert!(!members.contains_key("default"), "{path}");
        }
        for bound in ["minimum", "maximum"] {
            let whole = |number: &Value| number.as_f64().is_none_or(|float| float.fract() != 0.0 || number.is_i64());
            assert!(members.get(bound).is_none_or(whole), "{path}: {members:?}");
        }
        if path.ends_with("/headers") {
            assert!(members.keys().all(|name| name.contains(|c: char| c.is_ascii_lowercase())), "{path}: {members:?}");
        }
    });
}

#[test]
fn every_text_number_and_list_has_bounds() {
    walk(&document(), "", &mut |path, members| {
        let has = |name| members.contains_key(name);
        match members.get("type").and_then(Value::as_str) {
            Some("string") => {
                assert!(has("maxLength") || has("enum") || members.get("format") == Some(&"binary".into()), "{path}");
            }
            Some("integer" | "number") => assert!(has("minimum") && has("maximum"), "{path}"),
            Some("array") => assert!(has("maxItems"), "{path}"),
            _ => {}
        }
    });
}

#[test]
fn every_example_is_valid() {
    let document = document();
    let mut examples = 0;
    walk(&document, "", &mut |path, schema| {
        if let Some(example) = schema.get("example") {
            examples += 1;
            assert_eq!(schema::faults(&document, &Value::Object(schema.clone()), example), [""; 0], "{path}");
        }
        // No double is a multiple of 0.01, so validators refuse 18.99 by it.
        assert!(!schema.contains_key("multipleOf"), "{path}");
    });
    assert!(examples >= 2, "{examples}");
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let mut ids = vec![];
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{name}");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        let mut successes = 0;
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
            assert!(response["headers"]["X-Request-Id"].is_object(), "{name} {status}");
            let content = response["content"].as_object();
            if status.parse::<u16>().unwrap() >= 400 {
                let schema = &content.unwrap()["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
            } else if content.is_some_and(|content| content.contains_key("application/json")) {
                successes += 1;
            }
        }
        assert!(successes <= 1, "{name} succeeds in {successes} shapes");
    }
    ids.sort();
    let expected = [
        "add_images",
        "create_product",
        "create_user",
        "get_liveness",
        "get_openapi",
        "get_product",
        "get_readiness",
        "get_rendition",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn what_programs_rely_on_is_promised() {
    let document = document();
    for (path, status, header) in [
        ("/media/{key}", "200", "X-Content-Type-Options"),
        ("/media/{key}", "206", "X-Content-Type-Options"),
        ("/media/{key}", "206", "Content-Range"),
        ("/media/{key}", "416", "Content-Range"),
        ("/openapi.json", "200", "Cache-Control"),
        ("/openapi.json", "304", "Cache-Control"),
        ("/products/{id}", "503", "Retry-After"),
    ] {
        let described = &document["paths"][path]["get"]["responses"][status]["headers"][header];
        assert_eq!(described["required"], true, "{header} of {path}: {status}");
    }
}

#[test]
fn what_is_sent_to_us_has_no_other_fields() {
    let document = document();
    for input in ["UserInput", "ProductInput", "ImagesInput"] {
        assert_eq!(document["components"]["schemas"][input]["additionalProperties"], false, "{input}");
    }
    assert_eq!(document["components"]["schemas"]["Product"]["additionalProperties"], Value::Null);
}

#[test]
fn ids_reach_to_the_largest_integer_that_json_keeps() {
    let document = document();
    let id = &document["components"]["schemas"]["Product"]["properties"]["id"];
    assert_eq!((id["minimum"].as_i64(), id["maximum"].as_i64()), (Some(1), Some(9_007_199_254_740_991)));
    let path = &document["paths"]["/products/{id}"]["get"]["parameters"][0]["schema"];
    assert_eq!((path["minimum"].as_i64(), path["maximum"].as_i64()), (Some(1), Some(9_007_199_254_740_991)));
}

#[tokio::test]
async fn every_operation_that_is_described_exists_with_its_statuses() {
    let test = TestApi::new().with_product().await;
    let document = document();
    for (method, path, operation) in operations(&document) {
        let path = path.replace("{id}", "1").replace("{key}", "x");
        let method: Method = method.parse().unwrap();
        let answer = test.send(request(method.clone(), &path).finish()).await;
        let status = answer.status.as_str();
        assert_ne!(status, "405", "{method} {path}");
        assert!(
            operation["responses"].get(status).is_some(),
            "{method} {path} answers {status}, which is not described"
        );
    }
}
