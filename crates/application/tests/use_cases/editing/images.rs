//! What becomes of one image.

use super::{
    A, B, C, GONE, app, begun, delete_image, edit, edit_image, has_blobs, images, pruned, replace, retry, sources,
    told, upload, url,
};
use bytes::Bytes;
use wareroom_application::{
    AddImageByUrl, AddImages, AttemptBegun, Context, DeleteImage, DeleteProduct, EditImage, ErrorCode, ImageEdit,
    NewSource, Outcome, Precondition, ReplaceImage, RetryImage, Sourced, UploadedFile,
};
use wareroom_domain::{AltText, Attempts, Event, ImageChange, ImageState, Lane, Reason, Revision, Source, Via};
use wareroom_memory::MemoryPage;
use wareroom_test_kit::TestApp;

#[tokio::test]
async fn every_write_to_an_image_is_held_to_the_products_revision() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[GONE]).await.id;
    app.work().await;
    let image = app.view(product).await.images[0].id;
    let (context, precondition) = (Context::operator(), Precondition::Revisions(vec![Revision(9)]));
    let p = || precondition.clone();
    let by_url = AddImageByUrl { product, precondition: p(), url: url(A) };
    let files = vec![UploadedFile { filename: None, bytes: TestApp::image(1) }];
    let add = AddImages { precondition: p(), ..AddImages::new(product, files) };
    let edit = EditImage { product, image, precondition: p(), edit: ImageEdit::default() };
    let fetched = ReplaceImage { product, image, precondition: p(), source: NewSource::Url(url(A)) };
    let sent = ReplaceImage { source: upload(Via::Form, TestApp::image(1)), ..fetched.clone() };
    let application = &app.application;
    for outcome in [
        application.add_image_by_url(&context, by_url).await.err(),
        application.add_images(&context, add).await.err(),
        application.edit_image(&context, edit).await.err(),
        application.replace_image(&context, fetched).await.err(),
        application.replace_image(&context, sent).await.err(),
        application.delete_image(&context, DeleteImage { product, image, precondition: p() }).await.err(),
        application.retry_image(&context, RetryImage { product, image, precondition: p() }).await.err(),
        application.delete_product(&context, DeleteProduct { product, precondition: p() }).await.err(),
    ] {
        assert_eq!(outcome.map(|error| error.code), Some(ErrorCode::PreconditionFailed));
    }
    assert_eq!(app.view(product).await.product.revision, Revision(1));
    assert_eq!(app.store.dead_letters().len(), 1);
    pruned(&app).await;
}

#[tokio::test]
async fn an_image_that_is_deleted_while_it_is_processed_leaves_nothing_behind() {
    let app = app();
    let product = app.product(app.user().await.id).await.id;
    let (first, second) = (app.upload(product, 1).await, app.upload(product, 2).await);
    let attempt = begun(&app).await;
    assert_eq!(attempt.image.id, first);
    delete_image(&app, product, first).await.unwrap();
    assert_eq!(app.application.make_attempt(&attempt, &Sourced::Kept).await.unwrap(), Outcome::Overtaken);
    app.work().await;
    let view = app.view(product).await;
    let shown: Vec<_> = view.images.iter().map(|image| (image.id, image.position)).collect();
    assert_eq!(shown, [(second, 1)], "the other one was moved");
    assert!(pruned(&app).await > 0);
    assert!(has_blobs(&app, &view.images[0]).await);
    assert!(!has_blobs(&app, &attempt.image).await);
    let third = app.upload(product, 3).await;
    assert_eq!(app.view(product).await.images[1].position, 2);
    assert_ne!(third, first);
    app.work().await;
}

#[tokio::test]
async fn an_image_is_moved_and_said_something_about() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A, B, C]).await.id;
    app.work().await;
    let before = app.view(product).await;
    delete_image(&app, product, before.images[1].id).await.unwrap();
    let alt = || AltText::new("from the left").unwrap();
    let last = before.images[2].id;
    let moved = ImageEdit { alt: Some(Some(alt())), position: Some(0) };
    let after = edit_image(&app, product, last, moved).await.unwrap();
    assert_eq!(sources(&after), [(0, Some(C)), (1, Some(A))]);
    assert_eq!(after.images[0].alt, Some(alt()));
    assert_eq!(after.product.revision.0, before.product.revision.0 + 2);
    assert_eq!(*app.view(product).await, after);
    let beyond = edit_image(&app, product, last, ImageEdit { alt: None, position: Some(usize::MAX) }).await.unwrap();
    assert_eq!(sources(&beyond), [(0, Some(A)), (1, Some(C))]);
    assert_eq!(beyond.images[1].alt, Some(alt()), "what was not named was changed");
    let silent = edit_image(&app, product, last, ImageEdit { alt: Some(None), position: None }).await.unwrap();
    assert_eq!(silent.images[1].alt, None);
    assert_eq!(silent.images[0], beyond.images[0]);
    let edited = told(&app).await.into_iter().filter(
        |event| matches!(event, Event::ImageChanged { image, change: ImageChange::Edited, .. } if *image == last),
    );
    assert_eq!(edited.count(), 3);
}

#[tokio::test]
async fn a_replaced_image_keeps_its_id_its_place_and_its_words_and_is_made_anew() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A, B]).await.id;
    app.work().await;
    let image = app.view(product).await.images[0].id;
    let alt = Some(Some(AltText::new("a").unwrap()));
    let before = edit_image(&app, product, image, ImageEdit { alt, position: None }).await.unwrap();
    let pending = replace(&app, product, image, upload(Via::Base64, TestApp::image(9))).await.unwrap();
    assert_eq!(pending.product.revision, before.product.revision.next());
    assert_eq!(pending.images[0].state, ImageState::Pending { setback: None });
    assert!(matches!(pending.images[0].source, Source::Upload { via: Via::Base64, .. }));
    let attempt = begun(&app).await;
    replace(&app, product, image, NewSource::Url(url(C))).await.unwrap();
    assert_eq!(app.application.make_attempt(&attempt, &Sourced::Kept).await.unwrap(), Outcome::Overtaken);
    app.work().await;
    let after = app.view(product).await;
    assert_eq!(after.images[0].id, image);
    assert_eq!((after.images[0].position, &after.images[0].alt), (0, &before.images[0].alt));
    assert_eq!(after.images[0].source.url(), Some(&url(C)));
    assert!(matches!(after.images[0].state, ImageState::Ready { .. }));
    pruned(&app).await;
    assert!(has_blobs(&app, &after.images[0]).await && has_blobs(&app, &after.images[1]).await);
    assert!(!has_blobs(&app, &before.images[0]).await && !has_blobs(&app, &pending.images[0]).await);
}

#[tokio::test]
async fn what_was_sourced_before_a_replacement_leaves_the_attempt_at_the_new_source_alone() {
    for upload_first in [false, true] {
        let app = app();
        let owner = app.user().await.id;
        let (product, image) = if upload_first {
            let product = app.product(owner).await.id;
            (product, app.upload(product, 1).await)
        } else {
            let product = app.product_with_images(owner, &[GONE]).await.id;
            (product, app.view(product).await.images[0].id)
        };
        let mut consumer = app.application.ports().queue.consume(Lane::Images, 2).await.unwrap();
        let old = consumer.receive().await.unwrap();
        let old_job = old.message.job().unwrap();
        let old_sourced = app.application.fetch_source(&old_job).await.unwrap();
        replace(&app, product, image, NewSource::Url(url(B))).await.unwrap();
        let new = consumer.receive().await.unwrap();
        let new_job = new.message.job().unwrap();
        let new_sourced = app.application.fetch_source(&new_job).await.unwrap();
        let begun = app.application.begin_attempt(&new_job, &new_sourced).await.unwrap();
        let AttemptBegun::Attempt(attempt) = begun else { panic!("nothing to attempt: {begun:?}") };
        let late = app.application.begin_attempt(&old_job, &old_sourced).await.unwrap();
        assert!(matches!(late, AttemptBegun::Settled), "{late:?}");
        old.ack().await.unwrap();
        assert_eq!(app.application.make_attempt(&attempt, &new_sourced).await.unwrap(), Outcome::Ready);
        new.ack().await.unwrap();
        let view = app.view(product).await;
        assert!(matches!(view.images[0].state, ImageState::Ready { .. }));
        assert_eq!((view.images[0].attempts, view.images[0].source.url()), (Attempts(1), Some(&url(B))));
    }
}

#[tokio::test]
async fn an_image_that_is_replaced_by_the_same_bytes_keeps_them() {
    let app = app();
    let product = app.product(app.user().await.id).await.id;
    let image = app.upload(product, 4).await;
    app.work().await;
    replace(&app, product, image, upload(Via::Form, TestApp::image(4))).await.unwrap();
    pruned(&app).await;
    app.work().await;
    let view = app.view(product).await;
    assert!(matches!(view.images[0].state, ImageState::Ready { .. }), "{view:?}");
    assert!(has_blobs(&app, &view.images[0]).await);
}

#[tokio::test]
async fn what_replaces_an_image_is_judged_as_an_upload_is() {
    let app = TestApp::with(|settings| settings.image_max_bytes = 1000);
    let product = app.product(app.user().await.id).await.id;
    let image = app.upload(product, 4).await;
    app.work().await;
    for (via, bytes, code, pointer) in [
        (Via::Form, Bytes::from(vec![0; 1001]), ErrorCode::TooLarge, "/file/0"),
        (Via::Base64, Bytes::from(vec![0; 1001]), ErrorCode::TooLarge, "/base64"),
        (Via::Base64, Bytes::from_static(b"%PDF-1.7"), ErrorCode::UnsupportedImage, "/base64"),
    ] {
        let error = replace(&app, product, image, upload(via, bytes.clone())).await.unwrap_err();
        assert_eq!((error.code, error.faults[0].pointer.as_str()), (code, pointer));
        let files = vec![UploadedFile { filename: None, bytes }];
        let command = AddImages { via, ..AddImages::new(product, files) };
        let error = app.application.add_images(&Context::operator(), command).await.unwrap_err();
        assert_eq!((error.code, error.faults[0].pointer.as_str()), (code, pointer));
    }
    assert_eq!(app.view(product).await.product.revision, Revision(2));
}

#[tokio::test]
async fn only_a_failed_image_is_tried_again_and_its_dead_letter_goes() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[GONE, A]).await.id;
    let waiting = app.view(product).await;
    let error = retry(&app, product, waiting.images[0].id).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongState);
    app.work().await;
    let before = app.view(product).await;
    let error = retry(&app, product, before.images[1].id).await.unwrap_err();
    assert_eq!((error.code, error.detail.contains("ready")), (ErrorCode::WrongState, true));
    assert_eq!(app.store.dead_letters().len(), 1);
    let retried = retry(&app, product, before.images[0].id).await.unwrap();
    assert_eq!(
        (&retried.images[0].state, retried.images[0].attempts),
        (&ImageState::Pending { setback: None }, Attempts(0))
    );
    assert_eq!(retried.product.revision, before.product.revision.next());
    assert!(app.store.dead_letters().is_empty());
    app.work().await;
    let ImageState::Failed(failure) = &app.view(product).await.images[0].state else { panic!("it has not failed") };
    assert_eq!(failure.reason, Reason::Http404);
    assert_eq!(app.store.dead_letters().len(), 1, "the new failure has its own");
    app.web.put(url(GONE), MemoryPage::Body(TestApp::image(1)));
    retry(&app, product, before.images[0].id).await.unwrap();
    app.work().await;
    assert!(matches!(app.view(product).await.images[0].state, ImageState::Ready { .. }));
}

#[tokio::test]
async fn dead_letters_go_with_an_image_that_is_removed_or_given_another_source() {
    let app = app();
    let product =
        app.product_with_images(app.user().await.id, &[GONE, &format!("{GONE}?2"), &format!("{GONE}?3")]).await.id;
    for query in ["?2", "?3"] {
        app.web.put(url(&format!("{GONE}{query}")), MemoryPage::Status(404, None));
    }
    app.work().await;
    assert_eq!(app.store.dead_letters().len(), 3);
    let failed = app.view(product).await;
    delete_image(&app, product, failed.images[0].id).await.unwrap();
    assert_eq!(app.store.dead_letters().len(), 2);
    replace(&app, product, failed.images[1].id, NewSource::Url(url(A))).await.unwrap();
    assert_eq!(app.store.dead_letters().len(), 1);
    edit(&app, product, images(&[A])).await.unwrap();
    assert!(app.store.dead_letters().is_empty());
    app.work().await;
}

#[tokio::test]
async fn images_by_url_are_added_behind_the_others() {
    let app = app();
    let product = app.product_with_images(app.user().await.id, &[A]).await.id;
    app.upload(product, 1).await;
    let command = AddImageByUrl { product, precondition: Precondition::None, url: url(B) };
    let added = app.application.add_image_by_url(&Context::operator(), command).await.unwrap();
    assert_eq!(sources(&added.view), [(0, Some(A)), (1, None), (2, Some(B))]);
    assert_eq!(added.added, [added.view.images[2].id]);
    assert_eq!(added.view.product.revision, Revision(3));
    assert_eq!(*app.view(product).await, added.view);
    app.work().await;
    assert!(app.view(product).await.images.iter().all(|image| matches!(image.state, ImageState::Ready { .. })));
}
