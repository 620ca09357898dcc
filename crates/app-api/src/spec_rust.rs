//! The OpenAPI document as generators of Rust clients can read it: JSON bodies only, one request and one success
//! an operation. The same interface, less of it; clients for everything else are made from the whole document.

use crate::spec;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const JSON: &str = "application/json";

/// What is written for bytes that are no JSON: generators hand them over as they are.
const BYTES: &str = "application/octet-stream";

const NOTE: &str = "This is the profile for generators of Rust clients: operations that take nothing but forms are left \
    out, every body is described as `application/json`, and errors are sent as `application/problem+json` all the same.";

/// The OpenAPI document for generators of Rust clients, as JSON: keys sorted, a line break at the end.
pub fn openapi_for_rust() -> String {
    let mut document = spec::document();
    for methods in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(methods) = methods.as_object_mut() {
            methods.retain(|_, operation| simplify(operation));
        }
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|_, methods| methods.as_object().is_some_and(|methods| !methods.is_empty()));
    }
    keep_used_schemas(&mut document);
    leave_null_to_references(&mut document);
    let description = document["info"]["description"].as_str().unwrap_or_default();
    document["info"]["description"] = format!("{description} {NOTE}").into();
    spec::text(document)
}

/// Describes an operation by JSON alone; `false` when that cannot be done.
fn simplify(operation: &mut Value) -> bool {
    if let Some(content) = operation.pointer_mut("/requestBody/content") {
        let Some(body) = json_of(content) else { return false };
        *content = json!({ JSON: body });
    }
    for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(content) = response.get_mut("content") else { continue };
        *content = match json_of(content) {
            Some(body) => json!({ JSON: body }),
            None if status.starts_with('2') => {
                json!({ BYTES: { "schema": { "type": "string", "format": "binary" } } })
            }
            None => json!({}),
        };
    }
    true
}

/// The JSON among media types, whatever it is called.
fn json_of(content: &Value) -> Option<Value> {
    let content = content.as_object()?;
    let other = || content.iter().find(|(media_type, _)| media_type.ends_with("+json")).map(|(_, body)| body);
    content.get(JSON).or_else(other).cloned()
}

/// Leaves out the schemas that nothing refers to any longer.
fn keep_used_schemas(document: &mut Value) {
    let mut used = BTreeSet::new();
    spec::references(&document["paths"], &mut used);
    loop {
        let mut more = used.clone();
        for name in &used {
            spec::references(&document["components"]["schemas"][name], &mut more);
        }
        if more.len() == used.len() {
            break;
        }
        used = more;
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}

/// Says of no named schema that it may be null: whoever refers to one that may be says so already, and of what is said in
/// both places generators make two types with one name.
fn leave_null_to_references(document: &mut Value) {
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("nullable");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_say_that_something_may_be_null() {
        let document: Value = serde_json::from_str(&openapi_for_rust()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let nullable: Vec<_> = schemas.iter().filter(|(_, schema)| schema.get("nullable").is_some()).collect();
        assert!(nullable.is_empty(), "{nullable:?}");
        assert_eq!(schemas["Image"]["properties"]["error"]["nullable"], true);
    }

    #[test]
    fn forms_go_and_json_stays_whatever_it_is_called() {
        let mut both = json!({
            "requestBody": {"content": {"multipart/form-data": {"schema": 1}, "application/merge-patch+json": {"schema": 2}}},
            "responses": {"200": {"content": {"image/jpeg": {}, "image/webp": {}}}, "204": {}, "404": {"content": {
                "application/problem+json": {"schema": 3}
            }}},
        });
        assert!(simplify(&mut both));
        assert_eq!(both["requestBody"]["content"], json!({ JSON: {"schema": 2} }));
        assert_eq!(both["responses"]["404"]["content"], json!({ JSON: {"schema": 3} }));
        assert!(both["responses"]["200"]["content"][BYTES].is_object());
        assert!(!simplify(&mut json!({"requestBody": {"content": {"multipart/form-data": {}}}, "responses": {}})));
    }
}
