//! One delivery, from its message to its settlement.

use crate::breaker::Waits;
use crate::figures::{Ended, Figures, timed};
use crate::{Breaker, Verdict, WorkerSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wareroom_application::{Application, AttemptBegun, Error, ImageAttempt, STAGE, Sourced};
use wareroom_domain::{Job, Stamped};
use wareroom_ports::Delivery;

/// How a delivery was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Its outcome is stored and the message is gone.
    Acknowledged,
    /// It went back to the queue.
    Released,
}

/// How long a message that cannot be read here is kept before it goes back: another version of Wareroom may read it.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(30);

/// How long handing an attempt back may take when the worker stops.
const HAND_BACK_LIMIT: Duration = Duration::from_secs(3);

/// Handles deliveries.
#[derive(Clone)]
pub struct JobHandler {
    app: Arc<Application>,
    settings: WorkerSettings,
    breaker: Breaker,
    /// One permit for each image that may be rendered at once. Attempts begin under it, so that no more are cut off when the
    /// process dies, and sources are read from our own blobs under it, so that no more of them are in memory.
    rendering: Arc<Semaphore>,
    figures: Figures,
}

impl JobHandler {
    /// A handler over this application.
    pub fn new(app: Arc<Application>, settings: WorkerSettings, breaker: Breaker) -> Self {
        let rendering = Arc::new(Semaphore::new(usize::from(settings.concurrency.max(1))));
        Self { app, settings, breaker, rendering, figures: Figures::new() }
    }

    /// Does what the message asks for, and settles it. When `stop` is cancelled an attempt is handed back.
    pub async fn handle(&self, delivery: Delivery, stop: &CancellationToken) -> Settled {
        let settled = self.settle(delivery, stop).await;
        self.figures.settled(settled);
        settled
    }

    async fn settle(&self, delivery: Delivery, stop: &CancellationToken) -> Settled {
        let job = match delivery.message.job() {
            Ok(job) => job,
            Err(error) => {
                tracing::error!(message_id = %delivery.message.id, %error, "a message cannot be read and goes back");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(UNREADABLE_PAUSE) => {}
                }
                delivery.release();
                return Settled::Released;
            }
        };
        let age = self.app.ports().clock.now().duration_since(job.at);
        self.figures.age.record(Duration::try_from(age).unwrap_or_default());
        let deadline = Instant::now() + self.settings.job_deadline;
        let settled = self.process(&job, deadline, stop).await;
        tracing::debug!(target: STAGE, stage = "settle");
        if settled == Settled::Released {
            delivery.release();
        } else if let Err(error) = timed(&self.figures.settle, delivery.ack()).await {
            // The outcome is stored: whoever gets the message again will find nothing left to do.
            tracing::debug!(job_id = %job.id, %error, "the message could not be acknowledged");
        }
        settled
    }

    /// Fetches what is elsewhere, waits for a turn to render, and only then begins an attempt and makes it; each step again and
    /// again while our own stores fail. What has not begun when the time is over just goes back.
    async fn process(&self, job: &Stamped<Job>, deadline: Instant, stop: &CancellationToken) -> Settled {
        let fetching = self.hold(deadline, stop, || self.app.fetch_source(job));
        let sourced = match timed(&self.figures.fetch, fetching).await {
            Held::Done(Sourced::Settled) => return Settled::Acknowledged,
            Held::Done(sourced) => sourced,
            not_done => return self.not_begun(not_done, stop).await,
        };
        let mut permit = None;
        if sourced.renders() {
            permit = timed(&self.figures.wait, self.permit(deadline, stop)).await;
            if permit.is_none() {
                return Settled::Released;
            }
        }
        let beginning = self.hold(deadline, stop, || self.app.begin_attempt(job, &sourced));
        let begun = match timed(&self.figures.begin, beginning).await {
            Held::Done(AttemptBegun::Attempt(attempt)) => attempt,
            Held::Done(AttemptBegun::Poisoned) => {
                Figures::ended(Ended::Poisoned);
                return Settled::Acknowledged;
            }
            Held::Done(AttemptBegun::Settled) => return Settled::Acknowledged,
            not_done => return self.not_begun(not_done, stop).await,
        };
        let settled = self.make(&begun, &sourced, deadline, stop).await;
        drop(permit);
        settled
    }

    /// What becomes of a message whose attempt has not begun.
    async fn not_begun<T>(&self, held: Held<T>, stop: &CancellationToken) -> Settled {
        match held {
            Held::Done(_) | Held::Refused(Verdict::Acknowledge) => Settled::Acknowledged,
            Held::Refused(_) => {
                self.pause(stop).await;
                Settled::Released
            }
            Held::Stopped { .. } => Settled::Released,
        }
    }

    /// A turn to render; `None` when none comes in time.
    async fn permit(&self, deadline: Instant, stop: &CancellationToken) -> Option<SemaphorePermit<'_>> {
        tokio::select! {
            biased;
            permit = self.rendering.acquire() => permit.ok(),
            () = stop.cancelled() => None,
            () = tokio::time::sleep_until(deadline) => None,
        }
    }

    /// Makes the attempt, and hands it back when there is no time left for it.
    async fn make(
        &self,
        attempt: &ImageAttempt,
        sourced: &Sourced,
        deadline: Instant,
        stop: &CancellationToken,
    ) -> Settled {
        let making = self.hold(deadline, stop, || self.app.make_attempt(attempt, sourced));
        match timed(&self.figures.make, making).await {
            Held::Done(outcome) => {
                Figures::ended(Ended::from(&outcome));
                self.breaker.reset();
                Settled::Acknowledged
            }
            Held::Refused(Verdict::Acknowledge) => Settled::Acknowledged,
            Held::Refused(_) => {
                self.pause(stop).await;
                Settled::Released
            }
            Held::Stopped { troubled: false } if !stop.is_cancelled() => self.overrun(attempt).await,
            Held::Stopped { .. } => self.hand_back(attempt).await,
        }
    }

    async fn hand_back(&self, attempt: &ImageAttempt) -> Settled {
        let image_id = attempt.image.id.to_string();
        match tokio::time::timeout(HAND_BACK_LIMIT, self.app.hand_back_attempt(attempt)).await {
            Ok(Ok(())) => Figures::ended(Ended::HandedBack),
            Ok(Err(error)) => tracing::warn!(image_id, %error, "an attempt could not be handed back, it counts"),
            Err(_) => tracing::warn!(image_id, "an attempt could not be handed back in time, it counts"),
        }
        Settled::Released
    }

    /// The attempt took longer than a job may, and no store of ours is to blame: it counts.
    async fn overrun(&self, attempt: &ImageAttempt) -> Settled {
        match self.app.overrun_attempt(attempt).await {
            Ok(_) => {
                Figures::ended(Ended::Overrun);
                Settled::Acknowledged
            }
            Err(error) => {
                tracing::warn!(image_id = %attempt.image.id, %error, "an attempt took too long, which could not be stored");
                Settled::Released
            }
        }
    }

    /// Lets some time pass before a message goes back that would fail again at once.
    async fn pause(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(self.settings.store_wait_max) => {}
        }
    }

    /// Runs a use case until it ends otherwise than by a failure of our own stores.
    async fn hold<T, Answer>(
        &self,
        deadline: Instant,
        stop: &CancellationToken,
        use_case: impl Fn() -> Answer,
    ) -> Held<T>
    where
        Answer: Future<Output = Result<T, Error>>,
    {
        let mut waits = Waits::new(self.settings.store_wait, self.settings.store_wait_max);
        let troubled = AtomicBool::new(false);
        let work = async {
            loop {
                match use_case().await {
                    Ok(done) => {
                        if troubled.load(Ordering::Relaxed) {
                            self.breaker.reset();
                        }
                        return Held::Done(done);
                    }
                    Err(error) => match Verdict::on(error.code) {
                        Verdict::Hold => {
                            troubled.store(true, Ordering::Relaxed);
                            self.breaker.trip(&error);
                            waits.wait().await;
                        }
                        verdict => {
                            tracing::error!(%error, source = ?error.source, ?verdict, "a job failed");
                            return Held::Refused(verdict);
                        }
                    },
                }
            }
        };
        tokio::select! {
            biased;
            held = work => held,
            () = stop.cancelled() => Held::Stopped { troubled: troubled.load(Ordering::Relaxed) },
            () = tokio::time::sleep_until(deadline) => Held::Stopped { troubled: troubled.load(Ordering::Relaxed) },
        }
    }
}

/// What came of holding on to a use case.
enum Held<T> {
    Done(T),
    Refused(Verdict),
    /// There is no time left; whether our own stores were the reason.
    Stopped {
        troubled: bool,
    },
}
