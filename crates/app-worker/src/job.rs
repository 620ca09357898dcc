//! One delivery, from its message to its settlement.

use crate::breaker::Waits;
use crate::{Breaker, Verdict, WorkerSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wareroom_application::{Application, AttemptBegun, Error, ImageAttempt, Outcome, STAGE};
use wareroom_domain::{Job, ProductId, Stamped};
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
}

impl JobHandler {
    /// A handler over this application.
    pub fn new(app: Arc<Application>, settings: WorkerSettings, breaker: Breaker) -> Self {
        Self { app, settings, breaker }
    }

    /// Does what the message asks for, and settles it. When `stop` is cancelled an attempt is handed back.
    pub async fn handle(&self, delivery: Delivery, stop: &CancellationToken) -> Settled {
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
        let deadline = Instant::now() + self.settings.job_deadline;
        let settled = match self.begin(&job, deadline, stop).await {
            Some(AttemptBegun::Attempt(attempt)) => self.attempt(&attempt, deadline, stop).await,
            Some(AttemptBegun::Poisoned) => {
                tracing::error!(job_id = %job.id, "every attempt was cut off; the image failed with a dead letter");
                Settled::Acknowledged
            }
            Some(AttemptBegun::Settled) => Settled::Acknowledged,
            None => Settled::Released,
        };
        if settled == Settled::Released {
            delivery.release();
        } else if let Err(error) = delivery.ack().await {
            // The outcome is stored: whoever gets the message again will find nothing left to do.
            tracing::debug!(job_id = %job.id, %error, "the message could not be acknowledged");
        }
        settled
    }

    /// Begins the attempt, waiting for our own stores as long as the delivery may take.
    async fn begin(&self, job: &Stamped<Job>, deadline: Instant, stop: &CancellationToken) -> Option<AttemptBegun> {
        match self.hold(deadline, stop, || self.app.begin_attempt(job)).await {
            Held::Done(begun) => Some(begun),
            Held::Refused(Verdict::Acknowledge) => Some(AttemptBegun::Settled),
            Held::Refused(_) => {
                self.pause(stop).await;
                None
            }
            Held::Stopped { .. } => None,
        }
    }

    /// Makes the attempt, again and again while our own stores fail, and hands it back when there is no time left.
    async fn attempt(&self, attempt: &ImageAttempt, deadline: Instant, stop: &CancellationToken) -> Settled {
        let started = Instant::now();
        match self.hold(deadline, stop, || self.app.make_attempt(attempt)).await {
            Held::Done(outcome) => {
                self.breaker.reset();
                log(attempt, &outcome, started.elapsed());
                Settled::Acknowledged
            }
            Held::Refused(Verdict::Acknowledge) => Settled::Acknowledged,
            Held::Refused(_) => {
                self.pause(stop).await;
                Settled::Released
            }
            Held::Stopped { troubled: false } if !stop.is_cancelled() => self.overrun(attempt, started).await,
            Held::Stopped { .. } => {
                let handed_back = tokio::time::timeout(HAND_BACK_LIMIT, self.app.hand_back_attempt(attempt)).await;
                let image_id = attempt.image.id.to_string();
                match handed_back {
                    Ok(Ok(())) => tracing::info!(image_id, "an attempt was handed back"),
                    Ok(Err(error)) => {
                        tracing::warn!(image_id, %error, "an attempt could not be handed back, it counts");
                    }
                    Err(_) => tracing::warn!(image_id, "an attempt could not be handed back in time, it counts"),
                }
                Settled::Released
            }
        }
    }

    /// The attempt took longer than a job may, and no store of ours is to blame: it counts.
    async fn overrun(&self, attempt: &ImageAttempt, started: Instant) -> Settled {
        match self.app.overrun_attempt(attempt).await {
            Ok(outcome) => {
                log(attempt, &outcome, started.elapsed());
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

fn log(attempt: &ImageAttempt, outcome: &Outcome, took: Duration) {
    tracing::debug!(target: STAGE, stage = "settle");
    let image_id = attempt.image.id.to_string();
    let product_id = attempt.image.owner.product().map(ProductId::get);
    let number = attempt.attempt.number.0;
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let request_id = attempt.trace.request_id.as_deref();
    match outcome {
        Outcome::Ready => {
            tracing::info!(image_id, product_id, attempt = number, duration_ms, request_id, "image ready");
        }
        Outcome::Postponed(failure) => {
            let reason = failure.reason.code();
            tracing::warn!(image_id, product_id, attempt = number, duration_ms, request_id, reason, "image postponed");
        }
        Outcome::Failed(failure) => {
            let reason = failure.reason.code();
            tracing::warn!(image_id, product_id, attempt = number, duration_ms, request_id, reason, "image failed");
        }
        Outcome::Overtaken => {
            tracing::info!(image_id, product_id, attempt = number, duration_ms, request_id, "attempt overtaken");
        }
    }
}
