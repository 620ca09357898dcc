//! The schema of a database: what is applied, what is missing, and with what a program goes on.

use crate::database::Database;
use wareroom_ports::Store;
use wareroom_postgres::{Change, OpenError, PostgresConfig, PostgresStore, SchemaStep};

/// Records a migration that this program does not know.
async fn record(database: &Database, version: u32, breaking: bool) {
    let sql = format!(
        "INSERT INTO schema_migrations (version, name, sha256, breaking) VALUES ({version}, 'tomorrow', '', {breaking})"
    );
    database.connect().await.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn an_empty_database_is_refused_until_it_is_migrated_and_looking_at_it_changes_nothing() {
    let database = Database::empty().await;
    let steps = PostgresStore::schema(database.config()).await.unwrap();
    assert!(steps.iter().all(|step| step.applied_at.is_none()), "{steps:?}");
    let refused = PostgresStore::open(database.config()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Pending { first: 1, count } if count == steps.len()), "{refused}");
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(database.connect().await.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 0);

    let applied = PostgresStore::migrate(database.config()).await.unwrap();
    assert_eq!(applied.last().unwrap().version, PostgresStore::newest_schema());
    assert_eq!(PostgresStore::schema(database.config()).await.unwrap(), applied);
    let store = PostgresStore::open(database.config()).await.unwrap();
    store.check().await.unwrap();
    assert_eq!(
        PostgresStore::migrate(database.config()).await.unwrap(),
        [],
        "nothing was missing, and somebody uses it"
    );
}

#[tokio::test]
async fn of_many_who_migrate_at_once_one_does_it() {
    let database = Database::empty().await;
    let migrate = || tokio::spawn(PostgresStore::migrate(database.config()));
    let mut applied = 0;
    for runner in [migrate(), migrate(), migrate(), migrate()] {
        applied += usize::from(!runner.await.unwrap().unwrap().is_empty());
    }
    assert_eq!(applied, 1);
}

#[tokio::test]
async fn what_a_newer_program_added_is_gone_along_with_and_what_it_broke_is_refused() {
    let database = Database::migrated().await;
    record(&database, 7_001, false).await;
    PostgresStore::open(database.config()).await.unwrap().check().await.unwrap();
    let steps = PostgresStore::schema(database.config()).await.unwrap();
    let SchemaStep { version, name, change, known, .. } = steps.last().unwrap();
    assert_eq!((*version, name.as_str(), *change, *known), (7_001, "tomorrow", Change::Compatible, false));
    assert_eq!(PostgresStore::migrate(database.config()).await.unwrap(), []);

    record(&database, 7_002, true).await;
    for refused in [
        PostgresStore::open(database.config()).await.err(),
        PostgresStore::schema(database.config()).await.err(),
        PostgresStore::migrate(database.config()).await.err(),
    ] {
        assert!(matches!(refused, Some(OpenError::NewerSchema { version: 7_002 })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_migration_that_was_changed_after_it_was_applied_is_refused() {
    let database = Database::migrated().await;
    database.connect().await.batch_execute("UPDATE schema_migrations SET sha256 = 'other'").await.unwrap();
    let refused = PostgresStore::open(database.config()).await.err().unwrap();
    assert!(matches!(refused, OpenError::ChangedMigration { version: 1 }), "{refused}");
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_of_itself() {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute("CREATE TABLE dead_letters (in_the_way integer)").await.unwrap();
    assert!(matches!(PostgresStore::migrate(database.config()).await, Err(OpenError::Refused(_))));
    client.batch_execute("DROP TABLE dead_letters").await.unwrap();
    assert!(!PostgresStore::migrate(database.config()).await.unwrap().is_empty());
}

#[tokio::test]
async fn looking_at_a_server_tells_its_version_its_time_and_the_rights_that_are_missing() {
    let database = Database::empty().await;
    let empty = PostgresStore::examine(database.config()).await.unwrap();
    assert!(empty.schema.iter().all(|step| step.applied_at.is_none()) && empty.missing_rights.is_empty(), "{empty:?}");
    PostgresStore::migrate(database.config()).await.unwrap();
    let fit = PostgresStore::examine(database.config()).await.unwrap();
    assert_eq!(fit.missing_rights, Vec::<String>::new());
    assert!(fit.schema.iter().all(|step| step.applied_at.is_some()) && fit.version.starts_with(char::is_numeric));
    assert!(fit.connections.0 >= fit.connections.1 && fit.connections.1 > 0, "{fit:?}");

    // Somebody who may look, and nothing else.
    let name = format!("looker_{}", std::process::id());
    let owner = database.connect().await;
    let grants = format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}; REVOKE USAGE ON SEQUENCE tokens FROM {name}"
    );
    owner.batch_execute(&grants).await.unwrap();
    let mut url = database.url.clone();
    url.set_username(&name).unwrap();
    url.set_password(Some("secret")).unwrap();
    let poor = PostgresStore::examine(PostgresConfig::at(url.as_str())).await.unwrap().missing_rights;
    owner.batch_execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await.unwrap();
    assert!(
        ["INSERT on products", "DELETE on jobs", "USAGE on tokens"]
            .iter()
            .all(|right| poor.contains(&(*right).to_owned())),
        "{poor:?}"
    );
    assert!(poor.iter().all(|right| !right.starts_with("SELECT")), "{poor:?}");
}
