//! What housekeeping does to the files, and to whoever is at work beside it.

use rusqlite::Connection;
use std::{path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::time::Instant;
use wareroom_domain::{PersonName, UserDraft};
use wareroom_ports::{Kept, Retention, Store, StoreError};
use wareroom_sqlite::{SqliteConfig, SqliteStore};

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("wareroom.db")
    }

    fn log_length(&self) -> u64 {
        std::fs::metadata(self.0.path().join("wareroom.db-wal")).unwrap().len()
    }
}

async fn register(store: &SqliteStore) {
    let name = |text| PersonName::new(text).unwrap();
    let draft =
        UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at: jiff::Timestamp::UNIX_EPOCH };
    let mut unit = store.begin().await.unwrap();
    unit.users().insert(&draft).await.unwrap();
    unit.commit().await.unwrap();
}

#[tokio::test]
async fn compacting_cuts_the_write_ahead_log_to_nothing() {
    let place = Place::new();
    let store = SqliteStore::open(SqliteConfig::at(place.path())).await.unwrap();
    register(&store).await;
    assert!(place.log_length() > 0);
    store.compact().await.unwrap();
    assert_eq!(place.log_length(), 0);
    register(&store).await;
}

#[tokio::test]
async fn a_reader_who_is_at_work_is_no_error_and_is_not_waited_for() {
    let place = Place::new();
    let store = SqliteStore::open(SqliteConfig::at(place.path())).await.unwrap();
    register(&store).await;
    let beside = Connection::open(place.path()).unwrap();
    let users = || beside.query_one("SELECT count(*) FROM users", [], |row| row.get::<_, i64>(0)).unwrap();
    beside.execute_batch("BEGIN").unwrap();
    assert_eq!(users(), 1);
    register(&store).await;
    let asked = Instant::now();
    store.compact().await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(3), "the usual wait of 5 s was spent on a reader");
    assert!(place.log_length() > 0, "the reader's view was taken away");
    assert_eq!(users(), 1, "a reader's view changed under it");
    beside.execute_batch("COMMIT").unwrap();
    assert_eq!(users(), 2);
    store.compact().await.unwrap();
    assert_eq!(place.log_length(), 0);
}

#[tokio::test]
async fn compacting_is_no_part_of_a_unit_and_what_comes_next_waits_as_long_as_ever() {
    let place = Place::new();
    let config = SqliteConfig { begin_wait: Duration::from_millis(300), ..SqliteConfig::at(place.path()) };
    let store = SqliteStore::open(config).await.unwrap();
    let unit = store.begin().await.unwrap();
    assert!(matches!(store.compact().await, Err(StoreError::Busy)));
    drop(unit);
    store.compact().await.unwrap();
    let beside = Connection::open(place.path()).unwrap();
    beside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked = Instant::now();
    let removed = store.remove_expired(Kept::DeadLetters, jiff::Timestamp::MAX, 1).await;
    assert!(matches!(removed, Err(StoreError::Busy)));
    assert!(asked.elapsed() >= Duration::from_millis(250), "the short wait of compacting stayed");
}
