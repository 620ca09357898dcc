//! How commands behave as parts of scripts: exit codes, pipes that nobody reads, settings from anywhere.

use super::{Place, Ran};
use serde_json::json;
use std::process::Stdio;

#[test]
fn what_cannot_be_meant_is_wrong_usage_and_says_what_may_be() {
    let place = Place::new();
    for (line, words) in [
        (&["servr"][..], &["servr", "'serve'"][..]),
        (&["dead-leters"], &["dead-leters", "'dead-letters'"]),
        (&["dead-letters", "lst"], &["lst", "'list'"]),
        (&["dead-letters"], &["Usage: wareroom dead-letters"]),
        (&["serve", "--lisen", "127.0.0.1:0"], &["--lisen", "'--listen'"]),
        (&["--listen", "here"], &["listen", "here", "an address and a port"]),
        (&["prune", "--log-format", "loud"], &["log_format", "loud", "pretty or json"]),
        (&["prune", "--listen", "127.0.0.1:0"], &["--listen"]),
        (&["version", "now"], &["now"]),
    ] {
        place.run(line).refused(2, words);
    }
    let variable = Ran::of(place.command(&["prune"]).env("WAREROOM_LISTN", "127.0.0.1:0"));
    variable.refused(2, &["WAREROOM_LISTN", "WAREROOM_LISTEN"]);
    place.assert_empty();
}

#[test]
fn a_pipe_that_nobody_reads_is_the_end_and_no_error() {
    let place = Place::new();
    place.run(&["migrate", "up"]).expect(0);
    for line in [
        &["openapi"][..],
        &["version"],
        &["version", "--json"],
        &["completions", "zsh"],
        &["help", "serve"],
        &["migrate", "status"],
        &["prune", "--json"],
        &["dead-letters", "list", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output =
            place.command(line).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panic") && !said.to_lowercase().contains("pipe"), "{line:?}: {said}");
    }
}

#[test]
fn messages_that_nobody_reads_stop_nothing() {
    let place = Place::new();
    for (line, code) in
        [(&["migrate", "up"][..], 0), (&["dead-letters", "list"], 0), (&["dead-letters", "show", NONE], 1)]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command(line).stderr(writer).stdout(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line:?}");
    }
}

const NONE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn a_disk_that_is_full_is_an_error() {
    let full = std::path::Path::new("/dev/full");
    if cfg!(target_os = "linux") {
        let full = std::fs::OpenOptions::new().write(true).open(full).unwrap();
        let output = Place::new().command(&["version"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("wareroom: "));
    }
}

#[test]
fn what_goes_away_is_counted_for_programs_too() {
    let place = Place::new();
    place.run(&["migrate", "up"]).expect(0);
    let counts = json!({"idempotency_keys": 0, "events": 0, "dead_letters": 0, "leftovers": 0, "blobs": 0});
    for (line, dry_run) in [(&["prune", "--json"][..], false), (&["prune", "--json", "--dry-run"], true)] {
        let mut expected = counts.clone();
        expected["dry_run"] = dry_run.into();
        assert_eq!(place.run(line).json(0), expected);
    }
}

#[test]
fn commands_take_every_setting_from_file_and_environment() {
    let place = Place::new();
    std::fs::write(place.path().join("wareroom.toml"), "drain = \"1s\"\nback_off = \"1s,2s\"\n").unwrap();
    let run = |line: &[&str]| Ran::of(place.command(line).env("WAREROOM_MAX_CONNECTIONS", "7"));
    run(&["migrate", "up"]).expect(0);
    run(&["dead-letters", "list", "--json"]).json(0);
    std::fs::write(place.path().join("wareroom.toml"), "drain = \"soon\"\n").unwrap();
    run(&["dead-letters", "list"]).refused(2, &["wareroom.toml", "drain", "soon"]);
    std::fs::write(place.path().join("other.toml"), "").unwrap();
    run(&["dead-letters", "list", "--config", "other.toml"]).expect(0);
}
