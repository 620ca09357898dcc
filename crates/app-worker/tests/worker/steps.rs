//! Steps by themselves, as a process without a worker takes them.
#![expect(clippy::unwrap_used, reason = "what a test needs and cannot have fails it")]

use crate::{quick, until};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Steps, run_steps};
use wareroom_application::{Application, Context, Ports};
use wareroom_domain::ProductId;
use wareroom_memory::LocalInvalidations;
use wareroom_ports::{Invalidation, Invalidations};
use wareroom_test_kit::TestApp;

/// What is heard of changes, in the order in which it was told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<ProductId>>>);

impl Heard {
    fn of(&self, invalidations: &dyn Invalidations) {
        let heard = Arc::clone(&self.0);
        invalidations.subscribe(Arc::new(move |change| {
            if let Invalidation::Product(id, _) = change {
                heard.lock().unwrap().push(id);
            }
        }));
    }

    fn all(&self) -> Vec<ProductId> {
        self.0.lock().unwrap().clone()
    }
}

/// An application over the same store, of another process: what is announced in the one is not heard in the other.
fn in_another_process(app: &TestApp) -> (Arc<Application>, Heard) {
    let (invalidations, heard) = (Arc::new(LocalInvalidations::default()), Heard::default());
    heard.of(&*invalidations);
    let ports = Ports { invalidations, ..app.application.ports().clone() };
    (Arc::new(Application::new(ports, app.application.settings().clone())), heard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_process_hears_of_what_others_changed_by_the_event_log_alone() {
    let app = TestApp::new();
    let (owner, stop) = (app.user().await, CancellationToken::new());
    let processes = [(); 2].map(|()| in_another_process(&app));
    let running: Vec<_> = processes
        .iter()
        .map(|(application, _)| tokio::spawn(run_steps(Arc::clone(application), quick(), Steps::API, stop.clone())))
        .collect();
    // Each process begins at the newest event: until it has, there is nothing that it could miss.
    let (mut product, mut heard_by_all) = (app.product(owner.id).await, false);
    while !heard_by_all {
        product = app.product(owner.id).await;
        tokio::time::sleep(quick().poll * 4).await;
        heard_by_all = processes.iter().all(|(_, heard)| heard.all().contains(&product.id));
    }
    let last = app.product(owner.id).await.id;
    until("every process hears of it", async || processes.iter().all(|(_, heard)| heard.all().contains(&last))).await;
    assert!(product.id < last);
    stop.cancel();
    for steps in running {
        steps.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_takes_the_steps_that_are_its_own_and_no_others() {
    let app = TestApp::new();
    let (told, heard) = in_another_process(&app);
    let stop = CancellationToken::new();
    let running = tokio::spawn(run_steps(Arc::clone(&told), quick(), Steps::API_TOLD, stop.clone()));
    let user = app.user().await;
    let product = app.product(user.id).await;
    until("the event has its position", async || told.ports().events.head().await.unwrap().0 > 0).await;
    tokio::time::sleep(quick().poll * 10).await;
    assert_eq!(heard.all(), [], "whoever changed it announced it");
    assert_eq!(told.get_product(&Context::operator(), product.id).await.unwrap().view.product.id, product.id);
    stop.cancel();
    running.await.unwrap();
}
