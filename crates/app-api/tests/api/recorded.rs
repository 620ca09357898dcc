//! Every operation was met with every status that the document has for it.
//!
//! Tests run in any order, so the one that looks at all exchanges makes a run of its own: it starts this program once
//! more, without itself, and reads what that run noted.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::conformance::{DOCUMENT, RECORD};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What is described and cannot be brought about from outside, with the reason. What was met after all fails the test.
const NEVER_MET: &[(&str, u16, &str)] =
    &[("get_openapi", 500, "it answers bytes that were made before; nothing beneath it could fail")];

#[test]
fn every_operation_was_met_with_every_status_that_is_described() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("exchanges-{}", std::process::id()));
    let run = Command::new(std::env::current_exe().unwrap())
        // The sockets' own tests meet no operation.
        .args(["--quiet", "--skip", "recorded::", "--skip", "server::"])
        .env(RECORD, &file)
        .output()
        .unwrap();
    let noted = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let met: BTreeSet<(&str, u16)> = noted.lines().filter_map(|line| line.split_once(' ')).map(pair).collect();
    let described: BTreeSet<(&str, u16)> = described().collect();
    let excused: BTreeSet<(&str, u16)> = NEVER_MET.iter().map(|(operation, status, _)| (*operation, *status)).collect();

    let missing: Vec<_> = described.iter().filter(|pair| !met.contains(pair) && !excused.contains(pair)).collect();
    let failed = if run.status.success() { "" } else { " (tests of that run failed, which may be why)" };
    assert!(missing.is_empty(), "{} of {} were never met{failed}: {missing:?}", missing.len(), described.len());
    let stale: Vec<_> = excused.iter().filter(|pair| met.contains(pair) || !described.contains(pair)).collect();
    assert!(stale.is_empty(), "these need no excuse: {stale:?}");
}

/// Every status of every operation.
fn described() -> impl Iterator<Item = (&'static str, u16)> {
    let operations =
        DOCUMENT["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
    operations.flat_map(|operation: &Value| {
        let id = operation["operationId"].as_str().unwrap();
        operation["responses"].as_object().unwrap().keys().map(move |status| (id, status.parse().unwrap()))
    })
}

fn pair<'a>((operation, status): (&'a str, &str)) -> (&'a str, u16) {
    (operation, status.parse().unwrap())
}
