//! What was kept long enough goes, what is needed stays.

mod collector;

use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_application::{AddImages, Application, Context, ErrorCode, Ports, Pruned, Retain, Settings, UploadedFile};
use wareroom_domain::{BlobKey, EventPosition, ImageState, ImageUrl, ProductId, Sha256};
use wareroom_memory::{FixedClock, MemoryPage};
use wareroom_ports::{
    Blob, BlobError, BlobListing, BlobMeta, BlobStore, IdempotencyKey, LogPage, Reservation, StoreError,
};
use wareroom_test_kit::{Fault, TestApp};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const AN_HOUR_BUT_A_SECOND: Duration = Duration::from_secs(3_599);

async fn prune(app: &TestApp) -> Pruned {
    app.application.prune(false).await.unwrap()
}

/// What a dry run says, which must say it every time and change nothing.
async fn would_prune(app: &TestApp) -> Pruned {
    let counted = app.application.prune(true).await.unwrap();
    assert_eq!(app.application.prune(true).await.unwrap(), counted, "a dry run removed something");
    counted
}

/// Removes what is to be removed, which must be just what a dry run said.
async fn prune_as_told(app: &TestApp) -> Pruned {
    let told = would_prune(app).await;
    assert_eq!(prune(app).await, told);
    told
}

/// A request that was answered now.
async fn answer_a_request(app: &TestApp, key: &str) -> Result<(), StoreError> {
    let ports = app.application.ports();
    let key = IdempotencyKey { scope: "POST /products".to_owned(), key: key.to_owned() };
    let mut unit = ports.store.begin().await?;
    let reserved = unit.idempotency().reserve(&key, Sha256([1; 32]), ports.clock.now(), HOUR).await?;
    let Reservation::Granted { token } = reserved else { panic!("not granted: {reserved:?}") };
    unit.idempotency().answer(&key, token, Bytes::from_static(b"1")).await?;
    unit.commit().await
}

/// A product whose image cannot be had: two events and more, and a dead letter.
async fn fail_an_image(app: &TestApp) {
    const GONE: &str = "http://a.example/gone.png";
    app.web.put(ImageUrl::new(GONE).unwrap(), MemoryPage::Status(404, None));
    app.product_with_images(app.user().await.id, &[GONE]).await;
    app.work().await;
    sequence(app).await;
}

async fn sequence(app: &TestApp) {
    while app.application.sequence_events().await.unwrap() > 0 {}
}

async fn events(app: &TestApp, after: EventPosition) -> LogPage {
    app.application.ports().events.read(after, 1000).await.unwrap()
}

#[tokio::test]
async fn each_kind_goes_after_its_own_time_and_not_before() {
    let app = TestApp::with(|settings| {
        settings.retain =
            Retain { idempotency_keys: HOUR, events: 2 * HOUR, dead_letters: 3 * HOUR, leftovers: 4 * HOUR };
    });
    answer_a_request(&app, "one").await.unwrap();
    answer_a_request(&app, "two").await.unwrap();
    fail_an_image(&app).await;
    let LogPage::Events(told) = events(&app, EventPosition(0)).await else { panic!("removed too early") };
    let all_but_the_newest = told.len() as u64 - 1;
    assert!(all_but_the_newest > 2, "{told:?}");
    app.clock.advance(SECOND);
    for expected in [
        Pruned { idempotency_keys: 2, ..Pruned::default() },
        Pruned { events: all_but_the_newest, ..Pruned::default() },
        Pruned { dead_letters: 1, ..Pruned::default() },
    ] {
        app.clock.advance(AN_HOUR_BUT_A_SECOND);
        assert_eq!(prune_as_told(&app).await, Pruned::default(), "it is just as old as it may be");
        app.clock.advance(SECOND);
        assert_eq!(prune_as_told(&app).await, expected);
        assert_eq!(prune_as_told(&app).await, Pruned::default(), "removed twice");
    }
    assert!(app.store.dead_letters().is_empty());
    answer_a_request(&app, "one").await.unwrap();
}

#[tokio::test]
async fn more_than_a_batch_goes_at_once() {
    let app = TestApp::with(|settings| settings.batch = 3);
    for number in 0..10 {
        answer_a_request(&app, &number.to_string()).await.unwrap();
    }
    app.clock.advance(25 * HOUR);
    assert_eq!(prune_as_told(&app).await.idempotency_keys, 10);
}

#[tokio::test]
async fn what_is_to_be_kept_for_longer_than_there_is_time_is_kept() {
    let app = TestApp::with(|settings| {
        settings.retain.events = Duration::MAX;
        settings.retain.dead_letters = Duration::MAX;
    });
    fail_an_image(&app).await;
    app.clock.advance(Duration::from_hours(24 * 365 * 1000));
    assert_eq!(prune_as_told(&app).await, Pruned::default());
}

#[tokio::test]
async fn the_newest_event_stays_and_positions_go_on_from_it() {
    let app = TestApp::new();
    fail_an_image(&app).await;
    let head = app.application.ports().events.head().await.unwrap();
    app.clock.advance(Duration::from_hours(24 * 8));
    assert_eq!(prune_as_told(&app).await.events, head.0 - 1);
    assert_eq!(app.application.ports().events.head().await.unwrap(), head);
    let LogPage::Pruned { oldest } = events(&app, EventPosition(0)).await else { panic!("a gap is not told") };
    assert_eq!(oldest, head);
    app.user().await;
    sequence(&app).await;
    let LogPage::Events(told) = events(&app, head).await else { panic!("the newest event is gone") };
    assert_eq!(told[0].0, EventPosition(head.0 + 1));
}

/// The names of all blobs of a product's images, a name for each use. Two renditions of a small picture are the same bytes.
async fn named(app: &TestApp, product: ProductId) -> Vec<BlobKey> {
    let mut keys = vec![];
    for image in &app.view(product).await.images {
        keys.extend(image.source.sha256().map(BlobKey::Source));
        if let ImageState::Ready { renditions, .. } = &image.state {
            keys.extend(renditions.iter().map(|rendition| rendition.key));
        }
    }
    keys
}

/// Deletes a product and gives up what its images name.
async fn delete(app: &TestApp, product: ProductId) {
    let keys = named(app, product).await;
    let mut unit = app.application.ports().store.begin().await.unwrap();
    unit.blobs().drop_references(&keys).await.unwrap();
    assert!(unit.products().delete(product).await.unwrap());
    unit.commit().await.unwrap();
}

async fn are_there(app: &TestApp, keys: &[BlobKey]) -> Vec<bool> {
    let mut there = vec![];
    for key in keys {
        there.push(app.application.ports().blobs.head(key).await.unwrap().is_some());
    }
    there
}

/// Lets every claim run out.
async fn outlast_claims() {
    tokio::time::advance(Settings::default().blob_claim + SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn blobs_that_nobody_names_go_and_those_that_somebody_names_stay() {
    let app = TestApp::new();
    let user = app.user().await.id;
    let (one, two, three) = (app.product(user).await.id, app.product(user).await.id, app.product(user).await.id);
    for (product, shade) in [(one, 1), (two, 1), (two, 2), (three, 3)] {
        app.upload(product, shade).await;
    }
    app.work().await;
    let (shared, gone, kept) = (named(&app, one).await, named(&app, three).await, named(&app, two).await);
    assert_eq!((shared.len(), gone.len(), kept.len()), (4, 4, 8), "a source and three renditions for each image");
    delete(&app, one).await;
    delete(&app, three).await;
    assert_eq!(prune_as_told(&app).await, Pruned::default(), "their claims last");
    outlast_claims().await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 3, ..Pruned::default() });
    assert_eq!(are_there(&app, &gone).await, [false; 4]);
    assert_eq!(are_there(&app, &kept).await, [true; 8], "what is named elsewhere, too, went");
    delete(&app, two).await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 6, ..Pruned::default() });
    assert_eq!(are_there(&app, &kept).await, [false; 8]);
    // The names are as good as new.
    let again = app.product(user).await.id;
    app.upload(again, 1).await;
    app.work().await;
    assert_eq!(are_there(&app, &named(&app, again).await).await, [true; 4]);
}

#[tokio::test(start_paused = true)]
async fn more_blobs_than_are_condemned_at_a_time_go_at_once() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    for shade in 0..20 {
        app.upload(product, shade).await;
    }
    app.work().await;
    delete(&app, product).await;
    outlast_claims().await;
    assert_eq!(prune_as_told(&app).await.blobs, 60);
}

/// Blobs with leftovers, beside which something may fail in the middle of what is done with them.
struct Watched {
    blobs: Arc<dyn BlobStore>,
    fails: Fails,
    put: Mutex<Vec<BlobKey>>,
    /// Whenever leftovers were asked for: how old, and whether to remove them.
    asked: Mutex<Vec<(Duration, bool)>>,
}

/// What fails.
enum Fails {
    Nothing,
    /// This, as soon as something was put.
    AfterPut(Fault),
    /// A delete never ends.
    Delete,
    /// A delete takes so long, by that clock.
    Slow(Arc<FixedClock>, Duration),
    /// Deletes, once so many were made.
    After(AtomicUsize),
    /// A delete waits until it may go on.
    Held(Arc<Semaphore>),
}

impl Watched {
    /// The same application over blobs that are watched.
    fn over(app: &TestApp, fails: Fails) -> (Application, Arc<Self>) {
        let ports = app.application.ports().clone();
        let watched = Self { blobs: ports.blobs.clone(), fails, put: Mutex::default(), asked: Mutex::default() };
        let watched = Arc::new(watched);
        let ports = Ports { blobs: watched.clone(), ..ports };
        (Application::new(ports, app.application.settings().clone()), watched)
    }
}

#[async_trait]
impl BlobStore for Watched {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.blobs.put(key, bytes).await?;
        self.put.lock().unwrap().push(*key);
        if let Fails::AfterPut(fault) = &self.fails {
            fault.set(true);
        }
        Ok(())
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.blobs.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match &self.fails {
            Fails::Delete => std::future::pending::<()>().await,
            Fails::Slow(clock, takes) => clock.advance(*takes),
            Fails::After(left) => {
                let enough = |left: usize| left.checked_sub(1);
                left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough)
                    .map_err(|_| BlobError::Unavailable("gone".into()))?;
            }
            Fails::Held(may_go_on) => may_go_on.acquire().await.unwrap().forget(),
            Fails::Nothing | Fails::AfterPut(_) => {}
        }
        self.blobs.delete(key).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.blobs.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.asked.lock().unwrap().push((age, remove));
        Ok(7)
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.blobs.check().await
    }
}

#[tokio::test]
async fn leftovers_are_asked_for_by_their_age_and_removed_unless_it_is_a_dry_run() {
    let app = TestApp::with(|settings| settings.retain.leftovers = 3 * HOUR);
    let (application, watched) = Watched::over(&app, Fails::Nothing);
    for dry_run in [true, false] {
        assert_eq!(application.prune(dry_run).await.unwrap(), Pruned { leftovers: 7, ..Pruned::default() });
    }
    assert_eq!(*watched.asked.lock().unwrap(), [(3 * HOUR, false), (3 * HOUR, true)]);
}

#[tokio::test(start_paused = true)]
async fn what_an_upload_put_that_was_cut_off_goes_after_its_claim() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (application, watched) = Watched::over(&app, Fails::AfterPut(app.store_fault.clone()));
    let files = vec![UploadedFile { filename: None, bytes: TestApp::image(1) }];
    let command = AddImages::new(product, files);
    let error = application.add_images(&Context::operator(), command).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    app.store_fault.set(false);
    let left = watched.put.lock().unwrap().clone();
    assert_eq!((left.len(), are_there(&app, &left).await), (1, vec![true]));
    assert!(app.view(product).await.images.is_empty());
    assert_eq!(prune_as_told(&app).await, Pruned::default(), "whoever put it may be slow, not dead");
    outlast_claims().await;
    assert_eq!(prune_as_told(&app).await, Pruned { blobs: 1, ..Pruned::default() });
    assert_eq!(are_there(&app, &left).await, [false]);
}
