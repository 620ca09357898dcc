//! What a store says, and what becomes of it, when its server or somebody else goes wrong.

use crate::{
    database::Database,
    proxy::{Fate, Proxy},
    samples::{AT, image, letter, product_draft, stored_product, stored_user, user_draft},
};
use futures::FutureExt;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use wareroom_domain::{BlobKey, ProductId, Sha256};
use wareroom_ports::{Kept, ProductFilter, ProductOrder, ProductPage, ProductQueries, Retention, Store, StoreError};
use wareroom_postgres::{PostgresConfig, PostgresStore};

async fn users(database: &Database) -> i64 {
    database.connect().await.query_one("SELECT count(*) FROM users", &[]).await.unwrap().get(0)
}

/// Does something with the sessions that others have with the database.
async fn with_others(database: &Database, what: &str) -> i64 {
    let sql = format!(
        "SELECT count({what}) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    );
    database.connect().await.query_one(&sql, &[]).await.unwrap().get(0)
}

async fn kill_others(database: &Database) {
    assert!(with_others(database, "pg_terminate_backend(pid)").await > 0);
    none_left(database, "pid").await;
}

/// Waits until no other session has that; the server notices in its own time.
async fn none_left(database: &Database, what: &str) {
    for _ in 0..2_000 {
        if with_others(database, what).await == 0 {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} is left");
}

#[tokio::test]
async fn a_write_that_was_kept_back_and_fails_fails_the_commit_and_nothing_is_stored() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let owner = stored_user(&store).await.id;
    let mut unit = store.begin().await.unwrap();
    let product = unit.products().insert(&product_draft(owner)).await.unwrap();
    let twice = image(product.id);
    unit.images().insert(&twice).await.unwrap();
    unit.images().insert(&twice).await.unwrap();
    assert!(matches!(unit.commit().await, Err(StoreError::Backend(_))), "COMMIT was believed");
    assert!(store.get(product.id).await.unwrap().0.is_none());
    stored_product(&store).await;
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_unknown_whether_or_not_it_arrived() {
    for (fate, stored) in [(Fate::LosesAnswers, 1), (Fate::LosesQuestions, 0)] {
        let database = Database::migrated().await;
        let proxy = Proxy::to(&database.url).await;
        let store = PostgresStore::open(PostgresConfig::at(proxy.url.as_str())).await.unwrap();
        let mut unit = store.begin().await.unwrap();
        unit.users().insert(&user_draft()).await.unwrap();
        proxy.decide(fate);
        assert!(matches!(unit.commit().await, Err(StoreError::Unknown(_))));
        none_left(&database, "xact_start").await;
        assert_eq!(users(&database).await, stored);
        proxy.decide(Fate::Passes);
        stored_user(&store).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_before_the_commit_leaves_nothing_open() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let mut unit = store.begin().await.unwrap();
    unit.users().insert(&user_draft()).await.unwrap();
    kill_others(&database).await;
    assert!(matches!(unit.users().insert(&user_draft()).await, Err(StoreError::Backend(_))));
    assert!(matches!(unit.commit().await, Err(StoreError::Aborted)));
    assert_eq!(users(&database).await, 0);
}

#[tokio::test]
async fn a_connection_that_died_while_nobody_used_it_is_noticed_by_nobody() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let product = stored_product(&store).await;
    let page = ProductPage { order: ProductOrder::Price, descending: true, after: None, limit: 5 };
    for _ in 0..5 {
        let idle = [store.begin().await.unwrap(), store.begin().await.unwrap()];
        drop(idle);
        kill_others(&database).await;
        assert!(store.get(product.id).await.unwrap().0.is_some());
        kill_others(&database).await;
        assert_eq!(store.list(&ProductFilter::default(), &page).await.unwrap().len(), 1);
        kill_others(&database).await;
        let mut unit = store.begin().await.unwrap();
        unit.products().touch(product.id, AT).await.unwrap().unwrap();
        unit.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_died_unseen_costs_a_read_or_the_beginning_of_a_unit_a_second_try_and_no_more() {
    let database = Database::migrated().await;
    let proxy = Proxy::to(&database.url).await;
    // No second connection may be needed.
    let config = PostgresConfig { connections: 1, ..PostgresConfig::at(proxy.url.as_str()) };
    let store = PostgresStore::open(config).await.unwrap();
    let product = stored_product(&store).await;
    let page = ProductPage { order: ProductOrder::Price, descending: true, after: None, limit: 5 };
    proxy.decide(Fate::LosesOneQuestion);
    assert!(store.get(product.id).await.unwrap().0.is_some());
    proxy.decide(Fate::LosesOneQuestion);
    assert_eq!(store.list(&ProductFilter::default(), &page).await.unwrap().len(), 1);
    let mut unit = store.begin().await.unwrap();
    proxy.decide(Fate::LosesOneQuestion);
    unit.products().touch(product.id, AT).await.unwrap().unwrap();
    unit.commit().await.unwrap();
    // Nobody knows how far a unit came that was being written.
    let mut unit = store.begin().await.unwrap();
    unit.products().touch(product.id, AT).await.unwrap().unwrap();
    proxy.decide(Fate::LosesOneQuestion);
    assert!(matches!(unit.products().load(product.id).await, Err(StoreError::Backend(_))));
    drop(unit);
    assert_eq!(store.get(product.id).await.unwrap().0.unwrap().product.version.0, 2);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_waited_for_no_longer_than_a_statement_may_take() {
    let database = Database::migrated().await;
    let proxy = Proxy::to(&database.url).await;
    let quick = Duration::from_millis(200);
    let config = PostgresConfig { statement_time: quick, begin_wait: quick, ..PostgresConfig::at(proxy.url.as_str()) };
    let store = PostgresStore::open(config).await.unwrap();
    let user = stored_user(&store).await;
    let mut unit = store.begin().await.unwrap();
    unit.users().insert(&user_draft()).await.unwrap();
    proxy.decide(Fate::Silent);
    let asked = Instant::now();
    assert!(matches!(unit.commit().await, Err(StoreError::Unknown(_))));
    assert!(store.check().await.is_err());
    assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    proxy.decide(Fate::Passes);
    assert_eq!(wareroom_ports::UserQueries::get(&store, user.id).await.unwrap(), Some(user));
}

#[tokio::test]
async fn a_unit_that_is_dropped_while_it_waits_for_a_lock_lets_go_of_what_it_has() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let (first, second) = (stored_product(&store).await.id, stored_product(&store).await.id);
    let mut holder = store.begin().await.unwrap();
    holder.products().load(first).await.unwrap();
    for _ in 0..3 {
        let mut waiting = store.begin().await.unwrap();
        waiting.products().load(second).await.unwrap();
        assert!(timeout(Duration::from_millis(50), waiting.products().load(first)).await.is_err());
        drop(waiting);
        let mut next = store.begin().await.unwrap();
        let touched = timeout(Duration::from_secs(5), next.products().touch(second, AT)).await;
        touched.expect("what the dropped unit had locked is free").unwrap();
        drop(next);
    }
    holder.commit().await.unwrap();
}

/// Waits until another session waits for a lock.
pub(crate) async fn somebody_waits(database: &Database, sessions: i64) {
    let waiting = "CASE WHEN wait_event_type = 'Lock' THEN 1 END";
    for _ in 0..2_000 {
        if with_others(database, waiting).await >= sessions {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody waits for a lock");
}

#[tokio::test]
async fn nobody_stands_behind_what_another_dropped_while_it_waited_for_a_lock() {
    let database = Database::migrated().await;
    let config = PostgresConfig { connections: 1, ..database.config() };
    let store = PostgresStore::open(config).await.unwrap();
    let image = image(stored_product(&store).await.id);
    let key = BlobKey::Source(Sha256([7; 32]));
    let mut unit = store.begin().await.unwrap();
    unit.blobs().claim(&[key], Duration::from_mins(1)).await.unwrap();
    unit.blobs().hold(&[key]).await.unwrap();
    unit.dead_letters().add(&letter(&image)).await.unwrap();
    unit.commit().await.unwrap();
    let holder = database.connect().await;
    holder.batch_execute("BEGIN; SELECT FROM blobs FOR UPDATE; SELECT FROM dead_letters FOR UPDATE").await.unwrap();
    let next =
        async || timeout(Duration::from_secs(5), stored_user(&store)).await.expect("it waited for another's lock");
    let mut unit = store.begin().await.unwrap();
    unit.blobs().drop_references(&[key]).await.unwrap();
    tokio::select! {
        outcome = unit.commit() => panic!("it did not wait: {outcome:?}"),
        () = somebody_waits(&database, 1) => {}
    }
    next().await;
    tokio::select! {
        outcome = store.remove_expired(Kept::DeadLetters, jiff::Timestamp::MAX, 9) => panic!("it did not wait: {outcome:?}"),
        () = somebody_waits(&database, 1) => {}
    }
    next().await;
}

#[tokio::test]
async fn a_unit_that_is_begun_again_does_not_fail_by_the_locks_of_its_first_attempt() {
    let database = Database::migrated().await;
    let proxy = Proxy::to(&database.url).await;
    let statement_time = Duration::from_secs(6);
    let config = PostgresConfig { connections: 1, statement_time, ..PostgresConfig::at(proxy.url.as_str()) };
    let store = PostgresStore::open(config).await.unwrap();
    let product = stored_product(&store).await;
    let load = async || {
        let mut unit = store.begin().await?;
        let loaded = unit.products().load(product.id).await?;
        unit.commit().await?;
        Ok::<_, StoreError>(loaded)
    };
    // So that the statement is known to the connection.
    load().await.unwrap();
    proxy.decide(Fate::CutsHalf);
    assert!(load().await.unwrap().is_some());
}

#[tokio::test]
async fn two_units_that_wait_for_each_other_are_a_conflict_for_one() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let ids = [stored_product(&store).await.id, stored_product(&store).await.id];
    let touch = async |first: ProductId, second: ProductId| {
        let mut unit = store.begin().await?;
        unit.products().touch(first, AT).await?;
        sleep(Duration::from_millis(200)).await;
        unit.products().touch(second, AT).await?;
        unit.commit().await
    };
    let outcomes: [Result<(), StoreError>; 2] = tokio::join!(touch(ids[0], ids[1]), touch(ids[1], ids[0])).into();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(StoreError::Conflict))), "{outcomes:?}");
}

#[tokio::test]
async fn a_lock_that_is_not_had_in_time_is_busy() {
    let database = Database::migrated().await;
    let config = PostgresConfig { statement_time: Duration::from_millis(100), ..database.config() };
    let store = PostgresStore::open(config).await.unwrap();
    let product = stored_product(&store).await;
    // That one may be idle for longer.
    let mut holder = database.store().await.begin().await.unwrap();
    holder.products().load(product.id).await.unwrap();
    let mut other = store.begin().await.unwrap();
    assert!(matches!(other.products().load(product.id).await, Err(StoreError::Busy)));
    assert!(matches!(other.commit().await, Err(StoreError::Aborted)));
    holder.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_full_at_a_statement_and_at_the_commit() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let fail = |when: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;
             DROP TRIGGER IF EXISTS fails ON users;
             CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON users {when} FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    };
    let client = database.connect().await;
    client.batch_execute(&fail("")).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    assert!(matches!(unit.users().insert(&user_draft()).await, Err(StoreError::Full)));
    drop(unit);
    client.batch_execute(&fail("DEFERRABLE INITIALLY DEFERRED")).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    unit.users().insert(&user_draft()).await.unwrap();
    assert!(matches!(unit.commit().await, Err(StoreError::Full)));
    assert_eq!(users(&database).await, 0);
    client.batch_execute("DROP TRIGGER fails ON users").await.unwrap();
    stored_user(&store).await;
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_is_whole_or_nothing_and_leaves_its_connection_fit() {
    let database = Database::migrated().await;
    let config = PostgresConfig { connections: 1, ..database.config() };
    let store = PostgresStore::open(config).await.unwrap();
    let beside = database.store().await;
    for cut in [0, 20, 0, 100, 500, 2_000] {
        let mut unit = store.begin().await.unwrap();
        let user = unit.users().insert(&user_draft()).await.unwrap();
        let product = unit.products().insert(&product_draft(user.id)).await.unwrap();
        // New to the connection at the first cut: then it is not even COMMIT that is cut off.
        unit.images().insert(&image(product.id)).await.unwrap();
        match cut {
            0 => drop(unit.commit().now_or_never()),
            _ => drop(timeout(Duration::from_micros(cut), unit.commit()).await),
        }
        let mut next = store.begin().await.unwrap();
        let both = (next.users().load(user.id).await.unwrap(), next.products().load(product.id).await.unwrap());
        drop(next);
        assert_eq!(both.0.is_some(), both.1.is_some());
        let there = wareroom_ports::UserQueries::get(&beside, user.id).await.unwrap();
        assert_eq!(both.0, there, "a unit saw what was not stored: it was in another's transaction");
        none_left(&database, "xact_start").await;
    }
}

#[tokio::test]
async fn a_row_that_was_damaged_is_an_error_that_names_its_column_and_ends_the_unit() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let product = stored_product(&store).await;
    let image = image(product.id);
    let mut unit = store.begin().await.unwrap();
    unit.images().insert(&image).await.unwrap();
    unit.commit().await.unwrap();
    database.connect().await.batch_execute("UPDATE images SET source_kind = 'clay'").await.unwrap();
    let mut unit = store.begin().await.unwrap();
    unit.products().touch(product.id, AT).await.unwrap();
    let Err(StoreError::Backend(cause)) = unit.images().load(image.id).await else { panic!("it was read") };
    assert!(cause.to_string().contains("\"source_kind\""), "{cause}");
    assert!(matches!(unit.commit().await, Err(StoreError::Aborted)));
    assert!(matches!(store.get(product.id).await, Err(StoreError::Backend(_))));
}

#[tokio::test]
async fn a_user_with_products_cannot_be_deleted_behind_the_programs_back() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let product = stored_product(&store).await;
    let client = database.connect().await;
    let delete = client.execute("DELETE FROM users WHERE id = $1", &[&product.owner.get()]).await;
    assert_eq!(delete.unwrap_err().code(), Some(&tokio_postgres::error::SqlState::FOREIGN_KEY_VIOLATION));
    let price = "SELECT product_price::text, pg_typeof(product_price)::text FROM products";
    let row = client.query_one(price, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), ("18.99", "numeric"));
}
