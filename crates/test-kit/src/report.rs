//! Lines that a run of all tests shows at its end.

use std::io::Write;

/// Prints a line, and appends it to the file that `WAREROOM_TEST_REPORT` names, for `scripts/test` to show.
pub fn report(line: &str) {
    println!("report: {line}");
    #[expect(clippy::disallowed_methods, reason = "how scripts/test hands its file to every test binary")]
    let Some(path) = std::env::var_os("WAREROOM_TEST_REPORT") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("the report can be written");
    writeln!(file, "{line}").expect("the report can be written");
}
