//! Dead letters: seen, done again one by one or by and by, put aside.

use std::sync::{Arc, Mutex};
use wareroom_application::{Context, ErrorCode, ListDeadLetters};
use wareroom_domain::{
    Attempts, DeadLetterId, ImageState, ImageUrl, Product, ProductId, Reason, Revision, Trace, Version,
};
use wareroom_memory::MemoryPage;
use wareroom_ports::{DeadLetter, DeadLetterFilter, IdempotencyKey, Invalidation};
use wareroom_test_kit::TestApp;

const GONE: &str = "http://Shop.Example/gone.png";
const BUSY: &str = "http://b.example/busy.png";

fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap()
}

/// A product with an image that failed, and nothing left to do.
async fn failed(app: &TestApp, image: &str) -> Product {
    app.web.put(url(image), MemoryPage::Status(404, None));
    let product = app.product_with_images(app.user().await.id, &[image]).await;
    app.work().await;
    product
}

async fn list(app: &TestApp, filter: DeadLetterFilter) -> Vec<DeadLetter> {
    let command = ListDeadLetters { filter, after: None, limit: 100 };
    app.application.list_dead_letters(&Context::operator(), command).await.unwrap().items
}

async fn all(app: &TestApp) -> Vec<DeadLetter> {
    list(app, DeadLetterFilter::default()).await
}

fn of(product: ProductId) -> DeadLetterFilter {
    DeadLetterFilter { product: Some(product), ..DeadLetterFilter::default() }
}

async fn state(app: &TestApp, product: ProductId) -> ImageState {
    app.view(product).await.images[0].state.clone()
}

#[tokio::test]
async fn a_dead_letter_names_product_user_and_host() {
    let app = TestApp::new();
    let product = failed(&app, GONE).await;
    let letters = all(&app).await;
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].product, letters[0].owner), (Some(product.id), Some(product.owner)));
    assert_eq!((letters[0].host.as_deref(), letters[0].failure.reason), (Some("shop.example"), Reason::Http404));
    let counts =
        app.application.summarise_dead_letters(&Context::operator(), &DeadLetterFilter::default()).await.unwrap();
    assert_eq!((counts.len(), counts[0].count, counts[0].reason), (1, 1, Reason::Http404));
}

#[tokio::test]
async fn a_list_of_dead_letters_goes_on_behind_the_last() {
    let app = TestApp::new();
    for _ in 0..3 {
        failed(&app, GONE).await;
    }
    let list = async |after, limit| {
        let command = ListDeadLetters { filter: DeadLetterFilter::default(), after, limit };
        app.application.list_dead_letters(&Context::operator(), command).await.unwrap()
    };
    let first = list(None, 2).await;
    let rest = list(first.next, 2).await;
    let read: Vec<_> = first.items.iter().chain(&rest.items).map(|letter| letter.product.unwrap().get()).collect();
    assert_eq!((read, rest.next), (vec![3, 2, 1], None));
}

#[tokio::test]
async fn a_retry_resets_the_attempts_and_is_a_write_to_the_product() {
    let app = TestApp::new();
    let product = failed(&app, GONE).await;
    let before = app.view(product.id).await.product.clone();
    let heard: Arc<Mutex<Vec<Invalidation>>> = Arc::default();
    app.application.ports().invalidations.subscribe({
        let heard = Arc::clone(&heard);
        Arc::new(move |invalidation| heard.lock().unwrap().push(invalidation))
    });
    app.web.put(url(GONE), MemoryPage::Body(TestApp::image(7)));
    let letter = all(&app).await[0].id;
    assert_eq!(app.application.retry_dead_letter(&Context::operator(), letter).await.unwrap().result, 1);
    let view = app.view(product.id).await;
    assert_eq!(view.images[0].state, ImageState::Pending { setback: None });
    assert_eq!(view.images[0].attempts, Attempts(0));
    assert_eq!(view.product.version, Version(before.version.0 + 1));
    assert_eq!(view.product.revision, Revision(before.revision.0 + 1));
    assert_eq!(*heard.lock().unwrap(), [Invalidation::Product(product.id, view.product.version)]);
    assert_eq!((all(&app).await.len(), app.store.jobs()), (0, 1));
    assert_eq!(app.work().await, 1);
    assert!(matches!(state(&app, product.id).await, ImageState::Ready { .. }));
}

#[tokio::test]
async fn what_fails_again_is_a_dead_letter_again() {
    let app = TestApp::new();
    failed(&app, GONE).await;
    let first = all(&app).await[0].id;
    app.application.retry_dead_letter(&Context::operator(), first).await.unwrap();
    app.work().await;
    let letters = all(&app).await;
    assert_eq!(letters.len(), 1);
    assert_ne!(letters[0].id, first);
}

#[tokio::test]
async fn a_dead_letter_that_is_not_there_is_neither_retried_nor_discarded() {
    let app = TestApp::new();
    failed(&app, GONE).await;
    let unknown = DeadLetterId(uuid::Uuid::from_u128(4711));
    let retried = app.application.retry_dead_letter(&Context::operator(), unknown).await.unwrap_err();
    let discarded = app.application.discard_dead_letter(&Context::operator(), unknown).await.unwrap_err();
    assert_eq!((retried.code, discarded.code), (ErrorCode::NotFound, ErrorCode::NotFound));
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn a_letter_without_an_image_that_failed_is_removed_and_nothing_else_happens() {
    let app = TestApp::new();
    let (ready, gone) = (failed(&app, GONE).await, failed(&app, GONE).await);
    let letters = all(&app).await;
    let mut unit = app.application.ports().store.begin().await.unwrap();
    // One image was retried elsewhere, without its letter being removed; the other went with its product.
    let image = unit.images().load(letters[1].image).await.unwrap().unwrap();
    unit.images().save(&image.retry().unwrap().image).await.unwrap();
    assert!(unit.products().delete(gone.id).await.unwrap());
    unit.commit().await.unwrap();
    let version = app.view(ready.id).await.product.version;
    for letter in letters {
        assert_eq!(app.application.retry_dead_letter(&Context::operator(), letter.id).await.unwrap().result, 0);
    }
    assert_eq!((all(&app).await.len(), app.store.jobs()), (0, 0));
    assert_eq!(app.view(ready.id).await.product.version, version);
}

#[tokio::test]
async fn a_retry_that_is_sent_again_takes_effect_once() {
    let app = TestApp::new();
    let product = failed(&app, GONE).await;
    let letter = all(&app).await[0].id;
    let key = IdempotencyKey { scope: "test".to_owned(), key: "k".to_owned() };
    let context = Context { idempotency_key: Some(key), ..Context::operator() };
    let first = app.application.retry_dead_letter(&context, letter).await.unwrap();
    let again = app.application.retry_dead_letter(&context, letter).await.unwrap();
    assert_eq!((first.replayed, again.replayed, again.result), (false, true, 1));
    assert_eq!(app.store.jobs(), 1);
    let other = app.application.retry_dead_letters(&context, &of(product.id)).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::KeyReused);
    app.work().await;
}

#[tokio::test]
async fn many_are_marked_in_the_request_and_replayed_batch_by_batch() {
    let app = TestApp::with(|settings| settings.replay_batch = 2);
    let mut products = vec![];
    for _ in 0..5 {
        products.push(failed(&app, GONE).await.id);
    }
    let other = failed(&app, BUSY).await;
    assert_eq!(app.application.replay_dead_letters().await.unwrap(), 0, "nothing was asked for");
    let filter = DeadLetterFilter { host: Some("shop.example".to_owned()), ..DeadLetterFilter::default() };
    assert_eq!(app.application.retry_dead_letters(&Context::operator(), &filter).await.unwrap().result, 5);
    assert_eq!((all(&app).await.len(), app.store.jobs()), (6, 0), "the request itself replays none");
    app.web.put(url(GONE), MemoryPage::Body(TestApp::image(7)));
    let mut batches = vec![];
    while !batches.ends_with(&[0]) {
        batches.push(app.application.replay_dead_letters().await.unwrap());
    }
    assert_eq!(batches, [2, 2, 1, 0]);
    assert_eq!(app.work().await, 5);
    for product in products {
        assert!(matches!(state(&app, product).await, ImageState::Ready { .. }));
    }
    assert_eq!(all(&app).await.iter().map(|letter| letter.product).collect::<Vec<_>>(), [Some(other.id)]);
}

#[tokio::test]
async fn a_marked_letter_whose_image_is_gone_holds_up_no_other() {
    let app = TestApp::with(|settings| settings.replay_batch = 1);
    let (gone, there) = (failed(&app, GONE).await, failed(&app, GONE).await);
    let everything = DeadLetterFilter::default();
    app.application.retry_dead_letters(&Context::operator(), &everything).await.unwrap();
    let mut unit = app.application.ports().store.begin().await.unwrap();
    unit.products().delete(gone.id).await.unwrap();
    unit.commit().await.unwrap();
    while app.application.replay_dead_letters().await.unwrap() > 0 {}
    assert_eq!((all(&app).await.len(), app.store.jobs()), (0, 1));
    assert_eq!(state(&app, there.id).await, ImageState::Pending { setback: None });
    app.work().await;
}

#[tokio::test]
async fn a_replay_carries_the_request_that_the_image_came_with() {
    let app = TestApp::new();
    app.web.put(url(BUSY), MemoryPage::Status(404, None));
    let trace = Trace { request_id: Some("from the beginning".to_owned()), traceparent: None };
    let product = failed(&app, GONE).await;
    let mut unit = app.application.ports().store.begin().await.unwrap();
    let mut letter = unit.dead_letters().of_image(app.view(product.id).await.images[0].id).await.unwrap().remove(0);
    unit.dead_letters().remove(letter.id).await.unwrap();
    letter.trace = trace.clone();
    unit.dead_letters().add(&letter).await.unwrap();
    unit.commit().await.unwrap();
    app.application.retry_dead_letters(&Context::operator(), &of(product.id)).await.unwrap();
    app.application.replay_dead_letters().await.unwrap();
    app.work().await;
    assert_eq!(all(&app).await[0].trace, trace, "the letter of the new attempt");
}

#[tokio::test]
async fn discarding_removes_what_fits_and_leaves_the_images() {
    let app = TestApp::new();
    let (first, second, third) = (failed(&app, GONE).await, failed(&app, GONE).await, failed(&app, GONE).await);
    let letter = list(&app, of(first.id)).await[0].id;
    app.application.discard_dead_letter(&Context::operator(), letter).await.unwrap();
    assert_eq!(app.application.discard_dead_letters(&Context::operator(), &of(second.id)).await.unwrap().result, 1);
    assert_eq!(all(&app).await.iter().map(|letter| letter.product).collect::<Vec<_>>(), [Some(third.id)]);
    assert!(matches!(state(&app, first.id).await, ImageState::Failed(_)));
    let everything = DeadLetterFilter::default();
    assert_eq!(app.application.discard_dead_letters(&Context::operator(), &everything).await.unwrap().result, 1);
    assert_eq!(app.store.jobs(), 0);
}

#[tokio::test]
async fn one_dead_letter_is_found_by_its_id_until_it_is_gone() {
    let app = TestApp::new();
    failed(&app, GONE).await;
    let letter = all(&app).await.remove(0);
    let (application, context) = (&app.application, Context::operator());
    assert_eq!(application.get_dead_letter(&context, letter.id).await.unwrap(), letter);
    application.discard_dead_letter(&context, letter.id).await.unwrap();
    let gone = application.get_dead_letter(&context, letter.id).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}
