//! Collectors that die, fail, stand still, or meet: nothing that may be deleted is put again before it is gone.

use super::{Fails, HOUR, SECOND, Watched, are_there, prune, prune_as_told, would_prune};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_application::{Application, ErrorCode, Ports, Pruned};
use wareroom_domain::{BlobKey, Sha256};
use wareroom_ports::{BlobStoreExt, Store, StoreError, UnitOfWork};
use wareroom_test_kit::TestApp;

/// A blob that nobody names, with a claim that is over.
async fn unnamed(app: &TestApp) -> BlobKey {
    unnamed_of(app, 9).await
}

async fn unnamed_of(app: &TestApp, number: u8) -> BlobKey {
    let key = BlobKey::Source(Sha256([number; 32]));
    let ports = app.application.ports();
    let mut unit = ports.store.begin().await.unwrap();
    unit.blobs().claim(&[key], Duration::ZERO).await.unwrap();
    unit.commit().await.unwrap();
    ports.blobs.put(&key, Bytes::from_static(b"bytes")).await.unwrap();
    key
}

#[tokio::test]
async fn what_a_collector_condemned_and_did_not_delete_is_taken_up() {
    let app = TestApp::new();
    let key = unnamed(&app).await;
    let mut unit = app.application.ports().store.begin().await.unwrap();
    assert_eq!(unit.blobs().condemn(9).await.unwrap(), [key]);
    unit.commit().await.unwrap();
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 1, ..Pruned::default() });
    assert_eq!(app.application.ports().blobs.read(&key).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_collector_whose_blob_store_fails_goes_on_where_it_was_when_its_delete_must_be_over() {
    let app = TestApp::new();
    let key = unnamed(&app).await;
    // Leftovers are asked for before, of the same blobs: here they can be told.
    let (application, _) = Watched::over(&app, Fails::Nothing);
    app.blob_fault.set(true);
    assert_eq!(application.prune(false).await.unwrap_err().code, ErrorCode::Unavailable);
    app.blob_fault.set(false);
    assert_eq!(are_there(&app, &[key]).await, [true]);
    assert_eq!(prune(&app).await, Pruned::default(), "what failed may still be under way");
    assert_eq!(claim(&app, key).await, Err(StoreError::Conflict.to_string()), "bytes that may go are put again");
    tokio::time::advance(Duration::from_mins(6)).await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 1, ..Pruned::default() });
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_before_a_delete_failed_can_be_put_again_at_once() {
    let app = TestApp::new();
    let keys = [unnamed_of(&app, 1).await, unnamed_of(&app, 2).await];
    let (application, _) = Watched::over(&app, Fails::After(AtomicUsize::new(1)));
    assert_eq!(application.prune(false).await.unwrap_err().code, ErrorCode::Unavailable);
    let mut outcomes = vec![];
    for key in keys {
        outcomes.push(claim(&app, key).await.is_ok());
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, [false, true], "one is gone, the other may still go");
}

/// Announces that a blob is about to be put.
async fn claim(app: &TestApp, key: BlobKey) -> Result<(), String> {
    let mut unit = app.application.ports().store.begin().await.unwrap();
    unit.blobs().claim(&[key], HOUR).await.map_err(|error| error.to_string())?;
    unit.commit().await.map_err(|error| error.to_string())
}

/// A store for whoever stands still before a unit of work begins.
struct Frozen {
    store: Arc<dyn Store>,
    /// As many units as may begin.
    thawed: Arc<Semaphore>,
}

#[async_trait]
impl Store for Frozen {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.thawed.acquire().await.unwrap().forget();
        self.store.begin().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

/// One collector stands still after it has deleted, for longer than its turn; another has condemned the same and is about to
/// delete it when the first one goes on, and somebody puts the same bytes.
#[tokio::test(start_paused = true)]
async fn a_collector_that_stood_still_beyond_its_turn_buries_nothing() {
    let app = TestApp::new();
    let key = unnamed(&app).await;
    let ports = app.application.ports();
    let thawed = Arc::new(Semaphore::new(1));
    let frozen =
        Ports { store: Arc::new(Frozen { store: ports.store.clone(), thawed: thawed.clone() }), ..ports.clone() };
    let late = Application::new(frozen, app.application.settings().clone());
    let late = tokio::spawn(async move { late.prune(false).await.unwrap() });
    while are_there(&app, &[key]).await == [true] {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_mins(6)).await;
    let may_go_on = Arc::new(Semaphore::new(0));
    let (next, _) = Watched::over(&app, Fails::Held(may_go_on.clone()));
    let next = tokio::spawn(async move { next.prune(false).await.unwrap() });
    tokio::time::sleep(SECOND).await;
    thawed.add_permits(9);
    assert_eq!(late.await.unwrap().blobs, 0, "what another is about to delete counts as its own");
    // Otherwise these bytes would be the next to go.
    assert_eq!(claim(&app, key).await, Err(StoreError::Conflict.to_string()));
    may_go_on.add_permits(1);
    assert_eq!(next.await.unwrap().blobs, 1);
    claim(&app, key).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_is_at_work_is_left_alone_and_one_that_died_is_followed() {
    let app = TestApp::new();
    let key = unnamed(&app).await;
    let (other, _) = Watched::over(&app, Fails::Delete);
    let cut_off = tokio::time::timeout(SECOND, other.prune(false)).await;
    assert!(cut_off.is_err(), "it did not die in the middle: {cut_off:?}");
    assert_eq!(would_prune(&app).await.blobs, 1);
    assert_eq!(prune(&app).await, Pruned::default(), "two at once delete what the other has buried");
    assert_eq!(are_there(&app, &[key]).await, [true]);
    tokio::time::advance(Duration::from_mins(6)).await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 1, ..Pruned::default() });
    assert_eq!(are_there(&app, &[key]).await, [false]);
}

#[tokio::test(start_paused = true)]
async fn a_collector_whose_turn_runs_out_leaves_the_rest_to_the_next() {
    let app = TestApp::new();
    let keys = [unnamed_of(&app, 1).await, unnamed_of(&app, 2).await, unnamed_of(&app, 3).await];
    let (slow, _) = Watched::over(&app, Fails::Slow(app.clock.clone(), Duration::from_mins(3)));
    assert_eq!(slow.prune(false).await.unwrap().blobs, 0, "what it did late counts as its own");
    let left = are_there(&app, &keys).await.into_iter().filter(|there| *there).count();
    assert_eq!(left, 2, "it went on when its turn was nearly over");
    assert_eq!(prune(&app).await, Pruned::default(), "its turn is not over");
    tokio::time::advance(Duration::from_mins(6)).await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 3, ..Pruned::default() });
    assert_eq!(are_there(&app, &keys).await, [false; 3]);
}
