//! The committed descriptions of the API are those that the code gives.

use std::path::Path;
use std::process::Command;
use wareroom_test_kit::binary_under_test;

#[test]
fn the_committed_documents_are_what_the_binary_writes() {
    for (file, arguments) in
        [("openapi.json", &["openapi"][..]), ("openapi.rust.json", &["openapi", "--profile", "rust"])]
    {
        let written = Command::new(binary_under_test()).args(arguments).env_clear().output().unwrap();
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi").join(file);
        let committed = std::fs::read_to_string(committed).unwrap_or_default();
        let written = String::from_utf8(written.stdout).unwrap();
        assert!(committed == written, "openapi/{file} is out of date: run scripts/openapi");
    }
}
