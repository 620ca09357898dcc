//! The database as a file, and a whole backup beside those who write, delete and collect.

mod load;

use load::{CLAIM, Live, Slow, eventually};
use std::{fs, path::Path, sync::Arc, time::Duration};
use wareroom_application::transfer::{BackedUp, back_up, carry_blobs, verify_blobs};
use wareroom_domain::{PersonName, ProductId, Sha256, UserDraft, UserId};
use wareroom_object_store::ObjectStoreBlobs;
use wareroom_ports::{BoxError, Export, ProductQueries, Store};
use wareroom_sqlite::{BackupError, SqliteConfig, SqliteStore, SqliteTransfer};

async fn filled(config: &SqliteConfig) -> UserId {
    let store = SqliteStore::open(config.clone()).await.unwrap();
    let name = PersonName::new("Ada").unwrap();
    let draft = UserDraft { first_name: name.clone(), last_name: name, created_at: jiff::Timestamp::UNIX_EPOCH };
    let mut unit = store.begin().await.unwrap();
    let user = unit.users().insert(&draft).await.unwrap();
    unit.commit().await.unwrap();
    user.id
}

async fn user_of(config: &SqliteConfig, id: UserId) -> bool {
    let store = SqliteStore::open(config.clone()).await.unwrap();
    let mut unit = store.begin().await.unwrap();
    unit.users().load(id).await.unwrap().is_some()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_is_one_file_that_is_a_database_again_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("kept")).unwrap();
    let (live, file) = (SqliteConfig::at(at("live.sqlite")), at("kept/copy"));
    let user = filled(&live).await;
    for _ in 0..2 {
        let written = SqliteStore::back_up(live.clone(), file.clone()).await.unwrap();
        assert_eq!(names(&at("kept")), ["copy"]);
        assert_eq!(SqliteStore::hash_file(file.clone()).await.unwrap(), written);
        assert_eq!(written.bytes, fs::metadata(&file).unwrap().len());
    }
    let sha256 = SqliteStore::hash_file(file.clone()).await.unwrap().sha256;
    let restored = SqliteConfig::at(at("new/folder/wareroom.sqlite"));
    assert!(!SqliteStore::exists(&restored));
    SqliteStore::restore(restored.clone(), file.clone(), sha256).await.unwrap();
    assert_eq!(names(&at("new/folder")), ["wareroom.sqlite"]);
    assert!(user_of(&restored, user).await);
    let refused = SqliteStore::restore(restored, file, sha256).await;
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_file_and_what_is_left_of_a_database_are_refused_and_a_killed_attempt_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (live, file, target) =
        (SqliteConfig::at(at("live.sqlite")), at("copy"), SqliteConfig::at(at("wareroom.sqlite")));
    let user = filled(&live).await;
    let sha256 = SqliteStore::back_up(live, file.clone()).await.unwrap().sha256;

    let mut bytes = fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    fs::write(at("damaged"), &bytes).unwrap();
    let refused = SqliteStore::restore(target.clone(), at("damaged"), sha256).await;
    assert!(matches!(refused, Err(BackupError::Damaged { expected, .. }) if expected == sha256), "{refused:?}");
    fs::write(at("nonsense"), "no database").unwrap();
    let nonsense = SqliteStore::hash_file(at("nonsense")).await.unwrap().sha256;
    let refused = SqliteStore::restore(target.clone(), at("nonsense"), nonsense).await;
    assert!(matches!(refused, Err(BackupError::Database(_))), "{refused:?}");
    assert!(!SqliteStore::exists(&target), "something was made visible");

    fs::write(at("wareroom.sqlite-wal"), "of another database").unwrap();
    let refused = SqliteStore::restore(target.clone(), file.clone(), sha256).await;
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
    fs::remove_file(at("wareroom.sqlite-wal")).unwrap();

    // As a process leaves it that was killed while it copied.
    fs::write(at("wareroom.sqlite-restoring"), &bytes[..3_000]).unwrap();
    SqliteStore::restore(target.clone(), file, sha256).await.unwrap();
    assert!(user_of(&target, user).await);
}

/// Half of the products are deleted again and again, their bytes as soon as may be. Those that are gone after the database was
/// copied, and before their blobs are, are what a backup can lose.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_writers_and_a_collector_has_every_product_acknowledged_before_it_with_every_blob() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("backup")).unwrap();
    let live = Live::begin(&at("live")).await;
    eventually("there are some products", || live.acknowledged().len() > 60).await;
    tokio::time::sleep(CLAIM * 3 / 2).await;

    let (to_blobs, file) = (ObjectStoreBlobs::files(&at("backup/blobs")).unwrap(), at("backup/database.sqlite"));
    let kept: Vec<ProductId> = live.acknowledged();
    let (config, ports) = (live.config.clone(), live.application.ports().clone());
    let database = async {
        SqliteStore::back_up(config, file.clone()).await?;
        // Whatever can be deleted is deleted now.
        live.delete_old().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let copy: Arc<dyn Export> = Arc::new(SqliteTransfer::at(&SqliteConfig::at(&file))?);
        Ok::<_, BoxError>(copy)
    };
    let slow = Slow(Arc::clone(&ports.blobs));
    let done = back_up(ports.store, ports.clock, database, &slow, Some(&to_blobs), &|_| ()).await.unwrap();
    let BackedUp { rows, blobs } = done;
    assert!(blobs.complete() && blobs.new > 40, "{blobs:?}");
    let collected = live.collected();
    eventually("collecting goes on", || live.collected() > collected).await;
    let written = live.end().await;
    assert!(written > kept.len(), "nobody wrote meanwhile");

    let sha256 = SqliteStore::hash_file(file.clone()).await.unwrap().sha256;
    let restored = SqliteConfig::at(at("restored/wareroom.sqlite"));
    SqliteStore::restore(restored.clone(), file, sha256).await.unwrap();
    let (rows_there, blobs_there) =
        (SqliteTransfer::at(&restored).unwrap(), ObjectStoreBlobs::files(&at("restored/blobs")).unwrap());
    let mut register = rows_there.snapshot().await.unwrap();
    assert_eq!(register.census().await.unwrap(), rows);
    carry_blobs(&mut *register, &to_blobs, Some(&blobs_there), &|_| ()).await.unwrap();
    // Whoever opens it first is to be alone for a moment.
    drop(register);
    let store = SqliteStore::open(restored).await.unwrap();
    for id in kept.iter().filter(|id| Live::stays(**id)) {
        let view =
            store.get(*id).await.unwrap().0.unwrap_or_else(|| panic!("product {id} was acknowledged and is gone"));
        assert_eq!(view.images.len(), 1, "product {id}");
    }
    let found = |finding| panic!("{finding:?}");
    let verified = verify_blobs(&rows_there, &blobs_there, Duration::ZERO, &found).await.unwrap();
    assert!(verified.whole() && verified.sound > 40, "{verified:?}");
    assert_ne!(sha256, Sha256([0; 32]));
}
