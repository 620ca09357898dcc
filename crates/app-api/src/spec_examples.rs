//! Examples in the OpenAPI document, so that every operation shows what goes in or comes out. They are of
//! `assets/examples.json`: answers by the name of their schema or of their operation, parameters by their name and format.
//! What is sent to us has its example in its schema.

use serde_json::{Map, Value};

const EXAMPLES: &str = include_str!("../assets/examples.json");

/// Puts the examples where they belong.
#[expect(clippy::expect_used, reason = "the file is a part of the program, and a test reads it")]
pub(crate) fn add(document: &mut Value) {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("the examples are JSON");
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        leave_out_what_is_not_there(schema);
    }
    let operations = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let words =
                [&parameter["name"], &parameter["schema"]["format"]].map(|word| word.as_str().unwrap_or_default());
            let example = examples["parameters"].get(words.join(" ").trim_end());
            put(parameter, example);
        }
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            if status.starts_with('2') {
                let special = examples["bodies"].get(&id);
                media_types(response.get_mut("content"), |schema| {
                    special.or_else(|| schema.and_then(|name| examples["bodies"].get(name)))
                });
            }
        }
    }
}

/// Gives each JSON body the example that is found for its schema.
fn media_types<'a>(content: Option<&mut Value>, find: impl Fn(Option<&str>) -> Option<&'a Value>) {
    for (media_type, described) in content.and_then(Value::as_object_mut).into_iter().flatten() {
        if media_type.ends_with("json") {
            let schema = described["schema"]["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            let example = find(schema);
            put(described, example);
        }
    }
}

fn put(described: &mut Value, example: Option<&Value>) {
    if let (Some(members), Some(example)) = (described.as_object_mut(), example) {
        members.insert("example".to_owned(), example.clone());
    }
}

/// An example that the framework makes of a value has null for whatever the value leaves out.
fn leave_out_what_is_not_there(schema: &mut Value) {
    let may_be_null = |name: &str| schema["properties"][name]["nullable"] == true;
    let Some(example) = schema["example"].as_object() else { return };
    let kept = example.iter().filter(|(name, value)| !value.is_null() || may_be_null(name));
    let kept: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
    schema["example"] = Value::Object(kept);
}
