//! `wareroom migrate up|status`: from nothing, from an older schema, and not from a newer one.

use super::Place;
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wareroom_test_kit::RunningBinary;

/// A database as it was after the first migration only.
fn old_database(place: &Place) {
    std::fs::create_dir(place.data()).unwrap();
    let first = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/adapters/sqlite/migrations/0001_catalogue.sql");
    let first = std::fs::read_to_string(first).unwrap();
    let hash = wareroom_domain::Sha256(Sha256::digest(&first).into()).to_string();
    let database = Connection::open(place.database()).unwrap();
    database.execute_batch(&first).unwrap();
    let table = "CREATE TABLE schema_migrations
                 (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT";
    database.execute_batch(table).unwrap();
    let row = "INSERT INTO schema_migrations VALUES (1, 'catalogue', ?1, '2026-01-31T12:00:00.000Z')";
    database.execute(row, [hash]).unwrap();
}

/// The numbers of the migrations that a document lists, those that were applied and those that are pending.
fn listed(document: &Value) -> (Vec<u64>, Vec<u64>) {
    let numbers = |applied: bool| {
        let steps = document["data"].as_array().unwrap().iter();
        let steps = steps.filter(|step| step["applied_at"].is_string() == applied);
        steps.map(|step| step["version"].as_u64().unwrap()).collect()
    };
    (numbers(true), numbers(false))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_database_is_made_and_serves() {
    let place = Place::new();
    let (applied, pending) = listed(&place.run(&["migrate", "up", "--json"]).json(0));
    let all: Vec<u64> = (1..=applied.len() as u64).collect();
    assert!(applied.len() >= 4);
    assert_eq!((&applied, &pending), (&all, &vec![]));
    let again = place.run(&["migrate", "up"]);
    again.refused(0, &["the database is up to date"]);
    let binary = RunningBinary::start(&place.data(), &[]).await;
    // Beside it, too.
    place.run(&["migrate", "up"]).refused(0, &["up to date"]);
    assert_eq!(listed(&place.run(&["migrate", "status", "--json"]).json(0)), (all, vec![]));
    assert!(binary.stop().await, "the binary did not end well");
}

#[test]
fn an_old_database_is_brought_up_to_date_by_this_command_and_by_no_other() {
    let place = Place::new();
    old_database(&place);
    let status = || listed(&place.run(&["migrate", "status", "--json"]).json(0));
    let (applied, pending) = status();
    assert_eq!(applied, [1]);
    assert!(pending.len() >= 3 && pending[0] == 2, "{pending:?}");
    let text = place.run(&["migrate", "status"]).expect(0).to_owned();
    assert!(text.starts_with("1  catalogue     applied 2026-01-31T12:00:00Z\n2  image_urls    pending\n"), "{text}");
    for command in [&["dead-letters", "list"][..], &["prune"], &["prune", "--dry-run"]] {
        place.run(command).refused(1, &["`wareroom migrate up`"]);
    }
    assert_eq!(status(), (vec![1], pending.clone()));
    let text = place.run(&["migrate", "up"]).expect(0).to_owned();
    assert_eq!(text.lines().count(), pending.len(), "{text}");
    assert!(text.starts_with("2  image_urls    applied 20"), "{text}");
    assert_eq!(status().1, Vec::<u64>::new());
    place.run(&["dead-letters", "list"]).refused(0, &["no dead letters"]);
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    place.run(&["migrate", "up"]).expect(0);
    let row = "INSERT INTO schema_migrations VALUES (9999, 'later', '', '2030-01-01T00:00:00.000Z')";
    Connection::open(place.database()).unwrap().execute(row, []).unwrap();
    for command in [&["migrate", "up"][..], &["migrate", "status"], &["dead-letters", "list"], &["prune"]] {
        place.run(command).refused(1, &["9999", "newer than this program"]);
    }
}

#[test]
fn where_there_is_no_database_only_migrate_makes_one() {
    let place = Place::new();
    let data = place.data().display().to_string();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for command in [
        &["migrate", "status"][..],
        &["prune"],
        &["dead-letters", "list"],
        &["dead-letters", "show", id],
        &["dead-letters", "retry", id],
        &["dead-letters", "discard", "--all", "--yes"],
    ] {
        place.run(command).refused(1, &["there is no database at", &data, "data_dir"]);
        let memory = [command, &["--database-url", "memory:"]].concat();
        place.run(&memory).refused(2, &["database_url is memory:"]);
        place.assert_empty();
    }
}
