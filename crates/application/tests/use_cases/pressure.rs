//! Back-pressure: what is refused while too much waits, what goes on, and what the question costs.

use async_trait::async_trait;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, advance, sleep, timeout};
use wareroom_application::{
    AddImageByUrl, AddImages, Application, Context, CreateProduct, EditImage, EditProduct, Error, ErrorCode, ImageEdit,
    ListDeadLetters, NewSource, Ports, Precondition, ProductEdit, ReplaceImage, RetryImage, UploadedFile,
};
use wareroom_domain::{Description, ImageUrl, Price, ProductId, ProductName, UserId, Via};
use wareroom_memory::{MemoryPage, MemoryStore};
use wareroom_ports::{Backlog, Claimed, DeadLetterFilter, IdempotencyKey, OutboxRelay, StoreError};
use wareroom_test_kit::TestApp;

const HERE: &str = "http://a.example/here.png";
const GONE: &str = "http://a.example/gone.png";
const ELSEWHERE: &str = "http://a.example/elsewhere.png";
const SECOND: Duration = Duration::from_secs(1);

fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap()
}

fn file(shade: u8) -> UploadedFile {
    UploadedFile { filename: None, bytes: TestApp::image(shade) }
}

fn kettle(owner: UserId, images: &[&str]) -> CreateProduct {
    CreateProduct {
        owner,
        name: ProductName::new("kettle").unwrap(),
        description: Description::new("").unwrap(),
        price: Price::default(),
        images: images.iter().copied().map(url).collect(),
    }
}

fn keyed(key: &str) -> Context {
    let key = IdempotencyKey { scope: "operator POST /somewhere".to_owned(), key: key.to_owned() };
    Context { idempotency_key: Some(key), ..Context::operator() }
}

fn edit(product: ProductId, edit: ProductEdit) -> EditProduct {
    EditProduct { product, precondition: Precondition::None, edit }
}

fn images(urls: &[&str]) -> ProductEdit {
    ProductEdit { images: Some(urls.iter().copied().map(url).collect()), ..ProductEdit::default() }
}

fn code<T>(outcome: Result<T, Error>) -> Option<ErrorCode> {
    outcome.err().map(|error| error.code)
}

/// What each call that brings image work to a product comes to: its first image is ready, its second one failed.
async fn image_work(app: &TestApp, product: ProductId) -> Vec<Option<ErrorCode>> {
    let (application, me, precondition) = (&app.application, Context::operator(), Precondition::None);
    let view = app.view(product).await;
    let [ready, failed] = [view.images[0].id, view.images[1].id];
    let list = ListDeadLetters { filter: DeadLetterFilter::default(), after: None, limit: 1 };
    let letter = application.list_dead_letters(&me, list).await.unwrap().items[0].id;
    let replace = async |source| {
        let command = ReplaceImage { product, image: ready, precondition: Precondition::None, source };
        code(application.replace_image(&me, command).await)
    };
    let by_url = AddImageByUrl { product, precondition: precondition.clone(), url: url(ELSEWHERE) };
    let retry = RetryImage { product, image: failed, precondition };
    vec![
        code(application.create_product(&me, kettle(view.product.owner, &[HERE])).await),
        code(application.add_images(&me, AddImages::new(product, vec![file(9)])).await),
        code(application.add_image_by_url(&me, by_url).await),
        replace(NewSource::Url(url(ELSEWHERE))).await,
        replace(NewSource::Upload { via: Via::Form, file: file(8) }).await,
        code(application.edit_product(&me, edit(product, images(&[HERE, GONE, ELSEWHERE]))).await),
        code(application.retry_image(&me, retry).await),
        code(application.retry_dead_letter(&me, letter).await),
    ]
}

/// A user's product whose first image is ready and whose second one failed.
async fn settled_product(app: &TestApp) -> (UserId, ProductId) {
    app.web.put(url(HERE), MemoryPage::Body(TestApp::image(1)));
    app.web.put(url(GONE), MemoryPage::Status(404, None));
    let owner = app.user().await.id;
    let product = app.product_with_images(owner, &[HERE, GONE]).await.id;
    app.work().await;
    (owner, product)
}

#[tokio::test(start_paused = true)]
async fn while_too_much_waits_new_image_work_is_refused_and_all_else_goes_on() {
    let app = TestApp::with(|settings| settings.outbox_limit = 2);
    let (owner, product) = settled_product(&app).await;
    let (application, me) = (&app.application, Context::operator());
    advance(SECOND).await;
    let told = application.create_product(&keyed("before"), kettle(owner, &[HERE])).await.unwrap();
    app.upload(product, 7).await;
    assert_eq!(app.store.jobs(), 2);
    advance(SECOND).await;

    let before = app.view(product).await;
    let refused = image_work(&app, product).await;
    assert_eq!(refused, vec![Some(ErrorCode::TooMuchWaiting); refused.len()]);
    assert_eq!((app.store.jobs(), app.view(product).await), (2, before.clone()), "something was stored");

    // What was done before is told again; what brings no image is done.
    let again = application.create_product(&keyed("before"), kettle(owner, &[HERE])).await.unwrap();
    assert!(again.replayed && again.result == told.result);
    application.create_product(&me, kettle(owner, &[])).await.unwrap();
    let name = ProductEdit { name: Some(ProductName::new("pot").unwrap()), ..ProductEdit::default() };
    application.edit_product(&me, edit(product, name)).await.unwrap();
    application.edit_product(&me, edit(product, images(&[GONE, HERE]))).await.unwrap();
    let described = ImageEdit { position: Some(0), ..ImageEdit::default() };
    let (image, precondition) = (before.images[0].id, Precondition::None);
    application.edit_image(&me, EditImage { product, image, precondition, edit: described }).await.unwrap();
    assert_eq!(application.retry_dead_letters(&me, &DeadLetterFilter::default()).await.unwrap().result, 1);

    app.work().await;
    advance(SECOND).await;
    application.create_product(&me, kettle(owner, &[HERE])).await.unwrap();
    app.work().await;
}

#[tokio::test(start_paused = true)]
async fn below_the_limit_nothing_is_refused() {
    let app = TestApp::with(|settings| settings.outbox_limit = 100);
    let (_, product) = settled_product(&app).await;
    // The letter of an image that is tried again is gone: there is nothing to retry by it.
    let outcomes = image_work(&app, product).await;
    assert_eq!(outcomes, [vec![None; 7], vec![Some(ErrorCode::NotFound)]].concat());
    app.work().await;
}

/// An outbox that counts how often it is asked, and takes its time.
struct Asked {
    inner: MemoryStore,
    asks: AtomicU32,
    takes: Mutex<Duration>,
    fails: Mutex<bool>,
}

#[async_trait]
impl OutboxRelay for Asked {
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        self.inner.claim(limit, lease).await
    }

    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        self.inner.done(claimed).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.inner.backlog().await
    }

    async fn at_least(&self, rows: u64) -> Result<bool, StoreError> {
        self.asks.fetch_add(1, Ordering::SeqCst);
        let takes = *self.takes.lock().unwrap();
        sleep(takes).await;
        if *self.fails.lock().unwrap() { Err(StoreError::Busy) } else { self.inner.at_least(rows).await }
    }

    async fn wait(&self, at_most: Duration) {
        self.inner.wait(at_most).await;
    }
}

struct Stand {
    app: TestApp,
    owner: UserId,
    jobs: Arc<Asked>,
    application: Arc<Application>,
}

impl Stand {
    /// An application whose outbox takes one job and is asked through `jobs`.
    async fn new(takes: Duration) -> Self {
        let app = TestApp::with(|settings| settings.outbox_limit = 1);
        let owner = app.user().await.id;
        let (asks, takes, fails) = (AtomicU32::new(0), Mutex::new(takes), Mutex::new(false));
        let jobs = Arc::new(Asked { inner: app.store.clone(), asks, takes, fails });
        let ports = Ports { jobs: jobs.clone(), ..app.application.ports().clone() };
        let application = Arc::new(Application::new(ports, app.application.settings().clone()));
        Self { app, owner, jobs, application }
    }

    async fn create(&self) -> Option<ErrorCode> {
        code(self.application.create_product(&Context::operator(), kettle(self.owner, &[GONE])).await)
    }

    fn asks(&self) -> u32 {
        self.jobs.asks.load(Ordering::SeqCst)
    }
}

const REFUSED: Option<ErrorCode> = Some(ErrorCode::TooMuchWaiting);

#[tokio::test(start_paused = true)]
async fn the_outbox_is_asked_once_a_second_however_many_come() {
    let stand = Arc::new(Stand::new(Duration::from_millis(10)).await);
    let creations: Vec<_> = (0..50)
        .map(|_| {
            let stand = Arc::clone(&stand);
            tokio::spawn(async move { stand.create().await })
        })
        .collect();
    for creation in creations {
        assert_eq!(creation.await.unwrap(), None, "what is accepted on one answer may go beyond the limit");
    }
    assert_eq!(stand.asks(), 1);
    advance(Duration::from_millis(999)).await;
    stand.create().await;
    assert_eq!(stand.asks(), 1);
    advance(Duration::from_millis(1)).await;
    assert_eq!((stand.create().await, stand.create().await, stand.asks()), (REFUSED, REFUSED, 2));
    stand.app.work().await;
}

#[tokio::test(start_paused = true)]
async fn who_brings_no_image_work_does_not_ask_nor_does_anybody_without_a_limit() {
    let stand = Stand::new(Duration::ZERO).await;
    stand.application.create_product(&Context::operator(), kettle(stand.owner, &[])).await.unwrap();
    let settings = wareroom_application::Settings { outbox_limit: 0, ..stand.application.settings().clone() };
    let boundless = Application::new(stand.application.ports().clone(), settings);
    for _ in 0..3 {
        boundless.create_product(&Context::operator(), kettle(stand.owner, &[GONE])).await.unwrap();
    }
    assert_eq!(stand.asks(), 0);
    stand.app.work().await;
}

#[tokio::test(start_paused = true)]
async fn an_outbox_that_answers_slowly_is_asked_the_less() {
    let stand = Stand::new(SECOND / 2).await;
    assert_eq!(stand.create().await, None);
    advance(9 * SECOND).await;
    stand.create().await;
    assert_eq!(stand.asks(), 1, "half a second of asking holds for ten");
    advance(SECOND).await;
    assert_eq!((stand.create().await, stand.asks()), (REFUSED, 2));
    stand.app.work().await;
}

#[tokio::test(start_paused = true)]
async fn while_the_outbox_cannot_tell_it_is_as_it_was() {
    for (fails, takes) in [(true, Duration::ZERO), (false, 100 * SECOND)] {
        let stand = Stand::new(Duration::ZERO).await;
        let trouble = |on: bool| {
            *stand.jobs.fails.lock().unwrap() = on && fails;
            *stand.jobs.takes.lock().unwrap() = if on { takes } else { Duration::ZERO };
        };
        trouble(true);
        let began = Instant::now();
        assert_eq!((stand.create().await, stand.create().await), (None, None));
        assert!(began.elapsed() <= SECOND, "both waited for an answer");
        trouble(false);
        advance(SECOND).await;
        assert_eq!(stand.create().await, REFUSED, "told as soon as it can tell");
        trouble(true);
        stand.app.work().await;
        advance(SECOND).await;
        assert_eq!(stand.create().await, REFUSED);
        trouble(false);
        advance(SECOND).await;
        assert_eq!(stand.create().await, None);
        stand.app.work().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_asking_leaves_that_to_the_next() {
    let stand = Stand::new(SECOND / 2).await;
    assert!(timeout(SECOND / 10, stand.create()).await.is_err());
    assert_eq!((stand.create().await, stand.asks()), (None, 2));
    stand.app.work().await;
}
