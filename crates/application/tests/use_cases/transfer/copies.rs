//! Copies: what comes over, what is refused, and what becomes of one that is broken off.

use super::{blobs, findings, names, ready_product};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use wareroom_application::transfer::{Copied, CopyError, CopySource, CopyTarget, Progress, copy};
use wareroom_domain::{ImageId, ImageState, ImageUrl, Job, ProductId};
use wareroom_memory::{MemoryBlobs, MemoryPage, MemoryStore};
use wareroom_ports::{
    BlobStore, BlobStoreExt, Census, Export, Import, OutboxRelay, ProductQueries, Record, StoreError, Table,
    TransferError,
};
use wareroom_test_kit::TestApp;

/// A store that lets others have a turn when it has taken something in, as one that is farther away does.
struct FarAway(MemoryStore);

#[async_trait]
impl Import for FarAway {
    async fn begin(&self) -> Result<(), TransferError> {
        Import::begin(&self.0).await
    }

    async fn put(&self, rows: &[Record]) -> Result<(), TransferError> {
        self.0.put(rows).await?;
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn finish(&self, census: &Census) -> Result<(), TransferError> {
        tokio::task::yield_now().await;
        self.0.finish(census).await
    }

    async fn unfinished(&self) -> Result<bool, StoreError> {
        self.0.unfinished().await
    }
}

/// An empty store with its blobs.
#[derive(Default)]
struct Empty {
    store: MemoryStore,
    blobs: Arc<MemoryBlobs>,
}

impl Empty {
    fn target(&self) -> CopyTarget {
        CopyTarget {
            rows: Arc::new(FarAway(self.store.clone())),
            copied: Arc::new(self.store.clone()),
            blobs: Arc::clone(&self.blobs) as _,
        }
    }

    async fn unfinished(&self) -> bool {
        self.store.unfinished().await.unwrap()
    }

    /// The images that jobs of the target are about.
    async fn jobs(&self) -> Vec<ImageId> {
        let page = self.store.snapshot().await.unwrap().page(&Table::Jobs.beginning(), 99).await.unwrap();
        let image = |record| match record {
            Record::Job(stored) => match stored.message.job().unwrap().body {
                Job::ProcessImage(image) => image,
            },
            other => panic!("{other:?} is no job"),
        };
        page.into_iter().map(image).collect()
    }
}

fn source(app: &TestApp) -> CopySource {
    CopySource::of(app.application.ports(), Arc::new(app.store.clone()))
}

async fn copy_all(app: &TestApp, to: &Empty) -> Result<Copied, CopyError> {
    copy(&source(app), &to.target(), &|_| ()).await
}

/// A copy that is dropped when it has told so many things; `None` when that was before its end.
async fn copy_until(app: &TestApp, to: &Empty, told: usize) -> Option<Copied> {
    let (count, enough) = (AtomicUsize::new(0), Notify::new());
    let watch = |_: Progress| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == told {
            enough.notify_one();
        }
    };
    let (source, target) = (source(app), to.target());
    tokio::select! {
        biased;
        () = enough.notified() => None,
        copied = copy(&source, &target, &watch) => Some(copied.unwrap()),
    }
}

/// One image is ready, one gave up, one waits.
async fn lived_in() -> (TestApp, ProductId, ImageId) {
    let app = TestApp::new();
    let product = ready_product(&app, 1).await;
    let gone = ImageUrl::new("http://a.example/gone.png").unwrap();
    app.web.put(gone, MemoryPage::Status(404, None));
    app.product_with_images(app.user().await.id, &["http://a.example/gone.png"]).await;
    app.work().await;
    let waiting = app.upload(product, 9).await;
    (app, product, waiting)
}

#[tokio::test]
async fn a_copy_shows_the_same_and_goes_on_with_what_waited() {
    let (app, product, waiting) = lived_in().await;
    let to = Empty::default();
    let copied = copy_all(&app, &to).await.unwrap();
    assert!(copied.complete(), "{copied:?}");
    assert_eq!((copied.source.of(Table::Products), copied.source.of(Table::DeadLetters)), (2, 1));
    assert_eq!(copied.blobs.new, 4, "two sources, two different renditions");
    assert_eq!(*app.view(product).await, *to.store.get(product).await.unwrap().0.unwrap());
    assert_eq!(to.jobs().await, [waiting]);
    let (verified, found) = findings(&to.store, &*to.blobs, Duration::ZERO).await;
    assert_eq!((verified.sound, found), (4, vec![]));
    let again = copy_all(&app, &to).await;
    assert!(matches!(again, Err(CopyError::Target(TransferError::NotEmpty(Table::Users)))), "{again:?}");
    app.work().await;
}

#[tokio::test]
async fn a_copy_that_is_broken_off_anywhere_goes_on_where_it_was() {
    let (app, ..) = lived_in().await;
    let (whole, told) = (Empty::default(), AtomicUsize::new(0));
    copy(&source(&app), &whole.target(), &|_| _ = told.fetch_add(1, Ordering::SeqCst)).await.unwrap();
    let to = Empty::default();
    let mut broken_off = 0;
    for told in 1..=told.into_inner() {
        if copy_until(&app, &to, told).await.is_none() {
            broken_off += 1;
            assert!(to.unfinished().await);
        } else {
            break;
        }
    }
    if to.unfinished().await {
        assert!(copy_all(&app, &to).await.unwrap().complete());
    }
    assert!(!to.unfinished().await);
    let censuses = [&whole.store, &to.store].map(|store| async { store.snapshot().await.unwrap().census().await });
    let [one, other] = censuses;
    assert_eq!(one.await.unwrap(), other.await.unwrap());
    assert!(findings(&to.store, &*to.blobs, Duration::ZERO).await.0.whole());
    assert!(broken_off > 5, "it was broken off {broken_off} times only");
    app.work().await;
}

#[tokio::test]
async fn a_copy_is_not_finished_while_the_source_lacks_a_blob_that_rows_name() {
    let (app, product, _) = lived_in().await;
    let named = names(&app, product).await;
    let (missing, damaged) = (named[1], named[3]);
    let sound =
        [blobs(&app).read(&missing).await.unwrap().unwrap(), blobs(&app).read(&damaged).await.unwrap().unwrap()];
    blobs(&app).delete(&missing).await.unwrap();
    blobs(&app).put(&damaged, Bytes::from_static(b"other bytes")).await.unwrap();
    let to = Empty::default();
    let copied = copy_all(&app, &to).await.unwrap();
    assert_eq!((copied.blobs.missing, copied.blobs.damaged, copied.complete()), (1, 1, false));
    assert!(to.unfinished().await);
    assert_eq!(to.blobs.head(&damaged).await.unwrap(), None, "damaged bytes were copied");

    let [repaired, restored] = sound;
    blobs(&app).put(&missing, repaired).await.unwrap();
    blobs(&app).put(&damaged, restored).await.unwrap();
    let copied = copy_all(&app, &to).await.unwrap();
    assert_eq!((copied.blobs.new, copied.blobs.there, copied.complete()), (2, 2, true));
    assert!(!to.unfinished().await);
    app.work().await;
}

#[tokio::test]
async fn an_image_whose_job_is_in_a_broker_has_one_in_the_copy() {
    let (app, product, waiting) = lived_in().await;
    let claimed = app.store.claim(9, Duration::from_mins(1)).await.unwrap();
    app.store.done(&claimed).await.unwrap();
    assert_eq!(app.store.jobs(), 0, "the relay has carried it away");
    let to = Empty::default();
    assert!(copy_all(&app, &to).await.unwrap().complete());
    assert_eq!(to.jobs().await, [waiting]);
    app.work().await;
    assert!(matches!(app.view(product).await.images[1].state, ImageState::Ready { .. }));
}

#[tokio::test]
async fn a_store_that_fails_is_told_by_its_side() {
    let (app, ..) = lived_in().await;
    app.store_fault.set(true);
    app.blob_fault.set(true);
    let to = Empty::default();
    let failed = copy_all(&app, &to).await;
    assert!(matches!(failed, Err(CopyError::Blobs(_) | CopyError::Source(StoreError::Backend(_)))), "{failed:?}");
    app.store_fault.set(false);
    app.blob_fault.set(false);
    assert!(copy_all(&app, &to).await.unwrap().complete());
    app.work().await;
}
