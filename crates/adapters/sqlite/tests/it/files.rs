//! What only this store can be asked: files, processes beside it, leases left behind.

use rusqlite::Connection;
use std::{path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use uuid::Uuid;
use wareroom_domain::{Event, ImageId, Job, Lane, MessageId, PersonName, Stamped, Trace, User, UserDraft};
use wareroom_ports::{EventLog, LogPage, Message, OutboxRelay, Queue, QueueError, Store, StoreError};
use wareroom_sqlite::{OpenError, SqliteConfig, SqliteStore};

const SOON: Duration = Duration::from_secs(10);

/// A folder for a database that is opened several times.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data").join("wareroom.db")
    }

    async fn open(&self) -> SqliteStore {
        SqliteStore::open(SqliteConfig::at(self.path())).await.unwrap()
    }
}

fn stamped<T>(number: u128, body: T) -> Stamped<T> {
    Stamped { id: MessageId(Uuid::from_u128(number)), at: jiff::Timestamp::UNIX_EPOCH, trace: Trace::default(), body }
}

fn job(number: u128) -> Stamped<Job> {
    stamped(number, Job::ProcessImage(ImageId(Uuid::from_u128(number))))
}

async fn leave(store: &SqliteStore, job: Stamped<Job>, due_in: Duration) {
    let mut unit = store.begin().await.unwrap();
    unit.outbox().job(job, due_in);
    unit.commit().await.unwrap();
}

async fn register(store: &SqliteStore) -> User {
    let name = |text| PersonName::new(text).unwrap();
    let draft =
        UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at: jiff::Timestamp::UNIX_EPOCH };
    let mut unit = store.begin().await.unwrap();
    let user = unit.users().insert(&draft).await.unwrap();
    unit.outbox().event(stamped(1, user.registered()));
    unit.outbox().job(job(2), Duration::ZERO);
    unit.commit().await.unwrap();
    user
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening_outbox_included() {
    let place = Place::new();
    let store = place.open().await;
    let user = register(&store).await;
    drop(store);
    let store = place.open().await;
    let mut unit = store.begin().await.unwrap();
    assert_eq!(unit.users().load(user.id).await.unwrap(), Some(user.clone()));
    drop(unit);
    assert_eq!(store.backlog().await.unwrap().rows, 1);
    assert_eq!(store.sequence(10).await.unwrap(), 1);
    let LogPage::Events(events) = store.read(wareroom_domain::EventPosition(0), 10).await.unwrap() else {
        panic!("nothing was removed");
    };
    assert_eq!(events[0].1.body, Event::UserRegistered { user: user.id });
}

#[tokio::test]
async fn what_was_committed_is_on_disk_and_not_in_the_connection() {
    let place = Place::new();
    let store = place.open().await;
    register(&store).await;
    // A copy of the files as a dead process leaves them: never closed, never checkpointed.
    let copy = Place::new();
    std::fs::create_dir_all(copy.path().parent().unwrap()).unwrap();
    for ending in ["", "-wal"] {
        let named = |path: PathBuf| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(named(place.path()), named(copy.path())).unwrap();
    }
    assert_eq!(copy.open().await.backlog().await.unwrap().rows, 1);
}

#[tokio::test]
async fn a_database_whose_migration_was_changed_is_refused() {
    let place = Place::new();
    drop(place.open().await);
    let beside = Connection::open(place.path()).unwrap();
    beside.execute("UPDATE schema_migrations SET sha256 = 'other' WHERE version = 1", []).unwrap();
    let refused = SqliteStore::open(SqliteConfig::at(place.path())).await;
    assert!(matches!(refused, Err(OpenError::ChangedMigration { version: 1 })));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let place = Place::new();
    drop(place.open().await);
    let beside = Connection::open(place.path()).unwrap();
    beside.execute("INSERT INTO schema_migrations VALUES (9, 'later', 'x', 'y')", []).unwrap();
    let refused = SqliteStore::open(SqliteConfig::at(place.path())).await;
    assert!(matches!(refused, Err(OpenError::NewerSchema { version: 9 })));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_was() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    let text = "not a database, but long enough to be taken for one by its size alone ".repeat(100);
    std::fs::write(place.path(), &text).unwrap();
    let refused = SqliteStore::open(SqliteConfig::at(place.path())).await;
    assert!(matches!(refused, Err(OpenError::Sqlite(_))));
    assert_eq!(std::fs::read_to_string(place.path()).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_open_a_new_database_at_once() {
    for _ in 0..25 {
        let place = Place::new();
        let opening: Vec<_> = (0..4).map(|_| tokio::spawn(SqliteStore::open(SqliteConfig::at(place.path())))).collect();
        for store in opening {
            store.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn leases_of_a_process_that_died_are_released_and_their_holder_has_lost_them() {
    let place = Place::new();
    let store = place.open().await;
    leave(&store, job(1), Duration::ZERO).await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let lost = timeout(SOON, consumer.receive()).await.unwrap().unwrap();
    let restarted = place.open().await;
    let mut next = restarted.consume(Lane::Images, 1).await.unwrap();
    assert!(timeout(Duration::from_millis(50), next.receive()).await.is_err(), "it is still on loan");
    assert_eq!(restarted.release_leases().await.unwrap(), 1);
    let delivery = timeout(SOON, next.receive()).await.unwrap().unwrap();
    assert_eq!(delivery.message, Message::of(&job(1)));
    assert!(matches!(lost.ack().await, Err(QueueError::Lost)));
    delivery.ack().await.unwrap();
    assert_eq!(store.backlog().await.unwrap().rows, 0);
}

#[tokio::test]
async fn a_job_that_is_given_back_again_and_again_starves_nobody() {
    let place = Place::new();
    let store = place.open().await;
    leave(&store, job(1), Duration::ZERO).await;
    leave(&store, job(2), Duration::ZERO).await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let first = timeout(SOON, consumer.receive()).await.unwrap().unwrap();
    let given_back = first.message.id;
    // The store counts due times in milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    first.release();
    let next = timeout(SOON, consumer.receive()).await.unwrap().unwrap();
    assert_ne!(next.message.id, given_back);
    next.ack().await.unwrap();
    assert_eq!(timeout(SOON, consumer.receive()).await.unwrap().unwrap().message.id, given_back);
}

#[tokio::test]
async fn a_job_that_another_process_left_is_found() {
    let place = Place::new();
    let (serving, beside) = (place.open().await, place.open().await);
    let mut consumer = serving.consume(Lane::Images, 1).await.unwrap();
    let (delivery, ()) = tokio::join!(timeout(SOON, consumer.receive()), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        leave(&beside, job(1), Duration::ZERO).await;
    });
    assert_eq!(delivery.unwrap().unwrap().message, Message::of(&job(1)));
}

#[tokio::test]
async fn a_job_is_delivered_when_it_becomes_due_and_not_before() {
    let place = Place::new();
    let store = place.open().await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let (asked, due_in) = (Instant::now(), Duration::from_millis(300));
    leave(&store, job(1), due_in).await;
    timeout(SOON, consumer.receive()).await.unwrap().unwrap().ack().await.unwrap();
    // The store counts in whole milliseconds.
    assert!(asked.elapsed() + Duration::from_millis(1) >= due_in, "{:?}", asked.elapsed());
}

#[tokio::test]
async fn a_job_that_leaves_itself_for_later_outlives_the_acknowledgement_of_the_first_try() {
    let place = Place::new();
    let store = place.open().await;
    leave(&store, job(1), Duration::ZERO).await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let first = timeout(SOON, consumer.receive()).await.unwrap().unwrap();
    leave(&store, job(1), Duration::from_millis(50)).await;
    assert!(matches!(first.ack().await, Err(QueueError::Lost)));
    timeout(SOON, consumer.receive()).await.unwrap().unwrap().ack().await.unwrap();
    assert_eq!(store.backlog().await.unwrap().rows, 0);
}

#[tokio::test]
async fn a_message_that_is_published_twice_is_kept_once() {
    let place = Place::new();
    let store = place.open().await;
    let message = Message::of(&job(1));
    store.publish(&[message.clone(), message.clone()]).await.unwrap();
    store.publish(&[message]).await.unwrap();
    assert_eq!(store.backlog().await.unwrap().rows, 1);
}

#[tokio::test]
async fn begin_is_busy_while_another_process_holds_the_file_and_fine_afterwards() {
    let place = Place::new();
    let config = SqliteConfig { begin_wait: Duration::from_millis(100), ..SqliteConfig::at(place.path()) };
    let store = SqliteStore::open(config).await.unwrap();
    let beside = Connection::open(place.path()).unwrap();
    beside.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(store.begin().await.err(), Some(StoreError::Busy)));
    assert!(matches!(store.check().await, Err(StoreError::Busy)));
    beside.execute_batch("ROLLBACK").unwrap();
    store.check().await.unwrap();
    leave(&store, job(1), Duration::ZERO).await;
    assert_eq!(store.backlog().await.unwrap().rows, 1);
}

#[tokio::test]
async fn a_consumer_that_finds_the_file_held_by_another_process_goes_on_when_it_is_free() {
    let place = Place::new();
    let config = SqliteConfig { begin_wait: Duration::from_millis(50), ..SqliteConfig::at(place.path()) };
    let store = SqliteStore::open(config).await.unwrap();
    leave(&store, job(1), Duration::ZERO).await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let beside = Connection::open(place.path()).unwrap();
    beside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (delivery, ()) = tokio::join!(timeout(SOON, consumer.receive()), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        beside.execute_batch("ROLLBACK").unwrap();
    });
    delivery.unwrap().unwrap().ack().await.unwrap();
    assert_eq!(store.backlog().await.unwrap().rows, 0);
}

#[tokio::test]
async fn a_relay_that_waits_is_woken_when_a_job_becomes_due() {
    let place = Place::new();
    let store = place.open().await;
    leave(&store, job(1), Duration::from_millis(300)).await;
    let asked = Instant::now();
    assert!(store.claim(1, SOON).await.unwrap().is_empty(), "it is due already");
    store.wait(SOON).await;
    assert!(asked.elapsed() < SOON / 2, "{:?}", asked.elapsed());
    // The store counts in whole milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(store.claim(1, SOON).await.unwrap()[0].message, Message::of(&job(1)));
}

#[tokio::test]
async fn a_delivery_dropped_while_a_unit_is_open_goes_back_when_the_unit_ends() {
    let place = Place::new();
    let store = place.open().await;
    leave(&store, job(1), Duration::ZERO).await;
    let mut consumer = store.consume(Lane::Images, 1).await.unwrap();
    let delivery = timeout(SOON, consumer.receive()).await.unwrap().unwrap();
    let unit = store.begin().await.unwrap();
    drop(delivery);
    drop(unit);
    timeout(SOON, consumer.receive()).await.unwrap().unwrap().ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receive_that_is_given_up_at_any_moment_loses_no_job() {
    let place = Place::new();
    let store = place.open().await;
    for number in 0..20 {
        leave(&store, job(number), Duration::ZERO).await;
    }
    let mut consumer = store.consume(Lane::Images, 3).await.unwrap();
    let mut done = 0;
    for patience in (0..).map(|round| Duration::from_micros(round * 40 % 2000)) {
        if let Ok(delivery) = timeout(patience, consumer.receive()).await {
            delivery.unwrap().ack().await.unwrap();
            done += 1;
        }
        if done == 20 {
            break;
        }
    }
    assert_eq!(store.backlog().await.unwrap().rows, 0);
}
