//! The page for clients of other systems sends them to operations that exist.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use wareroom_test_kit::binary_under_test;

/// The operations in the column of a table that says what there is in Wareroom: a method and a path in backticks.
fn named(row: &str) -> Vec<(String, String)> {
    let here = row.trim_matches('|').split(" | ").nth(1).unwrap_or_default();
    let operation = |quoted: &str| {
        let (method, path) = quoted.split_once(' ')?;
        let path = path.split('?').next()?;
        (path.starts_with('/')).then(|| (method.to_lowercase(), path.to_owned()))
    };
    here.split('`').skip(1).step_by(2).filter_map(operation).collect()
}

#[test]
fn every_operation_that_clients_are_sent_to_exists() {
    let document = Command::new(binary_under_test()).arg("openapi").env_clear().output().unwrap();
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/migrating.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut sections = page.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    let (everybody, _) = sections.next().unwrap();
    assert_eq!(everybody, "For every client");
    let mut systems = 0;
    for (system, text) in sections {
        let operations: Vec<_> = text.lines().filter(|line| line.starts_with('|')).flat_map(named).collect();
        assert!(!operations.is_empty(), "`{system}` is sent nowhere");
        for (method, path) in operations {
            assert!(document["paths"][&path][&method].is_object(), "`{system}`: there is no {method} {path}");
        }
        systems += 1;
    }
    assert_eq!(systems, 5);
}

#[test]
fn an_operation_is_found_in_its_column() {
    let row = "| `GET /old` | `GET /new/{id}?a=`, 200; `/later` is reserved, `DELETE /new` and `{\"a\": 1}` |";
    let expected = [("get", "/new/{id}"), ("delete", "/new")];
    assert_eq!(named(row), expected.map(|(method, path)| (method.to_owned(), path.to_owned())));
}
