//! Holds every answer of every test to the document.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::schema;
use crate::support::Answer;
use poem::http::Method;
use serde_json::Value;
use std::sync::LazyLock;
use wareroom_app_api::openapi;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&openapi()).unwrap());

/// Panics unless the document has this answer: the status, the media type, the headers that are promised and, of JSON,
/// the shape.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let name = format!("{method} {path}: {}", answer.status);
    let body = String::from_utf8_lossy(&answer.body);
    let Some(methods) = find(path) else {
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{name}, which is not described: {body}");
        return;
    };
    let asked = if *method == Method::HEAD { &Method::GET } else { method };
    let Some(operation) = methods.get(asked.as_str().to_lowercase()) else {
        assert!(matches!(answer.status.as_u16(), 400 | 405), "{name}, which is not described: {body}");
        return;
    };
    let response = &operation["responses"][answer.status.as_str()];
    assert!(response.is_object(), "{name} is not described: {body}");
    for (header, described) in response["headers"].as_object().into_iter().flatten() {
        let missing = described["required"] == true && !answer.headers.contains_key(header);
        assert!(!missing, "{name} has no {header}");
    }
    assert!(answer.headers.contains_key("x-request-id"), "{name}");
    let media_type = answer.header("content-type");
    let Some(content) = response.get("content") else {
        assert!(answer.body.is_empty() && media_type.is_empty(), "{name} has a body: {body}");
        return;
    };
    assert!(content.get(media_type).is_some(), "{name} is {media_type:?}");
    if *method == Method::HEAD {
        assert!(answer.body.is_empty(), "{name} has a body");
    } else if media_type.ends_with("json") {
        let json = serde_json::from_slice(&answer.body).unwrap();
        let faults = schema::faults(&DOCUMENT, &content[media_type]["schema"], &json);
        assert!(faults.is_empty(), "{name} breaks its schema: {faults:?} in {body}");
    }
}

/// What the document has at a path, with or without the prefix.
fn find(path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let same =
            |(expected, part): (&&str, &&str)| expected == part || (expected.starts_with('{') && !part.is_empty());
        template.len() == parts.len() && template.iter().zip(&parts).all(same)
    };
    DOCUMENT["paths"].as_object()?.iter().find(|(template, _)| fits(template)).map(|(_, methods)| methods)
}
