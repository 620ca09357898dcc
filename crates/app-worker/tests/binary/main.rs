//! The thin binary as people and programs start it. What it does on servers is seen from outside, with all of the others.
#![expect(clippy::unwrap_used, reason = "what a test needs and cannot have fails it")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir();
    Command::new(env!("CARGO_BIN_EXE_app-worker")).args(arguments).env_clear().current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn its_help_says_what_it_is_and_lists_every_setting() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    assert!(help.starts_with("Process the images of a catalogue that several processes share: the worker by itself\n\nExamples:\n  app-worker "), "{help}");
    assert!(help.contains("Usage: app-worker [SETTINGS]\n       app-worker <COMMAND>\n"), "{help}");
    for setting in wareroom_bootstrap::settings::all() {
        assert!(help.contains(&format!("--{} <VALUE>", setting.flag())), "{}", setting.key);
    }
    assert!(help.trim_end().ends_with("Exit codes: 0 done, 1 failed, 2 wrong usage or configuration."), "{help}");
    assert!(text(&run(&["-h"]).stdout).lines().count() <= 40);
}

#[test]
fn its_version_is_said_to_people_and_to_programs() {
    let version = format!("app-worker {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&run(&["--version"]).stdout), version);
    assert!(text(&run(&["version"]).stdout).starts_with(&version));
    let json = run(&["version", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["schemas"]["postgres"].as_u64().unwrap() >= 1);
}

#[test]
fn what_cannot_be_shared_is_refused_by_its_setting() {
    for arguments in [&[][..], &["--database-url", "memory:"], &["--database-url", "sqlite:a.sqlite"]] {
        let refused = run(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        let said = text(&refused.stderr);
        assert!(said.starts_with("app-worker: ") && said.contains("database_url"), "{arguments:?}: {said}");
    }
    let refused = run(&["--listn", "x"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--listen"));
}
