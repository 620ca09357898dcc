//! Images from URLs: fetched once, kept, explained when they cannot be had.

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use wareroom_app_worker::Settled;
use wareroom_application::{Application, Context, CreateProduct, ErrorCode, Ports};
use wareroom_domain::{
    Attempts, BlobKey, Description, Image, ImageState, ImageUrl, Lane, Price, ProductName, Reason, Source, UserId,
};
use wareroom_memory::MemoryPage;
use wareroom_ports::{BlobStoreExt, BoxError, FetchLimits, Fetched, ImageSource, SourceError, Space};
use wareroom_test_kit::TestApp;

const LAMP: &str = "http://a.example/lamp.png?token=secret";

fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap()
}

fn reason(image: &Image) -> Reason {
    match &image.state {
        ImageState::Failed(failure) => failure.reason,
        other => panic!("it has not failed: {other:?}"),
    }
}

/// What became of an image at that page after the only attempt it gets.
async fn ended(page: MemoryPage) -> Image {
    let app = TestApp::with(|settings| {
        settings.back_off = vec![];
        settings.image_max_bytes = 1000;
        settings.download_timeout = Duration::from_millis(200);
    });
    app.web.put(url(LAMP), page);
    let product = app.product_with_images(app.user().await.id, &[LAMP]).await;
    app.work().await;
    let image = app.view(product.id).await.images[0].clone();
    assert_eq!(app.store.dead_letters().len(), usize::from(matches!(image.state, ImageState::Failed(_))));
    image
}

#[tokio::test]
async fn an_image_is_fetched_kept_under_its_hash_and_ready() {
    let app = TestApp::new();
    app.web.put(url(LAMP), MemoryPage::Body(TestApp::image(7)));
    let product = app.product_with_images(app.user().await.id, &[LAMP]).await;
    let accepted = app.view(product.id).await;
    assert_eq!(accepted.images[0].source, Source::Url { url: url(LAMP), content: None });
    assert_eq!(accepted.images[0].state, ImageState::Pending { setback: None });
    assert_eq!(app.work().await, 1);
    let view = app.view(product.id).await;
    assert!(matches!(view.images[0].state, ImageState::Ready { .. }), "{view:?}");
    let content = view.images[0].source.content().unwrap();
    assert_eq!(
        (content.bytes, content.content_type.as_str()),
        (TestApp::image(7).len() as u64, "image/x-wareroom-memory")
    );
    let kept = app.application.ports().blobs.read(&BlobKey::Source(content.sha256)).await.unwrap();
    assert_eq!(kept, Some(TestApp::image(7)));
    assert_eq!(app.web.requests(&url(LAMP)), 1);
}

#[tokio::test]
async fn images_stand_in_the_order_of_their_urls_and_a_repeated_one_counts_once() {
    let app = TestApp::new();
    let urls = ["http://b.example/", "http://a.example/", "http://b.example/", "http://c.example/"];
    for url in urls {
        app.web.put(self::url(url), MemoryPage::Body(TestApp::image(1)));
    }
    let product = app.product_with_images(app.user().await.id, &urls).await;
    app.work().await;
    let images = app.view(product.id).await.images.clone();
    let shown: Vec<&str> = images.iter().map(|image| image.source.url().unwrap().as_str()).collect();
    assert_eq!(shown, ["http://b.example/", "http://a.example/", "http://c.example/"]);
    assert!(images.iter().all(|image| matches!(image.state, ImageState::Ready { .. })));
}

#[tokio::test]
async fn every_way_in_which_an_image_cannot_be_had_has_its_reason() {
    let damaged = TestApp::image(3).slice(..30);
    let loops = MemoryPage::Redirect(url(LAMP));
    for (page, expected) in [
        (MemoryPage::Status(404, None), Reason::Http404),
        (MemoryPage::Status(403, None), Reason::Http4xx),
        (MemoryPage::Status(500, None), Reason::Http5xx),
        (MemoryPage::Unreachable, Reason::Unreachable),
        (MemoryPage::BreaksOff, Reason::Unreachable),
        (MemoryPage::Silent, Reason::Timeout),
        (MemoryPage::Trickle, Reason::Timeout),
        (MemoryPage::Blocked, Reason::BlockedAddress),
        (loops, Reason::TooManyRedirects),
        (MemoryPage::Endless, Reason::TooLarge),
        (MemoryPage::Body("<html>".into()), Reason::NotAnImage),
        (MemoryPage::Body("%PDF-1.7".into()), Reason::UnsupportedImage),
        (MemoryPage::Body(damaged), Reason::Truncated),
    ] {
        let name = format!("{page:?}");
        assert_eq!(reason(&ended(page).await), expected, "{name}");
    }
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_tried_again_and_then_told() {
    let app = TestApp::new();
    let product = app.product_with_images(app.user().await.id, &["http://nobody.example/"]).await;
    assert_eq!(app.work().await, 6);
    let view = app.view(product.id).await;
    assert_eq!((reason(&view.images[0]), view.images[0].attempts), (Reason::Dns, Attempts(6)));
}

#[tokio::test]
async fn what_will_not_change_is_not_asked_for_twice() {
    let app = TestApp::new();
    app.web.put(url(LAMP), MemoryPage::Status(404, None));
    let product = app.product_with_images(app.user().await.id, &[LAMP]).await;
    assert_eq!(app.work().await, 1);
    assert_eq!(app.web.requests(&url(LAMP)), 1);
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(failure.detail, "the server answered 404; check the URL, or give another one");
}

/// How long the image waits after a server answered that.
async fn wait_after(status: u16, retry_after: Option<u64>) -> i64 {
    let app = TestApp::with(|settings| {
        settings.back_off = vec![Duration::from_secs(10)];
        settings.retry_after_max = Duration::from_secs(100);
    });
    app.web.put(url(LAMP), MemoryPage::Status(status, retry_after.map(Duration::from_secs)));
    let product = app.product_with_images(app.user().await.id, &[LAMP]).await;
    assert_eq!(app.work_once().await, Settled::Acknowledged);
    let view = app.view(product.id).await;
    let ImageState::Pending { setback: Some(setback) } = &view.images[0].state else { panic!("{view:?}") };
    let wait = setback.next_attempt_at.duration_since(app.application.ports().clock.now()).as_secs();
    tokio::time::pause();
    app.web.put(url(LAMP), MemoryPage::Body(TestApp::image(1)));
    tokio::time::advance(Duration::from_secs(200)).await;
    assert_eq!(app.work().await, 1);
    tokio::time::resume();
    wait
}

#[tokio::test]
async fn a_server_that_asks_to_be_left_alone_is_for_as_long_as_is_reasonable() {
    assert_eq!(wait_after(429, Some(60)).await, 60);
    assert_eq!(wait_after(503, Some(60)).await, 60);
    assert_eq!(wait_after(503, Some(86_400)).await, 100, "no longer than the setting says");
    for (status, asked) in [(503, None), (429, Some(0)), (500, None)] {
        let wait = wait_after(status, asked).await;
        assert!((9..=11).contains(&wait), "{status}: {wait}");
    }
}

#[tokio::test]
async fn a_bad_image_does_not_hide_the_others() {
    let app = TestApp::new();
    app.web.put(url("http://a.example/good"), MemoryPage::Body(TestApp::image(1)));
    app.web.put(url("http://a.example/bad"), MemoryPage::Status(410, None));
    let urls = ["http://a.example/bad", "http://a.example/good"];
    let product = app.product_with_images(app.user().await.id, &urls).await;
    app.work().await;
    let view = app.view(product.id).await;
    assert_eq!(reason(&view.images[0]), Reason::Http4xx);
    assert!(matches!(view.images[1].state, ImageState::Ready { .. }));
}

fn kettle(images: Vec<ImageUrl>) -> CreateProduct {
    CreateProduct {
        owner: UserId::new(1).unwrap(),
        name: ProductName::new("kettle").unwrap(),
        description: Description::new("").unwrap(),
        price: Price::default(),
        images,
    }
}

#[tokio::test]
async fn more_urls_than_a_product_may_have_are_refused_with_the_field() {
    let app = TestApp::with(|settings| settings.images_per_product = 2);
    let command = kettle((0..3).map(|number| url(&format!("http://a.example/{number}"))).collect());
    let error = app.application.create_product(&Context::operator(), command).await.unwrap_err();
    assert_eq!((error.code, error.faults[0].pointer.as_str()), (ErrorCode::TooManyImages, "/product_images"));
}

#[tokio::test]
async fn without_room_nothing_new_is_accepted_and_what_is_in_flight_waits_uncounted() {
    let app = TestApp::with(|settings| settings.min_free_space = 1000);
    app.web.put(url(LAMP), MemoryPage::Body(TestApp::image(7)));
    let user = app.user().await.id;
    let product = app.product_with_images(user, &[LAMP]).await;
    app.space.set(Some(999));
    let command = CreateProduct { owner: user, ..kettle(vec![url(LAMP)]) };
    let refused = app.application.create_product(&Context::operator(), command).await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::StorageFull);
    let without_images = app.product(user).await;
    assert!(app.view(without_images.id).await.images.is_empty());
    let freed = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(app.web.requests(&url(LAMP)), 0, "fetched although there was no room for it");
        app.space.set(Some(1000));
    };
    tokio::join!(app.work(), freed);
    let view = app.view(product.id).await;
    assert!(matches!(view.images[0].state, ImageState::Ready { .. }), "{view:?}");
    assert_eq!(view.images[0].attempts, Attempts(1));
}

#[tokio::test]
async fn where_the_free_space_cannot_be_told_no_images_are_accepted_and_the_rest_goes_on() {
    struct Unreadable;
    impl Space for Unreadable {
        fn free(&self) -> Result<Option<u64>, BoxError> {
            Err("the disk does not answer".into())
        }
    }
    let app = TestApp::new();
    let owner = app.user().await.id;
    let ports = Ports { space: Arc::new(Unreadable), ..app.application.ports().clone() };
    let blind = Application::new(ports, app.application.settings().clone());
    let create = async |images| {
        blind.create_product(&Context::operator(), CreateProduct { owner, ..kettle(images) }).await.err()
    };
    assert_eq!(create(vec![url(LAMP)]).await.unwrap().code, ErrorCode::Unavailable);
    assert!(create(vec![]).await.is_none());
}

#[tokio::test]
async fn what_this_machine_cannot_fetch_is_no_fault_of_the_image() {
    struct Exhausted;
    #[async_trait]
    impl ImageSource for Exhausted {
        async fn fetch(&self, _: &ImageUrl, _: &FetchLimits) -> Result<Fetched, SourceError> {
            Err(SourceError::Backend("no socket is left".into()))
        }
    }
    let app = TestApp::new();
    app.web.put(url(LAMP), MemoryPage::Body(TestApp::image(7)));
    let product = app.product_with_images(app.user().await.id, &[LAMP]).await;
    let ports = Ports { image_source: Arc::new(Exhausted), ..app.application.ports().clone() };
    let exhausted = Application::new(ports, app.application.settings().clone());
    let mut consumer = exhausted.ports().queue.consume(Lane::Images, 1).await.unwrap();
    let delivery = consumer.receive().await.unwrap();
    let error = exhausted.fetch_source(&delivery.message.job().unwrap()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert_eq!(app.view(product.id).await.images[0].state, ImageState::Pending { setback: None });
    delivery.release();
    app.work().await;
    let view = app.view(product.id).await;
    assert!(matches!(view.images[0].state, ImageState::Ready { .. }), "{view:?}");
    assert_eq!(view.images[0].attempts, Attempts(1));
}
