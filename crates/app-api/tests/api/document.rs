//! The OpenAPI document: canonical, complete and true.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::schema;
use crate::support::{TestApi, request};
use poem::http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use wareroom_app_api::{openapi, openapi_for_rust};

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
    let mut expected = document();
    expected["servers"] = json!([
        {"url": "http://shop.test", "x-internal": false},
        {"url": "/", "x-internal": false},
    ]);
    assert_eq!(answer.json(), expected);
    assert!(answer.body.ends_with(b"}\n"));
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
        let is_example = path.contains("/example/") || path.ends_with("/example");
        assert!(is_example || !members.values().any(Value::is_null), "{path}: {members:?}");
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
                let form = has("pattern") || has("format");
                assert!(has("enum") || has("maxLength") && form, "{path}");
                let code = path.ends_with("/code") || path.ends_with("/reason") || path.ends_with("/status");
                assert!(!code || has("enum"), "{path} is a code without a list of its values");
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
    walk(&document, "", &mut |path, members| {
        if path.contains("/example/") || path.ends_with("/example") {
            return;
        }
        if let Some(example) = members.get("example") {
            examples += 1;
            // Of a parameter or a body, the schema stands beside the example; else around it.
            let around = Value::Object(members.clone());
            let schema = members.get("schema").unwrap_or(&around);
            assert_eq!(schema::faults(&document, schema, example), [""; 0], "{path}");
        }
        // No double is a multiple of 0.01, so validators refuse 18.99 by it.
        assert!(!members.contains_key("multipleOf"), "{path}");
    });
    assert!(examples >= 20, "{examples}");
}

#[test]
fn every_operation_has_an_example() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = operation["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2'));
        let bodies = answers.map(|(_, answer)| &answer["content"]).chain([&operation["requestBody"]["content"]]);
        let bodies = bodies.filter_map(Value::as_object).flat_map(Map::values);
        let within = |described: &Value| {
            let name = described["schema"]["$ref"].as_str()?;
            document.pointer(name.trim_start_matches('#'))?.get("example").cloned()
        };
        let mut described = parameters.chain(bodies);
        let found = described.any(|described| described.get("example").is_some() || within(described).is_some());
        assert!(found, "{method} {path}");
    }
}

#[test]
fn statuses_are_numbers_and_parameters_are_described_once() {
    for (method, path, operation) in operations(&document()) {
        for status in operation["responses"].as_object().unwrap().keys() {
            let number = status.parse::<u16>().is_ok_and(|number| (200..600).contains(&number));
            assert!(number && status.len() == 3, "{method} {path}: {status}");
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut names: Vec<_> = parameters.map(|p| format!("{} {}", p["in"], p["name"])).collect();
        names.sort();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{method} {path}");
    }
}

/// What generators of Rust clients stumble over, by what progenitor reads.
#[test]
fn the_profile_for_rust_has_one_kind_of_body_and_one_success() {
    let text = openapi_for_rust();
    assert_eq!(text, openapi_for_rust());
    let (whole, profile): (Value, Value) = (document(), serde_json::from_str(&text).unwrap());
    let mut kept = 0;
    for (method, path, operation) in operations(&profile) {
        let name = format!("{method} {path}");
        if let Some(content) = operation.pointer("/requestBody/content") {
            assert_eq!(content.as_object().unwrap().keys().collect::<Vec<_>>(), ["application/json"], "{name}");
        }
        let (mut successes, mut errors) = (BTreeSet::new(), BTreeSet::new());
        for (status, response) in operation["responses"].as_object().unwrap() {
            let Some(content) = response["content"].as_object() else { continue };
            assert_eq!(content.len(), 1, "{name} {status}");
            let set = if status.as_str() < "300" { &mut successes } else { &mut errors };
            set.extend(content.iter().map(|(media_type, body)| format!("{media_type} {}", body["schema"])));
            assert!(status.as_str() < "400" || content.contains_key("application/json"), "{name} {status}");
        }
        assert!(successes.len() <= 1 && errors.len() == 1, "{name}: {successes:?}, {errors:?}");
        kept += 1;
    }
    let forms_alone = operations(&whole).into_iter().filter(|(_, _, operation)| {
        let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
        content.is_some_and(|content| content.keys().all(|media_type| media_type.starts_with("multipart/")))
    });
    assert_eq!(kept + forms_alone.count(), operations(&whole).len());
    let schemas = profile["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("Problem") && !text.contains("multipart/") && !text.contains("+json\":"));
    for name in schemas.keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "nothing refers to {name}");
    }
    walk(&profile, "", &mut |path, members| {
        if let Some(name) = members.get("$ref").and_then(Value::as_str) {
            assert!(profile.pointer(name.trim_start_matches('#')).is_some(), "{path} leads nowhere");
        }
    });
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let mut ids = vec![];
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{name}");
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        assert!(operation["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no description");
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
        "delete_image",
        "delete_product",
        "discard_dead_letter",
        "discard_dead_letters",
        "edit_image",
        "edit_product",
        "get_image",
        "get_liveness",
        "get_openapi",
        "get_product",
        "get_readiness",
        "get_rendition",
        "get_user",
        "list_dead_letters",
        "list_products",
        "list_users",
        "replace_image",
        "replace_product",
        "retry_dead_letter",
        "retry_dead_letters",
        "retry_image",
        "summarise_dead_letters",
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
    for input in [
        "UserInput",
        "ProductInput",
        "ProductPatch",
        "ImageInput",
        "ImagePatch",
        "ImagesInput",
        "DeadLettersInput",
        "DeadLetterFilterInput",
    ] {
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
