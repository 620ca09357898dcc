//! The loop that takes deliveries and runs them side by side.

use crate::breaker::Waits;
use crate::{Breaker, JobHandler, Settled, Steps, WorkerSettings, steps};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wareroom_application::Application;
use wareroom_domain::Lane;
use wareroom_ports::Delivery;

/// What a worker did in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerReport {
    /// Deliveries whose outcome was stored.
    pub acknowledged: u64,
    /// Deliveries that went back to the queue.
    pub released: u64,
}

#[derive(Default)]
struct Counts {
    acknowledged: AtomicU64,
    released: AtomicU64,
}

/// A worker over one application.
pub struct Worker {
    app: Arc<Application>,
    settings: WorkerSettings,
    steps: Steps,
    breaker: Breaker,
}

impl Worker {
    /// A worker that has not started yet. It takes every step that follows a commit, too.
    pub fn new(app: Arc<Application>, settings: WorkerSettings) -> Self {
        Self { app, settings, steps: Steps::ALL, breaker: Breaker::default() }
    }

    /// The same with other steps.
    pub fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    /// Open while the worker holds back because our own stores are in trouble: for health checks.
    pub fn breaker(&self) -> Breaker {
        self.breaker.clone()
    }

    /// Works until `stop` is cancelled. Then nothing new is taken, running jobs may end within the drain time, what is left is
    /// handed back.
    pub async fn run(&self, stop: CancellationToken) -> WorkerReport {
        let (steps, jobs) = (TaskTracker::new(), TaskTracker::new());
        let counts = Arc::new(Counts::default());
        let hand_back = CancellationToken::new();
        steps::spawn(&steps, &self.app, &self.settings, self.steps, &stop);

        stop.run_until_cancelled(self.consume(&jobs, &counts, &hand_back)).await;

        jobs.close();
        if tokio::time::timeout(self.settings.drain, jobs.wait()).await.is_err() {
            tracing::warn!(running = jobs.len(), "jobs did not end in time and are handed back");
            hand_back.cancel();
            jobs.wait().await;
        }
        steps.close();
        steps.wait().await;
        WorkerReport {
            acknowledged: counts.acknowledged.load(Ordering::Relaxed),
            released: counts.released.load(Ordering::Relaxed),
        }
    }

    /// Takes deliveries for good, as many at a time as there are slots.
    async fn consume(&self, jobs: &TaskTracker, counts: &Arc<Counts>, hand_back: &CancellationToken) {
        let handler = JobHandler::new(Arc::clone(&self.app), self.settings.clone(), self.breaker.clone());
        let jobs_at_once = self.settings.concurrency.saturating_add(self.settings.downloads);
        let slots = Arc::new(Semaphore::new(usize::from(jobs_at_once)));
        let mut waits = Waits::new(self.settings.store_wait, self.settings.store_wait_max);
        loop {
            let mut consumer = match self.app.ports().queue.consume(Lane::Images, jobs_at_once).await {
                Ok(consumer) => consumer,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be consumed and is tried again");
                    waits.wait().await;
                    continue;
                }
            };
            let error = loop {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
                self.breaker.closed(self.settings.store_wait_max).await;
                let delivery = match consumer.receive().await {
                    Ok(delivery) => delivery,
                    Err(error) => break error,
                };
                waits = Waits::new(self.settings.store_wait, self.settings.store_wait_max);
                let (handler, counts, hand_back) = (handler.clone(), Arc::clone(counts), hand_back.clone());
                jobs.spawn(async move {
                    run(&handler, delivery, &hand_back, &counts).await;
                    drop(slot);
                });
            };
            tracing::warn!(%error, "the queue failed and is opened again");
            if let Err(error) = consumer.stop().await {
                tracing::debug!(%error, "the consumer could not be stopped");
            }
            waits.wait().await;
        }
    }
}

async fn run(handler: &JobHandler, delivery: Delivery, hand_back: &CancellationToken, counts: &Counts) {
    let count = match handler.handle(delivery, hand_back).await {
        Settled::Acknowledged => &counts.acknowledged,
        Settled::Released => &counts.released,
    };
    count.fetch_add(1, Ordering::Relaxed);
}
