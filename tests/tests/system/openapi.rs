//! The committed description of the API is the one that the code gives.

use std::path::Path;
use std::process::Command;
use wareroom_test_kit::binary_under_test;

#[test]
fn the_committed_document_is_what_the_binary_writes() {
    let written = Command::new(binary_under_test()).arg("openapi").env_clear().output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let committed = std::fs::read_to_string(committed).unwrap();
    let written = String::from_utf8(written.stdout).unwrap();
    assert!(committed == written, "openapi/openapi.json is out of date: run scripts/openapi");
}
