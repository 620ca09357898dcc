//! The form of every text in the OpenAPI document: its pattern and its longest form, for those that have none of their own.
//! What is sent to us has; this is about what we send, and about headers.

use serde_json::{Map, Value, json};

/// A text that people read: of control characters it has tabs and line breaks alone.
const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";

/// What HTTP lets a header hold.
const FIELD: &str = r"^[^\u0000-\u0008\u000a-\u001f\u007f]*$";

/// The most characters of a header that we send.
const LONGEST_HEADER: usize = 2048;

/// The most bytes of a file: no form may bring a larger one, and no rendition is larger than what it is made of may be.
const LONGEST_FILE: usize = 100 * 1024 * 1024;

/// Bounds the texts of a document whose headers have the names that people write.
pub(crate) fn bound(document: &mut Value) {
    for operation in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut).flat_map(members) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if parameter["in"] == "header" {
                texts(&mut parameter["schema"], FIELD, LONGEST_HEADER);
            }
        }
        for response in operation.get_mut("responses").into_iter().flat_map(members) {
            for (name, header) in response.get_mut("headers").and_then(Value::as_object_mut).into_iter().flatten() {
                texts(&mut header["schema"], sent(name), LONGEST_HEADER);
            }
        }
    }
    texts(document, TEXT, LONGEST_FILE);
}

/// What a header that we send may hold.
fn sent(name: &str) -> &'static str {
    match name {
        "ETag" => r#"^"[!#-~]+"$"#,
        "X-Request-Id" => "^[!-~]{1,128}$",
        "Accept-Ranges" => "^bytes$",
        "Content-Range" => r"^bytes (\*|[0-9]+-[0-9]+)/[0-9]+$",
        "X-Content-Type-Options" => "^nosniff$",
        _ => "^[ -~]+$",
    }
}

/// Bounds every text within that is not bounded yet.
fn texts(value: &mut Value, pattern: &str, longest: usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, pattern, longest)),
        Value::Object(schema) => {
            schema.values_mut().for_each(|member| texts(member, pattern, longest));
            if schema.get("type") == Some(&json!("string")) && !schema.contains_key("enum") {
                schema.entry("maxLength").or_insert(json!(longest));
                if !schema.contains_key("format") {
                    schema.entry("pattern").or_insert(json!(pattern));
                }
            }
        }
        _ => {}
    }
}

fn members(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    value.as_object_mut().into_iter().flat_map(Map::values_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_form_of_its_own_keeps_it() {
        let mut document = json!({"components": {
            "one": {"type": "string", "pattern": "^a$", "maxLength": 1},
            "file": {"type": "string", "format": "binary"},
            "kind": {"type": "string", "enum": ["a"]},
            "text": {"type": "string", "maxLength": 9},
        }});
        let before = document.clone();
        bound(&mut document);
        for name in ["one", "kind"] {
            assert_eq!(document["components"][name], before["components"][name]);
        }
        assert_eq!(document["components"]["text"], json!({"type": "string", "maxLength": 9, "pattern": TEXT}));
        let file = json!({"type": "string", "format": "binary", "maxLength": LONGEST_FILE});
        assert_eq!(document["components"]["file"], file);
    }

    #[test]
    fn a_header_is_bounded_by_its_name() {
        let header = json!({"schema": {"type": "string"}});
        let responses = json!({"200": {"headers": {"ETag": header, "Location": header}}});
        let mut document = json!({"paths": {"/a": {"get": {"responses": responses}}}});
        bound(&mut document);
        let headers = &document["paths"]["/a"]["get"]["responses"]["200"]["headers"];
        assert_eq!(headers["ETag"]["schema"]["pattern"], r#"^"[!#-~]+"$"#);
        assert_eq!(headers["Location"]["schema"]["pattern"], "^[ -~]+$");
        assert_eq!(headers["Location"]["schema"]["maxLength"], LONGEST_HEADER);
    }
}
