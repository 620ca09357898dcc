//! Figures that nobody records as they happen: they are asked for when somebody looks, with a time limit, and used for a moment,
//! so that looking often costs no store anything.

use crate::health::Health;
use crate::version::{self, VERSION};
use metrics::{counter, gauge};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use wareroom_application::Application;
use wareroom_bootstrap::features;
use wareroom_ports::{Backlog, BoxError, DeadLetterFilter};

/// How long one of them may take.
const LIMIT: Duration = Duration::from_secs(1);

/// How long they are used.
const FRESH: Duration = Duration::from_secs(1);

/// How long the number of dead letters is used, which takes the longest to tell.
const LETTERS_FRESH: Duration = Duration::from_secs(15);

/// What may fail to be told.
const SAMPLES: [&str; 3] = [SPACE, BACKLOG, DEAD_LETTERS];
const SPACE: &str = "space";
const BACKLOG: &str = "backlog";
const DEAD_LETTERS: &str = "dead_letters";

/// Something that holds back in times of trouble: its name, and whether it does.
struct Breaker {
    name: &'static str,
    is_open: Box<dyn Fn() -> bool + Send + Sync>,
}

/// What is asked for the figures.
pub struct Samples {
    application: Arc<Application>,
    breakers: Vec<Breaker>,
    health: Health,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    at: Option<Instant>,
    letters_at: Option<Instant>,
    /// The reasons that a number was ever told of: they go down to 0.
    reasons: BTreeSet<&'static str>,
}

impl Samples {
    /// Asked of this application and its parts.
    pub fn new(application: Arc<Application>, health: Health) -> Self {
        for sample in SAMPLES {
            // There before the first of them fails, so that a rate can be told of it.
            counter!("wareroom_sample_failures_total", "sample" => sample).increment(0);
        }
        Self { application, breakers: vec![], health, taken: Mutex::default() }
    }

    /// One more breaker.
    pub fn with_breaker(mut self, name: &'static str, is_open: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.breakers.push(Breaker { name, is_open: Box::new(is_open) });
        self
    }

    /// Brings them up to date, unless they are. Whoever comes while they are asked for waits for the same ones.
    pub async fn take(&self) {
        let mut taken = self.taken.lock().await;
        if taken.at.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        self.tell_of_this_process();
        tokio::join!(self.tell_of_parts(), self.tell_of_backlog(), self.tell_of_dead_letters(&mut taken));
        taken.at = Some(Instant::now());
    }

    fn tell_of_this_process(&self) {
        let labels =
            [("version", VERSION.to_owned()), ("schema", version::schemas()), ("features", features().join(","))];
        gauge!("wareroom_build_info", &labels).set(1.0);
        for breaker in &self.breakers {
            gauge!("wareroom_breaker_open", "breaker" => breaker.name).set(u32::from((breaker.is_open)()));
        }
        match self.application.ports().space.free() {
            Ok(Some(free)) => gauge!("wareroom_space_free_bytes").set(float(free)),
            Ok(None) => {}
            Err(error) => {
                failed(SPACE, error.as_ref());
                gauge!("wareroom_space_free_bytes").set(f64::NAN);
            }
        }
    }

    async fn tell_of_parts(&self) {
        let lost = self.health.lost().await;
        for part in self.health.parts() {
            gauge!("wareroom_part_up", "part" => part.name()).set(u32::from(!lost.contains(&part)));
        }
    }

    async fn tell_of_backlog(&self) {
        let jobs = &self.application.ports().jobs;
        let (rows, oldest) = match in_time(BACKLOG, async { Ok(jobs.backlog().await?) }).await {
            Some(Backlog { rows, oldest }) => (float(rows), oldest.as_secs_f64()),
            None => (f64::NAN, f64::NAN),
        };
        gauge!("wareroom_outbox_rows").set(rows);
        gauge!("wareroom_outbox_oldest_seconds").set(oldest);
    }

    async fn tell_of_dead_letters(&self, taken: &mut Taken) {
        if taken.letters_at.is_some_and(|at| at.elapsed() < LETTERS_FRESH) {
            return;
        }
        let letters = &self.application.ports().dead_letters;
        let everything = DeadLetterFilter::default();
        let counted = in_time(DEAD_LETTERS, async { Ok(letters.summary(&everything).await?) }).await;
        let told = |reason: &'static str, count: f64| gauge!("wareroom_dead_letters", "reason" => reason).set(count);
        // Those that take too long are not asked for at once again.
        taken.letters_at = Some(Instant::now());
        let Some(counts) = counted else {
            taken.reasons.iter().for_each(|reason| told(reason, f64::NAN));
            return;
        };
        taken.reasons.extend(counts.iter().map(|count| count.reason.code()));
        for &reason in &taken.reasons {
            let of_reason = counts.iter().filter(|count| count.reason.code() == reason);
            told(reason, float(of_reason.map(|count| count.count).sum()));
        }
    }
}

/// The answer, if there is one within the limit.
async fn in_time<T>(sample: &'static str, asked: impl Future<Output = Result<T, BoxError>>) -> Option<T> {
    match timeout(LIMIT, asked).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            failed(sample, error.as_ref());
            None
        }
        Err(elapsed) => {
            failed(sample, &elapsed);
            None
        }
    }
}

fn failed(sample: &'static str, error: &dyn std::error::Error) {
    counter!("wareroom_sample_failures_total", "sample" => sample).increment(1);
    tracing::debug!(sample, %error, "a figure cannot be told");
}

#[expect(clippy::cast_precision_loss, reason = "figures beyond 2^53 are not read to the last digit")]
fn float(number: u64) -> f64 {
    number as f64
}
