//! Attempts: how they begin, end, are taken over and run out.

use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use wareroom_app_worker::Settled;
use wareroom_application::{Application, AttemptBegun, ErrorCode, ImageAttempt, Outcome, Ports, Sourced};
use wareroom_domain::{Attempts, BlobKey, ImageState, Job, Lane, Reason, RenditionSpec, Stamped};
use wareroom_ports::{CodecError, CodecLimits, Delivery, ImageCodec, Inspected, Rendering};
use wareroom_test_kit::TestApp;

async fn delivery(app: &TestApp) -> Delivery {
    app.application.ports().queue.consume(Lane::Images, 1).await.unwrap().receive().await.unwrap()
}

async fn begin(app: &TestApp, job: &Stamped<Job>) -> ImageAttempt {
    match app.application.begin_attempt(job, &Sourced::Kept).await.unwrap() {
        AttemptBegun::Attempt(attempt) => *attempt,
        other => panic!("no attempt: {other:?}"),
    }
}

#[tokio::test]
async fn an_attempt_that_was_taken_over_changes_nothing_when_it_comes_late() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let job = delivery(&app).await.message.job().unwrap();
    let (late, now) = (begin(&app, &job).await, begin(&app, &job).await);
    assert_eq!(app.application.make_attempt(&late, &Sourced::Kept).await.unwrap(), Outcome::Overtaken);
    assert_eq!(app.application.make_attempt(&now, &Sourced::Kept).await.unwrap(), Outcome::Ready);
    let version = app.view(product.id).await.product.version;
    assert_eq!(app.application.make_attempt(&late, &Sourced::Kept).await.unwrap(), Outcome::Overtaken);
    assert_eq!(app.view(product.id).await.product.version, version);
    app.work().await;
    assert_eq!(app.view(product.id).await.product.version, version, "the duplicate message changed something");
}

#[tokio::test]
async fn handing_back_returns_the_attempt_and_never_the_fence() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let job = delivery(&app).await.message.job().unwrap();
    let first = begin(&app, &job).await;
    app.application.hand_back_attempt(&first).await.unwrap();
    assert_eq!(app.view(product.id).await.images[0].attempts, Attempts(0));
    let second = begin(&app, &job).await;
    assert_eq!(second.attempt.number, Attempts(1));
    assert!(second.attempt.fence > first.attempt.fence);
    app.application.hand_back_attempt(&first).await.unwrap();
    assert_eq!(app.view(product.id).await.images[0].state, ImageState::Processing, "a late hand-back took effect");
    app.work().await;
    assert!(matches!(app.view(product.id).await.images[0].state, ImageState::Ready { .. }));
}

#[tokio::test]
async fn a_transient_failure_is_tried_again_as_often_as_there_are_waits_then_dead_lettered() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let image = app.upload(product.id, 3).await;
    app.codec_fault.set(true);
    assert_eq!(app.work().await, 6, "one attempt and five more");
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(failure.reason, Reason::CodecTimeout);
    let letters = app.store.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].image, letters[0].product, letters[0].attempts), (image, Some(product.id), Attempts(6)));
    assert_eq!(letters[0].job, Job::ProcessImage(image));
}

#[tokio::test]
async fn while_it_waits_an_image_is_pending_and_says_until_when() {
    let app = TestApp::with(|settings| settings.back_off = vec![Duration::from_mins(10)]);
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    app.codec_fault.set(true);
    assert_eq!(app.work_once().await, Settled::Acknowledged);
    let view = app.view(product.id).await;
    let ImageState::Pending { setback: Some(setback) } = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(setback.failure.reason, Reason::CodecTimeout);
    let wait = setback.next_attempt_at.duration_since(app.application.ports().clock.now());
    assert!((540..=660).contains(&wait.as_secs()), "{wait:?}");
    app.codec_fault.set(false);
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(11)).await;
    app.work().await;
    assert!(matches!(app.view(product.id).await.images[0].state, ImageState::Ready { .. }));
}

#[tokio::test]
async fn a_damaged_image_fails_at_once_and_does_not_hide_the_others() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let whole = TestApp::image(9);
    let files = [whole.slice(..whole.len() - 5), whole];
    let files = files.map(|bytes| wareroom_application::UploadedFile { filename: None, bytes });
    let command = wareroom_application::AddImages::new(product.id, files.to_vec());
    app.application.add_images(&wareroom_application::Context::operator(), command).await.unwrap();
    assert_eq!(app.work().await, 2);
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(failure.reason, Reason::Truncated);
    assert_eq!(view.images[0].attempts, Attempts(1));
    assert!(matches!(view.images[1].state, ImageState::Ready { .. }));
    assert_eq!(app.store.dead_letters().len(), 1);
}

#[tokio::test]
async fn an_image_whose_every_holder_died_is_poison() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    for _ in 0..6 {
        let lent = delivery(&app).await;
        begin(&app, &lent.message.job().unwrap()).await;
    }
    let job = delivery(&app).await.message.job().unwrap();
    assert!(matches!(app.application.begin_attempt(&job, &Sourced::Kept).await.unwrap(), AttemptBegun::Poisoned));
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(failure.reason, Reason::Poison);
    assert_eq!(app.store.dead_letters().len(), 1);
    app.work().await;
}

#[tokio::test]
async fn an_image_that_nobody_works_on_any_more_is_rescued() {
    let app = TestApp::with(|settings| settings.rescue_after = Duration::from_millis(1));
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let lent = delivery(&app).await;
    begin(&app, &lent.message.job().unwrap()).await;
    lent.ack().await.unwrap();
    assert_eq!(app.store.jobs(), 0, "the image is stuck: in processing, and no job left");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(app.application.rescue_images().await.unwrap(), 1);
    app.work().await;
    assert!(matches!(app.view(product.id).await.images[0].state, ImageState::Ready { .. }));
    assert_eq!(app.application.rescue_images().await.unwrap(), 0);
}

#[tokio::test]
async fn the_same_bytes_at_two_products_are_two_images_with_renditions_of_the_same_name() {
    let app = TestApp::new();
    let user = app.user().await.id;
    let (one, two) = (app.product(user).await, app.product(user).await);
    let (first, second) = (app.upload(one.id, 5).await, app.upload(two.id, 5).await);
    assert_ne!(first, second);
    app.work().await;
    let states = (app.view(one.id).await.images[0].state.clone(), app.view(two.id).await.images[0].state.clone());
    assert_eq!(states.0, states.1);
}

#[tokio::test]
async fn an_attempt_that_is_postponed_leaves_one_job_even_when_its_message_is_never_acknowledged() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let lent = delivery(&app).await;
    let attempt = begin(&app, &lent.message.job().unwrap()).await;
    app.codec_fault.set(true);
    assert!(matches!(app.application.make_attempt(&attempt, &Sourced::Kept).await.unwrap(), Outcome::Postponed(_)));
    assert_eq!(app.store.jobs(), 1, "the job is there beside itself");
    assert!(lent.ack().await.is_err(), "the loan was voided by the job that replaced it");
    assert_eq!(app.store.jobs(), 1, "a late ack took the job that waits");
    app.codec_fault.set(false);
    assert_eq!(app.work().await, 1);
    assert!(matches!(app.view(product.id).await.images[0].state, ImageState::Ready { .. }));
}

#[tokio::test]
async fn a_job_whose_image_is_ready_asks_for_nothing_and_begins_no_attempt() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let job = delivery(&app).await.message.job().unwrap();
    app.work().await;
    let ready = app.view(product.id).await;
    let sourced = app.application.fetch_source(&job).await.unwrap();
    assert!(matches!(sourced, Sourced::Settled) && !sourced.renders(), "{sourced:?}");
    let begun = app.application.begin_attempt(&job, &sourced).await.unwrap();
    assert!(matches!(begun, AttemptBegun::Settled), "{begun:?}");
    assert_eq!(app.view(product.id).await, ready);
}

#[tokio::test]
async fn an_upload_whose_bytes_are_gone_fails_as_missing() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let source = app.view(product.id).await.images[0].source.sha256().unwrap();
    app.application.ports().blobs.delete(&BlobKey::Source(source)).await.unwrap();
    app.work().await;
    let view = app.view(product.id).await;
    let ImageState::Failed(failure) = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!(failure.reason, Reason::SourceMissing);
    assert_eq!(app.store.dead_letters().len(), 1);
}

/// A codec on a machine that has no threads left.
struct Exhausted(Arc<dyn ImageCodec>);

#[async_trait]
impl ImageCodec for Exhausted {
    fn revision(&self) -> &str {
        self.0.revision()
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        self.0.inspect(source, limits).await
    }

    async fn render(&self, _: Bytes, _: &[RenditionSpec], _: &CodecLimits) -> Result<Rendering, CodecError> {
        Err(CodecError::Backend("no thread can be started".into()))
    }
}

#[tokio::test]
async fn what_the_machine_cannot_do_is_no_fault_of_the_image() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    let ports = app.application.ports().clone();
    let exhausted = Ports { codec: Arc::new(Exhausted(Arc::clone(&ports.codec))), ..ports };
    let exhausted = Application::new(exhausted, app.application.settings().clone());
    let job = delivery(&app).await.message.job().unwrap();
    let attempt = begin(&app, &job).await;
    let error = exhausted.make_attempt(&attempt, &Sourced::Kept).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert_eq!(app.view(product.id).await.images[0].state, ImageState::Processing, "the attempt was ended");
    app.application.hand_back_attempt(&attempt).await.unwrap();
    app.work().await;
    let view = app.view(product.id).await;
    assert!(matches!(view.images[0].state, ImageState::Ready { .. }), "{view:?}");
    assert_eq!(view.images[0].attempts, Attempts(1));
}
