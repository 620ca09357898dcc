//! Holds every answer of every test to the document.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::schema;
use crate::support::Answer;
use poem::http::Method;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{LazyLock, Mutex};
use wareroom_app_api::openapi;

pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&openapi()).unwrap());

/// Names the file in which a run of these tests notes the exchanges that it had.
pub(crate) const RECORD: &str = "WAREROOM_RECORD_EXCHANGES";

/// Where exchanges are noted, if they are.
#[expect(clippy::disallowed_methods, reason = "one run of these tests tells the run that it starts")]
static NOTED: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = std::env::var_os(RECORD)?;
    Some(Mutex::new(OpenOptions::new().append(true).create(true).open(path).unwrap()))
});

/// Pages for people, which are no operations, besides the one at `/`.
const PAGES: [&str; 3] = ["/home", "/docs", "/problems"];

/// Panics unless the document has this answer: the status, the media type, the headers that are promised and, of JSON,
/// the shape.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let name = format!("{method} {path}: {}", answer.status);
    let body = String::from_utf8_lossy(&answer.body);
    if *method == Method::OPTIONS && answer.status == 204 {
        // What browsers ask beforehand is no operation either.
        assert!(answer.headers.contains_key("access-control-allow-methods"), "{name}");
        return;
    }
    let Some(methods) = find(path) else {
        let page = plain(path) == "/" || PAGES.iter().any(|page| plain(path).starts_with(page));
        let fine =
            matches!(answer.status.as_u16(), 400 | 404) || (page && matches!(answer.status.as_u16(), 200 | 304 | 405));
        assert!(fine, "{name}, which is not described: {body}");
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
    if *method != Method::HEAD {
        note(operation["operationId"].as_str().unwrap(), answer.status.as_u16());
    }
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

/// Notes an exchange, when this run is asked to.
fn note(operation: &str, status: u16) {
    if let Some(file) = &*NOTED {
        file.lock().unwrap().write_all(format!("{operation} {status}\n").as_bytes()).unwrap();
    }
}

/// A path without its query and without the prefix.
fn plain(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_prefix("/api").filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// What the document has at a path.
fn find(path: &str) -> Option<&'static Value> {
    let parts: Vec<&str> = plain(path).split('/').collect();
    let fits = |template: &str| {
        let template: Vec<&str> = template.split('/').collect();
        let same =
            |(expected, part): (&&str, &&str)| expected == part || (expected.starts_with('{') && !part.is_empty());
        template.len() == parts.len() && template.iter().zip(&parts).all(same)
    };
    DOCUMENT["paths"].as_object()?.iter().find(|(template, _)| fits(template)).map(|(_, methods)| methods)
}
