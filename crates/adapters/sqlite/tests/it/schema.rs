//! The schema of a file, looked at and brought up to date beside whoever uses it.

use tempfile::TempDir;
use wareroom_ports::Store;
use wareroom_sqlite::{OpenError, SqliteConfig, SqliteStore};

fn at(folder: &TempDir) -> SqliteConfig {
    SqliteConfig::at(folder.path().join("data").join("wareroom.db"))
}

#[tokio::test]
async fn looking_at_a_file_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(SqliteStore::schema(at(&folder)).await, Err(OpenError::Sqlite(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_migrated_file_has_every_migration_and_is_fit_for_use() {
    let folder = tempfile::tempdir().unwrap();
    let applied = SqliteStore::migrate(at(&folder)).await.unwrap();
    assert_eq!(applied.last().unwrap().version, SqliteStore::newest_schema());
    let known = SqliteStore::schema(at(&folder)).await.unwrap();
    let versions = |steps: &[wareroom_sqlite::SchemaStep]| steps.iter().map(|step| step.version).collect::<Vec<_>>();
    assert_eq!(versions(&known), versions(&applied));
    assert!(known.iter().all(|step| step.applied_at.is_some()), "{known:?}");

    let store = SqliteStore::open(at(&folder)).await.unwrap();
    store.check().await.unwrap();
    assert_eq!(SqliteStore::migrate(at(&folder)).await.unwrap(), [], "nothing was missing, and somebody uses it");
    store.check().await.unwrap();
}
