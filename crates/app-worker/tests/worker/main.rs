//! The worker over the memory adapters: it settles, holds, hands back and stops.

mod steps;

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Worker, WorkerReport, WorkerSettings};
use wareroom_application::{Application, Context, Ports};
use wareroom_domain::{Attempts, EventPosition, ImageState, ImageUrl, ProductId, Reason};
use wareroom_memory::MemoryPage;
use wareroom_ports::{DeadLetterFilter, EventLog, LogPage, StoreError};
use wareroom_test_kit::TestApp;

const LIMIT: Duration = Duration::from_secs(20);

fn start(app: &TestApp) -> (CancellationToken, tokio::task::JoinHandle<WorkerReport>) {
    start_with(Arc::clone(&app.application), quick())
}

fn quick() -> WorkerSettings {
    WorkerSettings {
        concurrency: 2,
        drain: Duration::from_millis(100),
        store_wait: Duration::from_millis(5),
        store_wait_max: Duration::from_millis(20),
        poll: Duration::from_millis(5),
        ..WorkerSettings::default()
    }
}

fn start_with(
    application: Arc<Application>,
    settings: WorkerSettings,
) -> (CancellationToken, tokio::task::JoinHandle<WorkerReport>) {
    let (worker, stop) = (Worker::new(application, settings), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    (stop, running)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn all_ready(app: &TestApp, product: ProductId) -> bool {
    app.view(product).await.images.iter().all(|image| matches!(image.state, ImageState::Ready { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_become_ready_and_their_messages_go() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let (stop, running) = start(&app);
    for shade in 0..10 {
        app.upload(product.id, shade).await;
    }
    until("all ready", async || all_ready(&app, product.id).await).await;
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    assert_eq!(running.await.unwrap(), WorkerReport { acknowledged: 10, released: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_our_own_stores_costs_no_attempt_and_makes_no_dead_letter() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    for shade in 0..4 {
        app.upload(product.id, shade).await;
    }
    app.blob_fault.set(true);
    let (stop, running) = start(&app);
    until("some are held", async || {
        let view = app.view(product.id).await;
        view.images.iter().filter(|image| image.state == ImageState::Processing).count() >= 2
    })
    .await;
    app.store_fault.set(true);
    tokio::time::sleep(Duration::from_millis(100)).await;
    app.store_fault.set(false);
    app.blob_fault.set(false);
    until("all ready", async || all_ready(&app, product.id).await).await;
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    running.await.unwrap();
    let view = app.view(product.id).await;
    assert!(view.images.iter().all(|image| image.attempts == Attempts(1)), "{view:?}");
    assert!(app.store.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_end_in_time_is_handed_back_when_the_worker_stops() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 1).await;
    app.blob_fault.set(true);
    let (stop, running) = start(&app);
    until("it is held", async || app.view(product.id).await.images[0].state == ImageState::Processing).await;
    stop.cancel();
    assert_eq!(running.await.unwrap(), WorkerReport { acknowledged: 0, released: 1 });
    let view = app.view(product.id).await;
    assert_eq!(view.images[0].state, ImageState::Pending { setback: None });
    assert_eq!(view.images[0].attempts, Attempts(0));
    assert_eq!(app.store.jobs(), 1, "the message is back in the queue");
    app.blob_fault.set(false);
    app.work().await;
    assert!(all_ready(&app, product.id).await);
}

/// An event log whose first sequencing panics.
struct PanicsOnce(Arc<dyn EventLog>, AtomicBool);

#[async_trait]
impl EventLog for PanicsOnce {
    async fn read(&self, after: EventPosition, limit: usize) -> Result<LogPage, StoreError> {
        self.0.read(after, limit).await
    }

    async fn head(&self) -> Result<EventPosition, StoreError> {
        self.0.head().await
    }

    async fn sequence(&self, limit: usize) -> Result<usize, StoreError> {
        assert!(self.1.swap(true, Ordering::SeqCst), "on purpose");
        self.0.sequence(limit).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_panics_is_started_again() {
    let app = TestApp::new();
    let ports = app.application.ports().clone();
    let events: Arc<dyn EventLog> = Arc::new(PanicsOnce(ports.events.clone(), AtomicBool::new(false)));
    let application = Application::new(Ports { events, ..ports.clone() }, app.application.settings().clone());
    let (stop, running) = start_with(Arc::new(application), quick());
    app.user().await;
    until("the event has its position", async || ports.events.head().await.unwrap() == EventPosition(1)).await;
    stop.cancel();
    running.await.unwrap();
}

/// The settings of a worker whose jobs have little time.
fn hurried() -> WorkerSettings {
    WorkerSettings { job_deadline: Duration::from_millis(150), ..quick() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_meets_its_deadline_in_an_outage_is_handed_back_uncounted() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 1).await;
    app.blob_fault.set(true);
    let (stop, running) = start_with(Arc::clone(&app.application), hurried());
    let fence = async || app.view(product.id).await.images[0].fence.0;
    until("it was begun again and again", async || fence().await >= 8).await;
    app.blob_fault.set(false);
    until("ready", async || all_ready(&app, product.id).await).await;
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(app.view(product.id).await.images[0].attempts, Attempts(1));
    assert!(app.store.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_takes_longer_than_a_job_may_counts_and_ends_explained() {
    let app = TestApp::with(|settings| settings.back_off = vec![Duration::from_millis(1)]);
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 1).await;
    app.codec_stall.set(true);
    let (stop, running) = start_with(Arc::clone(&app.application), hurried());
    until("it is given up", async || app.store.dead_letters().len() == 1).await;
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    running.await.unwrap();
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { unreachable!("{view:?}") };
    assert_eq!((failure.reason, view.images[0].attempts), (Reason::CodecTimeout, Attempts(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_that_are_to_be_replayed_are_replayed_by_and_by() {
    let app = TestApp::with(|settings| settings.replay_batch = 2);
    let url = "http://a.example/gone.png";
    app.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Status(404, None));
    let owner = app.user().await.id;
    let mut products = vec![];
    for _ in 0..7 {
        products.push(app.product_with_images(owner, &[url]).await.id);
    }
    app.work().await;
    app.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Body(TestApp::image(7)));
    let pause = Duration::from_millis(100);
    let settings = WorkerSettings { replay_every: Duration::from_millis(5), replay_pause: pause, ..quick() };
    let (stop, running) = start_with(Arc::clone(&app.application), settings);
    let begun = Instant::now();
    let everything = DeadLetterFilter::default();
    app.application.retry_dead_letters(&Context::operator(), &everything).await.unwrap();
    until("no letter left", async || app.store.dead_letters().is_empty()).await;
    assert!(begun.elapsed() >= 3 * pause, "four batches without a pause between: {:?}", begun.elapsed());
    for product in products {
        until("ready", async || all_ready(&app, product).await).await;
    }
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_waits_for_its_turn_has_not_begun_so_that_a_crash_does_not_count_for_it() {
    let app = TestApp::new();
    let user = app.user().await.id;
    let url = "http://a.example/lamp";
    app.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Body(TestApp::image(9)));
    let mut products = vec![];
    for shade in 0..4 {
        let product = app.product_with_images(user, &[url]).await;
        app.upload(product.id, shade).await;
        products.push(product.id);
    }
    app.codec_stall.set(true);
    let (stop, running) = start(&app);
    let begun = async || {
        let mut begun = 0;
        for &product in &products {
            begun += app.view(product).await.images.iter().filter(|image| image.attempts > Attempts(0)).count();
        }
        begun
    };
    until("two are rendered", async || begun().await == 2).await;
    until("all are fetched", async || app.web.requests(&ImageUrl::new(url).unwrap()) == 4).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(begun().await, 2);
    stop.cancel();
    running.await.unwrap();
    app.codec_stall.set(false);
    let (stop, running) = start(&app);
    for &product in &products {
        until("all ready", async || all_ready(&app, product).await).await;
    }
    until("no job left", async || app.store.jobs() == 0).await;
    stop.cancel();
    running.await.unwrap();
}
