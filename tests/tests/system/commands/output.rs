//! What the commands write that need no database.

use super::Place;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn the_version_is_said_to_people_and_to_programs() {
    let place = Place::new();
    let version = format!("wareroom {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(place.run(&["--version"]).expect(0), version);
    let text = place.run(&["version"]).expect(0).to_owned();
    assert!(text.starts_with(&version), "{text}");
    let json = place.run(&["version", "--json"]).json(0);
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    for database in ["sqlite", "postgres"] {
        let migrations = format!("{}/../crates/adapters/{database}/migrations", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(json["schemas"][database], std::fs::read_dir(migrations).unwrap().count(), "{database}");
    }
    for feature in ["sqlite", "postgres", "redis", "files", "imaging", "download"] {
        assert!(json["features"].as_array().unwrap().contains(&feature.into()), "{json:#}");
        assert!(text.contains(feature), "{text}");
    }
    place.assert_empty();
}

#[test]
fn the_description_of_the_api_is_one_document() {
    let place = Place::new();
    assert!(place.run(&["openapi"]).json(0)["paths"]["/products"].is_object());
    assert!(place.run(&["openapi", "--profile", "rust"]).json(0)["paths"]["/products"].is_object());
    place.run(&["openapi", "--profile", "python"]).refused(2, &["python", "whole", "rust"]);
    place.assert_empty();
}

#[test]
fn completions_know_the_commands_in_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.run(&["completions", shell]).expect(0).to_owned();
        for word in ["dead-letters", "discard", "healthcheck"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    place.run(&["completions", "cmd"]).refused(2, &["cmd", "bash"]);
    place.run(&["completions"]).refused(2, &["<SHELL>"]);
}

#[test]
fn bash_reads_its_completions() {
    let script = Place::new().run(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
}
