//! How a server is reached, and what is said when it cannot be, or should not be.

use crate::database::Database;
use std::{net::TcpListener, time::Duration};
use tokio::time::Instant;
use wareroom_ports::{Store, StoreError};
use wareroom_postgres::{OpenError, PostgresConfig, PostgresStore};

async fn refused(url: &str) -> OpenError {
    PostgresStore::open(PostgresConfig::at(url)).await.err().unwrap()
}

/// Everything that an error says, its causes included.
fn words(error: &dyn std::error::Error) -> String {
    let causes: Vec<_> = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join("; ")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_and_what_is_wrong_is_told_at_once() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let asked = Instant::now();
    assert!(matches!(refused(&format!("postgres://a:secret@{nobody}/d")).await, OpenError::Unreachable(_)));
    assert!(matches!(refused("postgres://a:secret@h:port/d").await, OpenError::Url(_)));
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_database_are_refusals_without_the_secret() {
    let database = Database::migrated().await;
    let mut missing = database.url.clone();
    missing.set_path("nowhere_to_be_found");
    let error = refused(missing.as_str()).await;
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
    let mut stranger = database.url.clone();
    stranger.set_username("nobody_of_that_name").unwrap();
    stranger.set_password(Some("s3cret")).unwrap();
    let error = refused(stranger.as_str()).await;
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
    assert!(!words(&error).contains("s3cret") && !format!("{error:?}").contains("s3cret"));
    assert!(!format!("{:?}", PostgresConfig::at(stranger.as_str())).contains("s3cret"));
}

#[tokio::test]
async fn a_database_that_answers_before_it_has_written_is_refused() {
    let database = Database::migrated().await;
    let name = database.url.path().trim_start_matches('/');
    let turn_off = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    database.connect().await.batch_execute(&turn_off).await.unwrap();
    assert!(matches!(refused(database.url.as_str()).await, OpenError::NotDurable));
}

#[tokio::test]
async fn a_database_that_keeps_texts_in_another_form_is_refused() {
    let database = Database::made("ENCODING 'SQL_ASCII' LOCALE 'C'").await;
    assert!(matches!(refused(database.url.as_str()).await, OpenError::Encoding(found) if found == "SQL_ASCII"));
}

#[tokio::test]
async fn a_database_that_can_only_be_read_is_not_fit() {
    let database = Database::migrated().await;
    let name = database.url.path().trim_start_matches('/');
    let close = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    database.connect().await.batch_execute(&close).await.unwrap();
    let store = database.store().await;
    assert!(matches!(store.check().await, Err(StoreError::Backend(_))));
}

#[tokio::test]
async fn what_others_set_for_a_database_does_not_change_how_units_see_each_other() {
    let database = Database::migrated().await;
    let name = database.url.path().trim_start_matches('/');
    let sql = format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
    database.connect().await.batch_execute(&sql).await.unwrap();
    let store = database.store().await;
    let product = crate::samples::stored_product(&store).await.id;
    let mut first = store.begin().await.unwrap();
    first.users().insert(&crate::samples::user_draft()).await.unwrap();
    let mut second = store.begin().await.unwrap();
    second.products().touch(product, crate::samples::AT).await.unwrap();
    second.commit().await.unwrap();
    assert_eq!(first.products().touch(product, crate::samples::AT).await.unwrap().unwrap().0, 3);
    first.commit().await.unwrap();
}
