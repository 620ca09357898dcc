//! Judges JSON by the schemas of the document, for the keywords that it uses.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use serde_json::{Map, Value};

/// The keywords that are judged, and those that say nothing about a value.
const KEYWORDS: [&str; 25] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "default",
    "deprecated",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
];

/// What is wrong with a value, by a schema of this document. Patterns are not looked at.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = vec![];
    judge(document, schema, value, "", &mut faults);
    faults
}

fn judge(document: &Value, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    let members = schema.as_object().unwrap();
    let unknown = members.keys().find(|keyword| !KEYWORDS.contains(&keyword.as_str()));
    assert!(unknown.is_none(), "{unknown:?} is not judged, at {path}");
    if let Some(name) = schema["$ref"].as_str() {
        let found = document.pointer(name.strip_prefix('#').unwrap()).unwrap();
        return judge(document, found, value, path, faults);
    }
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        judge(document, part, value, path, faults);
    }
    let length = value.as_str().map(|text| text.chars().count());
    let items = value.as_array().map(Vec::len);
    let members = value.as_object().map(Map::len);
    let below =
        |keyword: &str, size: Option<usize>| size.is_some_and(|size| schema[keyword].as_u64() > Some(size as u64));
    let beyond = |keyword: &str, size: Option<usize>| {
        schema[keyword].as_u64().zip(size).is_some_and(|(most, size)| size as u64 > most)
    };
    let number = value.as_f64();
    let rules = [
        (!is_of(schema["type"].as_str(), value), "type"),
        (schema["enum"].as_array().is_some_and(|values| !values.contains(value)), "enum"),
        (length.is_some() && below("minLength", length), "minLength"),
        (beyond("maxLength", length), "maxLength"),
        (items.is_some() && below("minItems", items), "minItems"),
        (beyond("maxItems", items), "maxItems"),
        (members.is_some() && below("minProperties", members), "minProperties"),
        (beyond("maxProperties", members), "maxProperties"),
        (number.zip(schema["minimum"].as_f64()).is_some_and(|(number, least)| number < least), "minimum"),
        (number.zip(schema["maximum"].as_f64()).is_some_and(|(number, most)| number > most), "maximum"),
    ];
    faults.extend(rules.iter().filter(|(broken, _)| *broken).map(|(_, rule)| format!("{path}: {rule}")));
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        judge(document, &schema["items"], item, &format!("{path}/{index}"), faults);
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            faults.push(format!("{path}/{name}: required"));
        }
    }
    for (name, member) in object {
        match schema["properties"].get(name) {
            Some(schema) => judge(document, schema, member, &format!("{path}/{name}"), faults),
            None if schema["additionalProperties"] == false => faults.push(format!("{path}/{name}: unknown")),
            None => {}
        }
    }
}

fn is_of(kind: Option<&str>, value: &Value) -> bool {
    match kind {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => kind.is_none(),
    }
}

#[test]
fn a_value_is_judged_by_every_keyword() {
    let document = serde_json::json!({"n": {"type": "integer", "minimum": 1, "maximum": 3}});
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false, "properties": {
            "a": {"type": "string", "minLength": 2, "maxLength": 3}, "n": {"$ref": "#/n"},
            "l": {"type": "array", "minItems": 1, "maxItems": 2, "items": {
                "allOf": [{"$ref": "#/n"}], "nullable": true
            }},
            "e": {"enum": ["x"]},
            "o": {"type": "object", "minProperties": 1, "maxProperties": 1},
        }
    });
    for (value, expected) in [
        (r#"{"a": "äö", "n": 3, "l": [1, null], "e": "x"}"#, vec![]),
        (r#"{"a": "x", "n": 4}"#, vec!["/a: minLength", "/n: maximum"]),
        (r#"{"a": "xxxx", "n": 0}"#, vec!["/a: maxLength", "/n: minimum"]),
        (r#"{"n": 1.5, "b": 1, "e": "y"}"#, vec!["/a: required", "/b: unknown", "/e: enum", "/n: type"]),
        (r#"{"a": null, "l": []}"#, vec!["/a: type", "/l: minItems"]),
        (r#"{"a": "xx", "l": [1, 2, 9]}"#, vec!["/l/2: maximum", "/l: maxItems"]),
        (r#"{"a": "xx", "o": {"x": 1}}"#, vec![]),
        (r#"{"a": "xx", "o": {}}"#, vec!["/o: minProperties"]),
        (r#"{"a": "xx", "o": {"x": 1, "y": 2}}"#, vec!["/o: maxProperties"]),
        ("[]", vec![": type"]),
    ] {
        let mut found = faults(&document, &schema, &serde_json::from_str(value).unwrap());
        found.sort();
        assert_eq!(found, expected, "{value}");
    }
}
