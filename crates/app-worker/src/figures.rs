//! What the worker counts and times. The handles are made once; without a recorder they do nothing.

use crate::Settled;
use metrics::{Counter, Histogram, counter, histogram};
use tokio::time::Instant;
use wareroom_application::Outcome;

/// The handles of one worker.
#[derive(Clone)]
pub(crate) struct Figures {
    acknowledged: Counter,
    released: Counter,
    pub(crate) age: Histogram,
    pub(crate) fetch: Histogram,
    pub(crate) wait: Histogram,
    pub(crate) begin: Histogram,
    pub(crate) make: Histogram,
    pub(crate) settle: Histogram,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every rendition is stored.
    Ready,
    /// Given up for good.
    Failed,
    /// Another one will be made.
    Postponed,
    /// Another one took over.
    Overtaken,
    /// It was not made: every one before was cut off.
    Poisoned,
    /// It took longer than a job may.
    Overrun,
    /// It could not be made now, and does not count.
    HandedBack,
}

impl Figures {
    pub(crate) fn new() -> Self {
        let stage = |stage: &'static str| histogram!("wareroom_job_stage_seconds", "stage" => stage);
        let settled = |outcome: &'static str| counter!("wareroom_jobs_total", "outcome" => outcome);
        Self {
            acknowledged: settled("acknowledged"),
            released: settled("released"),
            age: histogram!("wareroom_job_age_seconds"),
            fetch: stage("fetch"),
            wait: stage("wait"),
            begin: stage("begin"),
            make: stage("make"),
            settle: stage("settle"),
        }
    }

    pub(crate) fn settled(&self, settled: Settled) {
        match settled {
            Settled::Acknowledged => self.acknowledged.increment(1),
            Settled::Released => self.released.increment(1),
        }
    }

    pub(crate) fn ended(how: Ended) {
        let outcome = match how {
            Ended::Ready => "ready",
            Ended::Failed => "failed",
            Ended::Postponed => "postponed",
            Ended::Overtaken => "overtaken",
            Ended::Poisoned => "poisoned",
            Ended::Overrun => "overrun",
            Ended::HandedBack => "handed_back",
        };
        counter!("wareroom_attempts_total", "outcome" => outcome).increment(1);
    }
}

impl From<&Outcome> for Ended {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Ready => Self::Ready,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Postponed(_) => Self::Postponed,
            Outcome::Overtaken => Self::Overtaken,
        }
    }
}

/// Waits for a stage and records how long it took; one that is given up leaves no trace.
pub(crate) async fn timed<T>(stage: &Histogram, work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    stage.record(begun.elapsed());
    done
}

/// How often a step fails, beginning with none, so that a rate can be told of it.
pub(crate) fn step_failures(step: &'static str) -> Counter {
    let failures = counter!("wareroom_step_failures_total", "step" => step);
    failures.increment(0);
    failures
}
