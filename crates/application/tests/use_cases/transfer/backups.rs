//! Backups, and the pause of the collector that they rest on.

use super::{HOUR, blobs, ready_product};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_application::transfer::{BackUpError, CollectingPaused, PauseError, back_up};
use wareroom_application::{Context, DeleteProduct, Precondition, Settings};
use wareroom_domain::ProductId;
use wareroom_memory::MemoryBlobs;
use wareroom_ports::{BoxError, Export};
use wareroom_test_kit::TestApp;

const MINUTE: Duration = Duration::from_mins(1);

/// Where bytes may be collected as soon as nobody names them.
fn app() -> TestApp {
    TestApp::with(|settings: &mut Settings| settings.blob_claim = HOUR)
}

async fn delete(app: &TestApp, product: ProductId) {
    let command = DeleteProduct { product, precondition: Precondition::None };
    app.application.delete_product(&Context::operator(), command).await.unwrap();
}

async fn collected(app: &TestApp) -> u64 {
    app.application.prune(false).await.unwrap().blobs
}

async fn paused(app: &TestApp) -> CollectingPaused {
    let ports = app.application.ports();
    CollectingPaused::begin(Arc::clone(&ports.store), Arc::clone(&ports.clock)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn nothing_is_collected_while_collecting_pauses_however_long_that_is() {
    let app = app();
    let product = ready_product(&app, 1).await;
    sleep(2 * HOUR).await;
    let mut pause = paused(&app).await;
    delete(&app, product).await;
    let work = async {
        for _ in 0..60 {
            sleep(MINUTE).await;
            assert_eq!(collected(&app).await, 0);
        }
    };
    pause.during(work).await.unwrap();
    pause.end().await.unwrap();
    assert_eq!(collected(&app).await, 3, "a source, and renditions of which two are the same");
}

#[tokio::test(start_paused = true)]
async fn a_pause_whose_process_died_is_over_after_some_minutes() {
    let app = app();
    let product = ready_product(&app, 1).await;
    sleep(2 * HOUR).await;
    drop(paused(&app).await);
    delete(&app, product).await;
    assert_eq!(collected(&app).await, 0);
    sleep(10 * MINUTE).await;
    assert_eq!(collected(&app).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stood_still_knows_that_its_pause_was_lost() {
    let app = app();
    let mut pause = paused(&app).await;
    let slept = pause.during(async { app.clock.advance(HOUR) }).await;
    assert!(matches!(slept, Err(PauseError::Lost)), "{slept:?}");
}

#[tokio::test(start_paused = true)]
async fn of_two_pauses_the_second_waits_and_gives_up_at_last() {
    let app = app();
    let mut first = paused(&app).await;
    let ports = app.application.ports();
    let (store, clock) = (Arc::clone(&ports.store), Arc::clone(&ports.clock));
    let asked = Instant::now();
    let second = first.during(CollectingPaused::begin(store, clock)).await.unwrap();
    assert!(matches!(second, Err(PauseError::Busy)), "two have one turn");
    assert!(asked.elapsed() > 5 * MINUTE, "it was not waited for");
    first.end().await.unwrap();
    paused(&app).await.end().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_between_the_database_and_its_blobs_is_in_the_backup_all_the_same() {
    let app = app();
    let products = [ready_product(&app, 1).await, ready_product(&app, 2).await];
    sleep(2 * HOUR).await;
    let (ports, to) = (app.application.ports().clone(), MemoryBlobs::default());
    // What the database's copy is to others: what was there at that moment.
    let moment = super::copies_of(&app).await;
    let database = async {
        delete(&app, products[0]).await;
        sleep(10 * MINUTE).await;
        assert_eq!(collected(&app).await, 0);
        Ok::<_, BoxError>(moment)
    };
    let from = blobs(&app);
    let done = back_up(ports.store, ports.clock, database, &*from, Some(&to), &|_| ()).await.unwrap();
    assert_eq!((done.blobs.new, done.blobs.complete()), (6, true));
    assert_eq!(done.rows.rows[&wareroom_ports::Table::Products], 2);
    assert_eq!(to.keys().len(), 6);
    assert_eq!(collected(&app).await, 3, "collecting goes on at once");
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_fails_lets_collecting_go_on_at_once() {
    let app = app();
    let product = ready_product(&app, 1).await;
    sleep(2 * HOUR).await;
    delete(&app, product).await;
    let ports = app.application.ports().clone();
    let database = async { Err::<Arc<dyn Export>, BoxError>("no room".into()) };
    let failed = back_up(ports.store, ports.clock, database, &*blobs(&app), None, &|_| ()).await;
    assert!(matches!(failed, Err(BackUpError::Database(_))), "{failed:?}");
    assert_eq!(collected(&app).await, 3);
}
