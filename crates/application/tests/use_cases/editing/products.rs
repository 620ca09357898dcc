//! What becomes of a product, and of all that belongs to it.

use super::{
    A, B, C, GONE, app, delete, delete_image, edit, edit_if, edit_image, has_blobs, images, name, pruned, replace,
    retry, sources, told, upload, url,
};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use wareroom_application::{AddImageByUrl, Context, Error, ErrorCode, ImageEdit, NewSource, Precondition, ProductEdit};
use wareroom_domain::{Event, Image, ImageChange, ImageState, Price, ProductId, Revision, UserId, Via};
use wareroom_memory::MemoryPage;
use wareroom_ports::ProductView;
use wareroom_test_kit::TestApp;

#[tokio::test]
async fn a_list_of_urls_takes_the_place_of_those_that_were_there_and_leaves_uploads_alone() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A, B]).await;
    let uploaded = app.upload(product.id, 5).await;
    app.work().await;
    let before = app.view(product.id).await;
    assert_eq!(sources(&before), [(0, Some(A)), (1, Some(B)), (2, None)]);
    let after = edit(&app, product.id, images(&[B, C, A, B])).await.unwrap();
    assert_eq!(sources(&after), [(0, Some(B)), (1, Some(C)), (2, None), (3, Some(A))]);
    assert_eq!(*app.view(product.id).await, after);
    assert_eq!(after.images[2], before.images[2]);
    assert_eq!(after.images[2].id, uploaded);
    for (now, then) in [(&after.images[0], &before.images[1]), (&after.images[3], &before.images[0])] {
        assert_eq!(*now, Image { position: now.position, ..then.clone() });
    }
    assert_eq!(after.images[1].state, ImageState::Pending { setback: None });
    assert_eq!(app.work().await, 1, "more than the new one was processed");
    assert_eq!((app.web.requests(&url(A)), app.web.requests(&url(B)), app.web.requests(&url(C))), (1, 1, 1));
    assert_eq!(pruned(&app).await, 0);
    let fewer = edit(&app, product.id, images(&[C])).await.unwrap();
    assert_eq!(sources(&fewer), [(0, Some(C)), (2, None)]);
    assert!(pruned(&app).await > 0);
    assert!(!has_blobs(&app, &after.images[0]).await && !has_blobs(&app, &after.images[3]).await);
    assert!(has_blobs(&app, &app.view(product.id).await.images[0]).await);
    assert!(has_blobs(&app, &after.images[2]).await);
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_counts_once() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A]).await;
    app.work().await;
    let before = app.view(product.id).await;
    app.clock.advance(Duration::from_secs(7));
    let price = Some(Price::from_hundredths(1).unwrap());
    let after = edit(&app, product.id, ProductEdit { price, ..name("mug") }).await.unwrap();
    assert_eq!((after.product.name.as_str(), after.product.price.hundredths()), ("mug", 1));
    assert_eq!(after.product.description, before.product.description);
    assert_eq!(after.images, before.images);
    assert_eq!(after.product.revision, before.product.revision.next());
    assert_eq!(after.product.version, before.product.version.next());
    assert!(after.product.updated_at > before.product.updated_at);
    assert_eq!(*app.view(product.id).await, after);
}

#[tokio::test]
async fn a_product_stays_its_owners() {
    let app = app();
    let (ada, eve) = (app.user().await.id, app.user().await.id);
    let product = app.product(ada).await;
    let given = |owner: UserId| ProductEdit { owner: Some(owner), ..name("mug") };
    let error = edit(&app, product.id, given(eve)).await.unwrap_err();
    assert_eq!((error.code, error.faults[0].pointer.as_str()), (ErrorCode::Invalid, "/user_id"));
    assert_eq!(*app.view(product.id).await.product.name.as_str(), *"kettle");
    assert_eq!(edit(&app, product.id, given(ada)).await.unwrap().product.name.as_str(), "mug");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_written_to() {
    let app = app();
    let (missing, product) = (ProductId::new(404).unwrap(), app.product(app.user().await.id).await.id);
    let other = app.product(app.user().await.id).await.id;
    let image = app.upload(other, 1).await;
    app.work().await;
    let code = |error: Error| error.code;
    let by_url = |product| AddImageByUrl { product, precondition: Precondition::None, url: url(A) };
    let added = app.application.add_image_by_url(&Context::operator(), by_url(missing)).await;
    assert_eq!(added.err().map(code), Some(ErrorCode::NotFound));
    for outcome in [
        edit(&app, missing, name("mug")).await.err(),
        edit_if(&app, missing, Precondition::Exists, name("mug")).await.err(),
        edit_if(&app, missing, Precondition::Revisions(vec![Revision(1)]), name("mug")).await.err(),
        delete(&app, missing).await.err(),
        edit_image(&app, product, image, ImageEdit::default()).await.err(),
        replace(&app, product, image, NewSource::Url(url(A))).await.err(),
        replace(&app, product, image, upload(Via::Form, TestApp::image(1))).await.err(),
        delete_image(&app, product, image).await.err(),
        retry(&app, product, image).await.err(),
        app.application.get_image(&Context::operator(), product, image).await.err(),
    ] {
        assert_eq!(outcome.map(code), Some(ErrorCode::NotFound));
    }
    assert_eq!(app.view(product).await.product.revision, Revision(1));
    let found = app.application.get_image(&Context::operator(), other, image).await.unwrap();
    assert_eq!(found.image, app.view(other).await.images[0]);
}

#[tokio::test]
async fn an_edit_loses_to_another_edit_and_never_to_a_worker() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A]).await;
    let read = app.view(product.id).await.product.revision;
    app.work().await;
    let held = |revisions: &[Revision]| Precondition::Revisions(revisions.to_vec());
    let edited = edit_if(&app, product.id, held(&[read]), name("mug")).await.unwrap();
    let error = edit_if(&app, product.id, held(&[read]), name("jug")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::PreconditionFailed);
    assert_eq!(error.current, Some((edited.product.revision, edited.product.version)));
    assert_eq!(app.view(product.id).await.product.name.as_str(), "mug");
    for precondition in [held(&[]), held(&[Revision(99)])] {
        let error = edit_if(&app, product.id, precondition, name("jug")).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::PreconditionFailed);
    }
    edit_if(&app, product.id, Precondition::Exists, name("jug")).await.unwrap();
    edit_if(&app, product.id, held(&[Revision(99), edited.product.revision.next()]), name("pot")).await.unwrap();
}

#[tokio::test]
async fn of_many_edits_at_once_each_counts_and_of_those_held_to_one_revision_one_wins() {
    let app = Arc::new(app());
    let product = app.product(app.user().await.id).await.id;
    let many = |precondition: Precondition| {
        let edits = (0..20).map(|number| {
            let (app, precondition) = (Arc::clone(&app), precondition.clone());
            tokio::spawn(async move { edit_if(&app, product, precondition, name(&number.to_string())).await })
        });
        let edits: Vec<_> = edits.collect();
        async {
            let mut outcomes = vec![];
            for edit in edits {
                outcomes.push(edit.await.unwrap());
            }
            outcomes
        }
    };
    assert!(many(Precondition::None).await.iter().all(Result::is_ok));
    assert_eq!(app.view(product).await.product.revision, Revision(21));
    let held = many(Precondition::Revisions(vec![Revision(21)])).await;
    assert_eq!(held.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let refused = held.into_iter().filter_map(Result::err);
    assert!(refused.into_iter().all(|error| error.code == ErrorCode::PreconditionFailed));
}

#[tokio::test]
async fn new_images_need_a_place_and_room_and_old_ones_do_not() {
    let app = TestApp::with(|settings| {
        settings.images_per_product = 3;
        settings.min_free_space = 1000;
    });
    app.web.put(url(A), MemoryPage::Body(TestApp::image(1)));
    let product = app.product_with_images(app.user().await.id, &[A]).await.id;
    app.upload(product, 1).await;
    app.work().await;
    let error = edit(&app, product, images(&[A, B, C])).await.unwrap_err();
    assert_eq!((error.code, error.faults[0].pointer.as_str()), (ErrorCode::TooManyImages, "/product_images"));
    app.space.set(Some(1));
    let code = |outcome: Result<ProductView, Error>| outcome.err().map(|error| error.code);
    assert_eq!(code(edit(&app, product, images(&[A, B])).await), Some(ErrorCode::StorageFull));
    let image = app.view(product).await.images[0].id;
    let full = Some(ErrorCode::StorageFull);
    assert_eq!(code(replace(&app, product, image, NewSource::Url(url(B))).await), full);
    let by_url = AddImageByUrl { product, precondition: Precondition::None, url: url(B) };
    let added = app.application.add_image_by_url(&Context::operator(), by_url.clone()).await;
    assert_eq!(added.err().map(|error| error.code), full);
    assert_eq!(app.view(product).await.product.revision, Revision(2));
    edit(&app, product, ProductEdit { ..images(&[A]) }).await.unwrap();
    app.space.set(None);
    app.application.add_image_by_url(&Context::operator(), by_url.clone()).await.unwrap();
    let added = app.application.add_image_by_url(&Context::operator(), by_url).await;
    let error = added.unwrap_err();
    assert_eq!((error.code, error.faults[0].pointer.as_str()), (ErrorCode::TooManyImages, "/url"));
    app.work().await;
}

#[tokio::test]
async fn a_deleted_product_is_gone_with_its_images_its_files_and_its_dead_letters() {
    let app = app();
    let user = app.user().await.id;
    let product = app.product_with_images(user, &[A, GONE]).await;
    app.upload(product.id, 7).await;
    let twin = app.product(user).await;
    app.upload(twin.id, 7).await;
    app.work().await;
    let before = app.view(product.id).await;
    assert_eq!((app.store.dead_letters().len(), before.images.len()), (1, 3));
    delete(&app, product.id).await.unwrap();
    let found = app.application.get_product(&Context::operator(), product.id).await;
    assert_eq!(found.err().map(|error| error.code), Some(ErrorCode::NotFound));
    assert!(app.store.dead_letters().is_empty());
    let own: HashSet<_> = before.images[0].blobs().into_iter().collect();
    assert_eq!(pruned(&app).await, own.len() as u64);
    assert!(!has_blobs(&app, &before.images[0]).await);
    assert!(has_blobs(&app, &app.view(twin.id).await.images[0]).await, "the twin's files went too");
    let deleted = Event::ProductDeleted { product: product.id, version: before.product.version.next() };
    assert_eq!(told(&app).await.last(), Some(&deleted));
    assert_eq!(delete(&app, product.id).await.err().map(|error| error.code), Some(ErrorCode::NotFound));
    delete(&app, twin.id).await.unwrap();
    assert!(pruned(&app).await > 0);
    assert!(!has_blobs(&app, &before.images[2]).await);
}

#[tokio::test]
async fn every_write_is_told_with_the_version_that_shows_it() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A, B]).await.id;
    app.work().await;
    let images_before = app.view(product).await.images.clone();
    let before = told(&app).await.len();
    let view = edit(&app, product, images(&[C, A])).await.unwrap();
    let version = view.product.version;
    let change = |image, change| Event::ImageChanged { product, version, image, change };
    let events = told(&app).await.split_off(before);
    assert_eq!(
        events,
        [
            Event::ProductChanged { product, version },
            change(images_before[1].id, ImageChange::Removed),
            change(view.images[0].id, ImageChange::Added),
        ]
    );
    app.work().await;
    let before = told(&app).await.len();
    delete_image(&app, product, view.images[0].id).await.unwrap();
    let version = app.view(product).await.product.version;
    let removed = Event::ImageChanged { product, version, image: view.images[0].id, change: ImageChange::Removed };
    assert_eq!(told(&app).await.split_off(before), [removed]);
}
