//! Requests that come again: one effect, one answer, and no key burnt by a failure.

mod older_forms;
mod standing;

use futures::FutureExt;
use older_forms::OlderForms;
use standing::Standing;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_application::{
    AddImageByUrl, AddImages, AddedImages, Answered, Application, Context, CreateProduct, Error, ErrorCode, Ports,
    Precondition, RegisterUser, RetryImage, UploadedFile,
};
use wareroom_domain::{Description, FileName, ImageUrl, PersonName, Price, ProductId, ProductName, UserId};
use wareroom_memory::MemoryPage;
use wareroom_ports::{IdempotencyKey, Invalidation, ProductFilter, ProductOrder, ProductPage, UserFilter};
use wareroom_test_kit::TestApp;

fn keyed(key: &str) -> Context {
    let (scope, key) = ("operator POST /somewhere".to_owned(), key.to_owned());
    Context { idempotency_key: Some(IdempotencyKey { scope, key }), ..Context::operator() }
}

fn ada() -> RegisterUser {
    let name = |text| PersonName::new(text).unwrap();
    RegisterUser { first_name: name("Ada"), last_name: name("Lovelace") }
}

fn kettle(owner: UserId, images: &[&str]) -> CreateProduct {
    CreateProduct {
        owner,
        name: ProductName::new("kettle").unwrap(),
        description: Description::new("boils water").unwrap(),
        price: Price::from_hundredths(1899).unwrap(),
        images: images.iter().map(|url| ImageUrl::new(url).unwrap()).collect(),
    }
}

fn file(shade: u8) -> UploadedFile {
    UploadedFile { filename: None, bytes: TestApp::image(shade) }
}

async fn upload(
    app: &Application,
    key: &str,
    product: ProductId,
    files: Vec<UploadedFile>,
) -> Result<Answered<AddedImages>, Error> {
    app.add_images(&keyed(key), AddImages::new(product, files)).await
}

async fn products(app: &TestApp) -> usize {
    let page = ProductPage { order: ProductOrder::CreatedAt, descending: false, after: None, limit: 100 };
    app.application.ports().products.list(&ProductFilter::default(), &page).await.unwrap().len()
}

async fn users(app: &TestApp) -> usize {
    app.application.ports().users.list(&UserFilter::default(), None, 100).await.unwrap().len()
}

/// The same application with some ports changed.
fn with_ports(app: &TestApp, change: impl FnOnce(&mut Ports)) -> Application {
    let mut ports = app.application.ports().clone();
    change(&mut ports);
    Application::new(ports, app.application.settings().clone())
}

#[tokio::test]
async fn a_user_is_registered_once_and_told_again() {
    let app = TestApp::new();
    let first = app.application.register_user(&keyed("k"), ada()).await.unwrap();
    let second = app.application.register_user(&keyed("k"), ada()).await.unwrap();
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.result, second.result);
    assert_eq!(users(&app).await, 1);
    app.application.register_user(&Context::operator(), ada()).await.unwrap();
    app.application.register_user(&Context::operator(), ada()).await.unwrap();
    assert_eq!(users(&app).await, 3, "without a key every request is its own");
}

#[tokio::test]
async fn a_product_is_created_once_and_told_again_as_it_was_then() {
    let app = TestApp::new();
    let owner = app.user().await.id;
    let create =
        async || app.application.create_product(&keyed("k"), kettle(owner, &["http://shop.example/1.png"])).await;
    let first = create().await.unwrap();
    assert_eq!(app.store.jobs(), 1);
    app.upload(first.product.id, 3).await;
    app.space.set(Some(0));
    let second = create().await.unwrap();
    assert!(second.replayed && !first.replayed);
    assert_eq!(first.result, second.result, "neither what it became nor what is short now shows");
    assert_eq!((products(&app).await, app.store.jobs()), (1, 2));
    app.space.set(None);
    app.work().await;
}

#[tokio::test]
async fn images_are_added_once_and_told_again_whatever_became_of_their_product() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let first = upload(&app.application, "k", product, vec![file(1), file(2)]).await.unwrap();
    let second = upload(&app.application, "k", product, vec![file(1), file(2)]).await.unwrap();
    assert!(second.replayed && !first.replayed);
    assert_eq!(first.result, second.result);
    let view = app.view(product).await;
    assert_eq!((view.images.len(), view.product.revision.0), (2, 2));
    let by_url = || AddImageByUrl {
        product,
        precondition: Precondition::None,
        url: ImageUrl::new("http://shop.example/1.png").unwrap(),
    };
    let first_by_url = app.application.add_image_by_url(&keyed("u"), by_url()).await.unwrap();
    let mut unit = app.application.ports().store.begin().await.unwrap();
    unit.products().delete(product).await.unwrap();
    unit.commit().await.unwrap();
    let third = upload(&app.application, "k", product, vec![file(1), file(2)]).await.unwrap();
    assert_eq!(first.result, third.result);
    let second_by_url = app.application.add_image_by_url(&keyed("u"), by_url()).await.unwrap();
    assert!(second_by_url.replayed && first_by_url.result == second_by_url.result);
    app.work().await;
}

#[tokio::test]
async fn an_image_is_asked_for_again_once_and_told_again_although_it_no_longer_failed() {
    let app = TestApp::new();
    let lamp = ImageUrl::new("http://shop.example/lamp.png").unwrap();
    app.web.put(lamp.clone(), MemoryPage::Status(404, None));
    let product = app.product_with_images(app.user().await.id, &[lamp.as_str()]).await.id;
    app.work().await;
    let image = app.view(product).await.images[0].id;
    app.web.put(lamp, MemoryPage::Body(TestApp::image(7)));
    let retry = || RetryImage { product, image, precondition: Precondition::None };
    let first = app.application.retry_image(&keyed("k"), retry()).await.unwrap();
    assert_eq!(app.work().await, 1);
    let second = app.application.retry_image(&keyed("k"), retry()).await.unwrap();
    assert!(second.replayed && !first.replayed);
    assert_eq!(first.result, second.result);
    assert_eq!(app.store.jobs(), 0, "an image that is ready was asked for again");
}

#[tokio::test]
async fn caches_hear_of_a_write_again_when_it_is_told_again() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let heard = Arc::new(Mutex::new(vec![]));
    let listener = Arc::clone(&heard);
    app.application.ports().invalidations.subscribe(Arc::new(move |change| listener.lock().unwrap().push(change)));
    let added = upload(&app.application, "k", product, vec![file(1)]).await.unwrap();
    let told = Invalidation::Product(product, added.view.product.version);
    heard.lock().unwrap().clear();
    // Whoever did it may have died before a word of it was said.
    assert!(upload(&app.application, "k", product, vec![file(1)]).await.unwrap().replayed);
    assert_eq!(*heard.lock().unwrap(), [told]);
    app.work().await;
}

#[tokio::test]
async fn a_key_that_is_used_for_other_content_is_refused_and_does_nothing() {
    let app = TestApp::new();
    let owner = app.user().await.id;
    let product = app.application.create_product(&keyed("p"), kettle(owner, &[])).await.unwrap().product.id;
    let others = [
        CreateProduct { price: Price::from_hundredths(1898).unwrap(), ..kettle(owner, &[]) },
        CreateProduct { name: ProductName::new("kettlE").unwrap(), ..kettle(owner, &[]) },
        CreateProduct { description: Description::new("").unwrap(), ..kettle(owner, &[]) },
        kettle(owner, &["http://shop.example/1.png"]),
    ];
    for other in others {
        let error = app.application.create_product(&keyed("p"), other).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::KeyReused);
    }
    let named = |shade| UploadedFile { filename: Some(FileName::new("a.png").unwrap()), ..file(shade) };
    upload(&app.application, "f", product, vec![file(1), named(2)]).await.unwrap();
    let others = [vec![file(1)], vec![named(2), file(1)], vec![file(1), file(2)], vec![named(1), file(2)]];
    for other in others {
        let error = upload(&app.application, "f", product, other).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::KeyReused);
    }
    assert_eq!((products(&app).await, app.view(product).await.images.len()), (1, 2));
    app.work().await;
}

#[tokio::test]
async fn one_key_for_two_callers_methods_or_paths_is_two_keys() {
    let app = TestApp::new();
    let elsewhere = IdempotencyKey { scope: "operator POST /elsewhere".to_owned(), key: "k".to_owned() };
    let elsewhere = Context { idempotency_key: Some(elsewhere), ..Context::operator() };
    let first = app.application.register_user(&keyed("k"), ada()).await.unwrap();
    let second = app.application.register_user(&elsewhere, ada()).await.unwrap();
    assert!(!second.replayed && first.id != second.id);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_failed_does_not_burn_its_key() {
    let app = TestApp::new();
    let nobody = UserId::new(1).unwrap();
    let create = async || app.application.create_product(&keyed("p"), kettle(nobody, &[])).await;
    assert_eq!(create().await.unwrap_err().code, ErrorCode::UnknownUser);
    assert_eq!(app.user().await.id, nobody);
    let product = create().await.unwrap().product.id;

    let send = async || upload(&app.application, "f", product, vec![file(1)]).await;
    app.blob_fault.set(true);
    assert_eq!(send().await.unwrap_err().code, ErrorCode::Unavailable);
    app.blob_fault.set(false);
    app.store_fault.set(true);
    assert_eq!(send().await.unwrap_err().code, ErrorCode::Unavailable);
    app.store_fault.set(false);
    app.space.set(Some(0));
    assert_eq!(send().await.unwrap_err().code, ErrorCode::StorageFull);
    app.space.set(None);
    assert!(!send().await.unwrap().replayed, "at once, not after the lease");
    assert_eq!(app.view(product).await.images.len(), 1);
    app.work().await;
}

/// The same application, which stands still between the files and the rows of an upload.
fn standing(app: &TestApp) -> (Application, Arc<Semaphore>) {
    let let_go = Arc::new(Semaphore::new(0));
    let stands = Arc::clone(&let_go);
    let standing = with_ports(app, |ports| {
        ports.blobs = Arc::new(Standing { blobs: Arc::clone(&ports.blobs), let_go: stands });
    });
    (standing, let_go)
}

#[tokio::test(start_paused = true)]
async fn while_a_request_runs_its_repetitions_are_told_so() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (slow, let_go) = standing(&app);
    let mut first = upload(&slow, "k", product, vec![file(1)]).boxed();
    assert!((&mut first).now_or_never().is_none());
    let error = upload(&app.application, "k", product, vec![file(1)]).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InProgress);
    let error = upload(&app.application, "k", product, vec![file(2)]).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::KeyReused);
    let_go.add_permits(1);
    let first = first.await.unwrap();
    let again = upload(&app.application, "k", product, vec![file(1)]).await.unwrap();
    assert!(!first.replayed && again.replayed && first.result == again.result);
    assert_eq!(app.view(product).await.images.len(), 1);
    app.work().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_client_went_away_gives_its_key_back() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (slow, _) = standing(&app);
    let mut first = upload(&slow, "k", product, vec![file(1)]).boxed();
    assert!((&mut first).now_or_never().is_none());
    drop(first);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(!upload(&app.application, "k", product, vec![file(1)]).await.unwrap().replayed);
    assert_eq!(app.view(product).await.images.len(), 1);
    app.work().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_given_back_is_free_when_its_lease_is_over() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (slow, let_go) = standing(&app);
    let mut first = upload(&slow, "k", product, vec![file(1)]).boxed();
    assert!((&mut first).now_or_never().is_none());
    // From here on nothing is stored, neither its rows nor that it failed.
    app.store_fault.set(true);
    let_go.add_permits(1);
    assert_eq!(first.await.unwrap_err().code, ErrorCode::Unavailable);
    app.store_fault.set(false);
    let again = async || upload(&app.application, "k", product, vec![file(1)]).await;
    assert_eq!(again().await.unwrap_err().code, ErrorCode::InProgress);
    tokio::time::advance(Duration::from_secs(61)).await;
    assert!(!again().await.unwrap().replayed);
    assert_eq!(app.view(product).await.images.len(), 1);
    app.work().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_between_the_files_and_the_rows_another_takes_over_when_the_lease_is_over() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (dying, _) = standing(&app);
    let mut first = upload(&dying, "k", product, vec![file(1)]).boxed();
    assert!((&mut first).now_or_never().is_none());
    // Nothing of it is run any more, not even what it does when it is dropped.
    std::mem::forget(first);
    let again = async || upload(&app.application, "k", product, vec![file(1)]).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(again().await.unwrap_err().code, ErrorCode::InProgress);
    assert!(app.view(product).await.images.is_empty());
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(!again().await.unwrap().replayed);
    assert!(again().await.unwrap().replayed);
    assert_eq!(app.view(product).await.images.len(), 1);
    app.work().await;
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_was_slow_and_taken_over_stores_nothing() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await.id;
    let (slow, let_go) = standing(&app);
    let mut first = upload(&slow, "k", product, vec![file(1)]).boxed();
    assert!((&mut first).now_or_never().is_none());
    tokio::time::advance(Duration::from_secs(61)).await;
    let second = upload(&app.application, "k", product, vec![file(1)]).await.unwrap();
    let_go.add_permits(1);
    assert_eq!(first.await.unwrap_err().code, ErrorCode::InProgress);
    let third = upload(&app.application, "k", product, vec![file(1)]).await.unwrap();
    assert!(!second.replayed && third.replayed && second.result == third.result, "its failure frees nobody else's key");
    let view = app.view(product).await;
    assert_eq!((view.images.len(), view.product.revision.0), (1, 2));
    app.work().await;
}

#[tokio::test]
async fn what_was_kept_for_its_time_is_forgotten_and_the_request_runs_anew() {
    let app = TestApp::new();
    let register = async || app.application.register_user(&keyed("k"), ada()).await;
    let first = register().await.unwrap();
    app.clock.advance(Duration::from_hours(24));
    app.application.prune(false).await.unwrap();
    assert!(register().await.unwrap().replayed);
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(app.application.prune(false).await.unwrap().idempotency_keys, 1);
    let anew = register().await.unwrap();
    assert!(!anew.replayed && anew.id != first.id);
}

#[tokio::test]
async fn a_result_that_can_no_longer_be_read_is_refused_and_nothing_runs_twice() {
    let app = TestApp::new();
    let older = with_ports(&app, |ports| ports.store = Arc::new(OlderForms(Arc::clone(&ports.store))));
    older.register_user(&keyed("u"), ada()).await.unwrap();
    let owner = app.user().await.id;
    let product = older.create_product(&keyed("p"), kettle(owner, &[])).await.unwrap().product.id;
    upload(&older, "f", product, vec![file(1)]).await.unwrap();
    let again = [
        app.application.register_user(&keyed("u"), ada()).await.err(),
        app.application.create_product(&keyed("p"), kettle(owner, &[])).await.err(),
        upload(&app.application, "f", product, vec![file(1)]).await.err(),
    ];
    for error in again {
        let error = error.expect("it is not told anew, nor done anew");
        assert_eq!(error.code, ErrorCode::KeyReused);
        assert!(error.detail.contains("was done before"), "{}", error.detail);
    }
    assert_eq!((users(&app).await, products(&app).await, app.view(product).await.images.len()), (2, 1, 1));
    app.work().await;
}
