//! Whole stores: copied, backed up, and looked through.

mod backups;
mod copies;

use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wareroom_application::transfer::{Finding, Verified, verify_blobs};
use wareroom_domain::{BlobKey, ProductId, Sha256};
use wareroom_memory::MemoryStore;
use wareroom_ports::{BlobStore, Export, Import, Table};
use wareroom_test_kit::TestApp;

const HOUR: Duration = Duration::from_hours(1);

/// A product with an uploaded image that is ready.
async fn ready_product(app: &TestApp, shade: u8) -> ProductId {
    let product = app.product(app.user().await.id).await.id;
    app.upload(product, shade).await;
    app.work().await;
    product
}

fn blobs(app: &TestApp) -> Arc<dyn BlobStore> {
    Arc::clone(&app.application.ports().blobs)
}

/// The names of all blobs of a product's first image, its source first.
async fn names(app: &TestApp, product: ProductId) -> Vec<BlobKey> {
    app.view(product).await.images[0].blobs()
}

/// One moment of a store, as a store of its own.
async fn copies_of(app: &TestApp) -> Arc<dyn Export> {
    let copy = MemoryStore::default();
    Import::begin(&copy).await.unwrap();
    let mut moment = app.store.snapshot().await.unwrap();
    for table in Table::ALL {
        copy.put(&moment.page(&table.beginning(), 999).await.unwrap()).await.unwrap();
    }
    Arc::new(copy)
}

/// What is wrong with the blobs of a store.
async fn findings(store: &MemoryStore, blobs: &dyn BlobStore, grace: Duration) -> (Verified, Vec<Finding>) {
    let found = Mutex::new(vec![]);
    let verified = verify_blobs(store, blobs, grace, &|finding| found.lock().unwrap().push(finding)).await.unwrap();
    (verified, found.into_inner().unwrap())
}

#[tokio::test]
async fn blobs_that_are_missing_damaged_or_nobodys_are_told_apart() {
    let app = TestApp::new();
    let [one, other] = [ready_product(&app, 1).await, ready_product(&app, 2).await];
    let (verified, found) = findings(&app.store, &*blobs(&app), Duration::ZERO).await;
    assert_eq!(
        (verified.sound, verified.whole(), found),
        (6, true, vec![]),
        "of each a source, and two renditions in one"
    );
    assert!(verified.bytes > 0);

    let (missing, damaged) = (names(&app, one).await[0], names(&app, other).await[1]);
    let nobodys = BlobKey::Source(Sha256([7; 32]));
    blobs(&app).delete(&missing).await.unwrap();
    blobs(&app).put(&damaged, Bytes::from_static(b"other bytes")).await.unwrap();
    blobs(&app).put(&nobodys, Bytes::from_static(b"12345")).await.unwrap();
    let (verified, mut found) = findings(&app.store, &*blobs(&app), Duration::ZERO).await;
    found.sort_by_key(|finding| format!("{finding:?}"));
    assert_eq!(found, [Finding::Damaged(damaged), Finding::Missing(missing), Finding::Orphaned(nobodys)]);
    assert_eq!((verified.sound, verified.missing, verified.damaged), (4, 1, 1));
    assert_eq!((verified.orphaned, verified.orphaned_bytes, verified.whole()), (1, 5, false));

    let (verified, _) = findings(&app.store, &*blobs(&app), HOUR).await;
    assert_eq!(verified.orphaned, 0, "somebody may be about to name it");
}

#[tokio::test]
async fn a_blob_that_was_let_go_is_the_collectors_and_no_finding() {
    let app = TestApp::new();
    let product = ready_product(&app, 1).await;
    let context = wareroom_application::Context::operator();
    let precondition = wareroom_application::Precondition::None;
    let command = wareroom_application::DeleteProduct { product, precondition };
    app.application.delete_product(&context, command).await.unwrap();
    let (verified, found) = findings(&app.store, &*blobs(&app), Duration::ZERO).await;
    assert_eq!((verified.whole(), found), (true, vec![]));
}
