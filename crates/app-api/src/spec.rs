//! The OpenAPI document, made from the code without any service, in one canonical form: what changes in it changed in
//! the interface.

use crate::api::Operations;
use crate::{idempotency, request_id, spec_examples, spec_texts};
use poem::{endpoint::BoxEndpoint, http::Method};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{ContactObject, ExtraHeader, LicenseObject, OpenApi, OpenApiService};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

const DESCRIPTION: &str = "A self-hosted product catalogue with an image pipeline. Every error is \
    `application/problem+json`, and its `type` leads to a page that explains it. The same operations answer below `/api`, \
    and HEAD is answered wherever GET is. Pages of the origins that the operator lists may call (CORS); what browsers ask \
    beforehand is answered at every path, any other OPTIONS is 405. A \
    request that is not HTTP/1.1 or 1.0 is refused before any operation, with a problem whose `request_id` is `none`: \
    `invalid_request` (400), or `request_header_fields_too_large` (431) when its head has too many bytes or fields.";

/// The largest integer that every JSON reader keeps exact.
const MAX_INTEGER: u64 = 9_007_199_254_740_991;

/// The document is the same wherever it is served, but for where that is.
static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// What the document is made from: the operations' own descriptions, without anything that could serve them.
struct Described;

impl OpenApi for Described {
    fn meta() -> Vec<MetaApi> {
        idempotency::described(Operations::meta())
    }

    fn register(registry: &mut Registry) {
        Operations::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}

/// The OpenAPI document as JSON: keys sorted, a line break at the end.
pub fn openapi() -> String {
    text(DOCUMENT.clone())
}

/// The same as it is served: it names the public URL and, for who came another way, the path in it.
pub(crate) fn openapi_at(public_url: &str, path: &str) -> String {
    let mut document = DOCUMENT.clone();
    // Without a path the second is `/`: where the document came from.
    let path = if path.is_empty() { "/" } else { path };
    document["servers"] = [public_url, path].map(|url| json!({"url": url, "x-internal": false})).to_vec().into();
    text(document)
}

/// The OpenAPI document.
#[expect(clippy::expect_used, reason = "the framework's own JSON parses")]
pub(crate) fn document() -> Value {
    let service = OpenApiService::new(Described, "Wareroom", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .contact(ContactObject::new().name("Whoever operates this server"))
        .license(LicenseObject::new(env!("CARGO_PKG_LICENSE")))
        .server("/")
        .extra_response_header::<String, _>(
            ExtraHeader::new(request_id::HEADER).description("Names the request in logs."),
        )
        .extra_response_header::<Option<String>, _>(
            ExtraHeader::new("Access-Control-Allow-Origin")
                .description("The origin whose pages may read the answer, when it is one that the operator lists."),
        );
    let mut document: Value = serde_json::from_str(&service.spec()).expect("the framework writes JSON");
    close_inputs(&mut document);
    tidy(&mut document);
    allow_null_of_what_may_be_null(&mut document);
    // Whether a server is for insiders is for its operator to say; the interface is the same for all.
    document["servers"][0]["x-internal"] = false.into();
    spec_texts::bound(&mut document);
    spec_examples::add(&mut document);
    document
}

/// A document as it is written: keys sorted, a line break at the end.
#[expect(clippy::expect_used, reason = "a value always serialises")]
pub(crate) fn text(document: Value) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(document)).expect("a value serialises");
    text.push('\n');
    text
}

/// What is sent to us may have no fields that are not listed: unknown ones are refused.
fn close_inputs(document: &mut Value) {
    let mut names = BTreeSet::new();
    for operation in document["paths"].as_object().into_iter().flat_map(Map::values).filter_map(Value::as_object) {
        operation.values().for_each(|operation| references(&operation["requestBody"], &mut names));
    }
    let (schemas, mut closed) = (&mut document["components"]["schemas"], BTreeSet::new());
    while let Some(name) = names.pop_first() {
        if !closed.insert(name.clone()) {
            continue;
        }
        let Some(schema) = schemas.get_mut(&name) else { continue };
        references(schema, &mut names);
        if let Some(schema) = schema.as_object_mut().filter(|schema| schema.contains_key("properties")) {
            schema.insert("additionalProperties".to_owned(), false.into());
        }
    }
}

/// The names of the schemas that a value refers to.
pub(crate) fn references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            names.extend(name.map(str::to_owned));
            members.values().for_each(|member| references(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

/// Mends, everywhere, what the framework writes in a way that generators stumble over.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            members.values_mut().for_each(tidy);
            if members.contains_key("in") || members.contains_key("schema") {
                members.remove("explode");
                members.retain(|name, member| name != "deprecated" || *member != Value::Bool(false));
            }
            if let Some(Value::Object(content)) = members.get_mut("content") {
                rename(content, |media_type| media_type.split(';').next().unwrap_or_default().to_owned());
            }
            if let Some(Value::Object(headers)) = members.get_mut("headers") {
                rename(headers, header_name);
            }
            for bound in ["minimum", "maximum"] {
                if let Some(number) = members.get_mut(bound) {
                    whole(number);
                }
            }
            bound_integers(members);
            keep_references_only(members);
            require_what_may_be_null(members);
        }
        _ => {}
    }
}

/// A field that refers to another schema carries its own description beside the reference; the framework repeats it
/// within.
fn keep_references_only(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(parts)) = schema.get_mut("allOf") {
        parts.retain(|part| part.get("$ref").is_some());
        // A null is allowed beside a type only; whatever may be null by reference is an object.
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            schema.insert("type".to_owned(), "object".into());
        }
    }
}

/// A reference that may be null leads to a schema that may be null: beside it, strict readers do not see the word.
fn allow_null_of_what_may_be_null(document: &mut Value) {
    let (mut names, mut others) = (BTreeSet::new(), BTreeSet::new());
    nullable_references(document, &mut names, &mut others);
    for name in names.difference(&others) {
        if let Some(Value::Object(schema)) = document["components"]["schemas"].get_mut(name) {
            schema.insert("nullable".to_owned(), true.into());
        }
    }
}

/// The names of the schemas that are referred to where null is allowed, and those that are elsewhere.
fn nullable_references(value: &Value, names: &mut BTreeSet<String>, others: &mut BTreeSet<String>) {
    match value {
        Value::Object(members)
            if members.get("nullable") == Some(&Value::Bool(true)) && members.contains_key("allOf") =>
        {
            references(value, names);
        }
        Value::Object(members) if members.contains_key("$ref") => references(value, others),
        Value::Object(members) => members.values().for_each(|member| nullable_references(member, names, others)),
        Value::Array(items) => items.iter().for_each(|item| nullable_references(item, names, others)),
        _ => {}
    }
}

/// Answers say `null` where there is nothing; they leave no such field out.
fn require_what_may_be_null(schema: &mut Map<String, Value>) {
    // What is sent to us says null where something is to be taken away, and leaves out what is to stay.
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        return;
    }
    let Some(Value::Object(properties)) = schema.get("properties") else { return };
    let nullable = |property: &Value| property.get("nullable") == Some(&Value::Bool(true));
    let named =
        properties.iter().filter(|(_, property)| nullable(property)).map(|(name, _)| Value::from(name.as_str()));
    let listed = schema.get("required").and_then(Value::as_array).into_iter().flatten().cloned();
    let mut required: Vec<Value> = listed.chain(named).collect();
    required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
}

fn rename(members: &mut Map<String, Value>, new_name: impl Fn(&str) -> String) {
    *members = std::mem::take(members).into_iter().map(|(name, member)| (new_name(&name), member)).collect();
}

/// `X-REQUEST-ID` as `X-Request-Id`.
fn header_name(name: &str) -> String {
    if name.eq_ignore_ascii_case("etag") {
        return "ETag".to_owned();
    }
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// A bound of `1.0` as `1`.
fn whole(number: &mut Value) {
    #[expect(clippy::cast_possible_truncation, reason = "whole and within range")]
    if let Some(float) = number.as_f64()
        && number.is_f64()
        && float.fract() == 0.0
        && float.abs() < 1e16
    {
        *number = json!(float as i64);
    }
}

/// The bounds of an integer that is bounded by its type alone, and no formats that OpenAPI does not know.
fn bound_integers(schema: &mut Map<String, Value>) {
    if schema.get("type") != Some(&json!("integer")) {
        return;
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (format, largest) = match format.as_str() {
        "uint8" | "uint16" | "int32" | "" => ("int32", i32::MAX as u64),
        "uint32" => ("int64", u64::from(u32::MAX)),
        _ => ("int64", MAX_INTEGER),
    };
    schema.insert("format".to_owned(), format.into());
    schema.entry("minimum").or_insert(json!(0));
    schema.entry("maximum").or_insert(json!(largest));
}

/// The same value with the members of every object in the order of their names, whatever order the library keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, member)| (name, sorted(member))).collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_written_as_people_write_them() {
        for (given, expected) in [
            ("ETAG", "ETag"),
            ("X-REQUEST-ID", "X-Request-Id"),
            ("Retry-After", "Retry-After"),
            ("LOCATION", "Location"),
        ] {
            assert_eq!(header_name(given), expected);
        }
    }
}
