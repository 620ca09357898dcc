//! The steps that follow a commit, each in a loop of its own: a slow one never holds up another.

use crate::WorkerSettings;
use crate::breaker::Waits;
use crate::figures::step_failures;
use std::sync::Arc;
use tokio::{sync::Mutex, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wareroom_application::{Application, Error, Pruned};
use wareroom_domain::EventPosition;

/// A step that follows a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Carries jobs from the outbox to a queue that is not the store's own. Rows are lent by lease.
    Relay,
    /// Gives events their positions. One process does at a time, by a lock of the store's, and the others find nothing to do.
    Sequence,
    /// Reads events and announces what they invalidate. Each process reads for itself.
    Announce,
    /// Asks again for images whose attempt never ended.
    Rescue,
    /// Asks again for dead letters that were marked for it.
    Replay,
    /// Removes what was kept long enough.
    Prune,
}

/// The steps that a process takes. There is no leader: any number of processes may take each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps(&'static [Step]);

impl Steps {
    /// Of a process that is all of Wareroom.
    pub const ALL: Self = Self(&[Step::Relay, Step::Sequence, Step::Announce, Step::Rescue, Step::Replay, Step::Prune]);
    /// Of a process that is a worker.
    pub const WORKER: Self = Self::ALL;
    /// Of a process that is an API, and hears of no change but by the event log: its near cache follows that.
    pub const API: Self = Self(&[Step::Sequence, Step::Announce]);
    /// Of a process that is an API, and hears of changes by a server: whoever makes one announces it to all.
    pub const API_TOLD: Self = Self(&[Step::Sequence]);

    /// The steps, in the order of [`ALL`](Self::ALL).
    pub fn iter(self) -> impl Iterator<Item = Step> {
        self.0.iter().copied()
    }
}

/// Takes steps until `stop` is cancelled, in a process that has no worker.
pub async fn run_steps(app: Arc<Application>, settings: WorkerSettings, steps: Steps, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    spawn(&tasks, &app, &settings, steps, &stop);
    tasks.close();
    tasks.wait().await;
}

/// Starts a loop for each step; they end when `stop` is cancelled.
pub(crate) fn spawn(
    tasks: &TaskTracker,
    app: &Arc<Application>,
    settings: &WorkerSettings,
    steps: Steps,
    stop: &CancellationToken,
) {
    let loops = Loops { settings: settings.clone(), stop: stop.clone() };
    for step in steps.iter() {
        let (app, loops) = (Arc::clone(app), loops.clone());
        match step {
            Step::Relay if app.ports().outbox.is_none() => continue,
            Step::Relay => tasks.spawn(supervised("relay", relay, app, loops)),
            Step::Sequence => tasks.spawn(supervised("sequence", sequence, app, loops)),
            Step::Announce => {
                // Kept outside of the step: one that starts again goes on where it was.
                let position = Arc::default();
                let announce = move |app, loops| announce(app, loops, Arc::clone(&position));
                tasks.spawn(supervised("announce", announce, app, loops))
            }
            Step::Rescue => tasks.spawn(supervised("rescue", rescue, app, loops)),
            Step::Replay => tasks.spawn(supervised("replay", replay, app, loops)),
            Step::Prune => tasks.spawn(supervised("prune", prune, app, loops)),
        };
    }
}

/// Starts a step again when it panicked: a defect in one batch must not end all delivery without a word.
async fn supervised<Taken>(
    name: &'static str,
    step: impl Fn(Arc<Application>, Loops) -> Taken,
    app: Arc<Application>,
    loops: Loops,
) where
    Taken: Future<Output = ()> + Send + 'static,
{
    while let Err(error) = tokio::spawn(step(Arc::clone(&app), loops.clone())).await {
        tracing::error!(step = name, %error, "a step panicked and is started again");
        sleep(loops.settings.store_wait_max).await;
    }
}

#[derive(Clone)]
struct Loops {
    settings: WorkerSettings,
    stop: CancellationToken,
}

impl Loops {
    /// Repeats a step: at once while it finds work, after `pause` when it found none, after growing waits while our own
    /// stores fail. `pause` may end early.
    async fn repeat<Taken, Pause>(&self, name: &'static str, step: impl Fn() -> Taken, pause: impl Fn() -> Pause)
    where
        Taken: Future<Output = Result<bool, Error>>,
        Pause: Future<Output = ()>,
    {
        let fresh = || Waits::new(self.settings.store_wait, self.settings.store_wait_max);
        let (mut failing, failures) = (None, step_failures(name));
        let work = async {
            loop {
                match step().await {
                    Ok(busy) => {
                        if failing.take().is_some() {
                            tracing::info!(step = name, "the step works again");
                        }
                        if !busy {
                            pause().await;
                        }
                    }
                    Err(error) => {
                        failures.increment(1);
                        if failing.is_none() {
                            tracing::warn!(step = name, %error, source = ?error.source, "the step fails and is repeated");
                        }
                        failing.get_or_insert_with(fresh).wait().await;
                    }
                }
            }
        };
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = work => {}
        }
    }
}

async fn relay(app: Arc<Application>, loops: Loops) {
    let Some(outbox) = app.ports().outbox.clone() else { return };
    loops.repeat("relay", || async { Ok(app.relay_outbox().await? > 0) }, || outbox.wait(loops.settings.poll)).await;
}

async fn sequence(app: Arc<Application>, loops: Loops) {
    loops.repeat("sequence", || async { Ok(app.sequence_events().await? > 0) }, || sleep(loops.settings.poll)).await;
}

/// Begins at the newest event: what happened before this process cannot be in its caches.
async fn announce(app: Arc<Application>, loops: Loops, position: Arc<Mutex<Option<EventPosition>>>) {
    let step = || async {
        let mut position = position.lock().await;
        let from = match *position {
            Some(position) => position,
            None => app.ports().events.head().await?,
        };
        let reached = app.announce_events(from).await?;
        *position = Some(reached);
        Ok(reached > from)
    };
    loops.repeat("announce", step, || sleep(loops.settings.poll)).await;
}

async fn rescue(app: Arc<Application>, loops: Loops) {
    let step = || async {
        let rescued = app.rescue_images().await?;
        if rescued > 0 {
            tracing::warn!(rescued, "images whose attempt never ended are processed again");
        }
        Ok(false)
    };
    loops.repeat("rescue", step, || sleep(loops.settings.rescue_every)).await;
}

async fn replay(app: Arc<Application>, loops: Loops) {
    let step = || async {
        let replayed = app.replay_dead_letters().await?;
        if replayed > 0 {
            tracing::info!(replayed, "dead letters are processed again");
            sleep(loops.settings.replay_pause).await;
        }
        Ok(replayed > 0)
    };
    loops.repeat("replay", step, || sleep(loops.settings.replay_every)).await;
}

async fn prune(app: Arc<Application>, loops: Loops) {
    let step = || async {
        let pruned = app.prune(false).await?;
        let Pruned { idempotency_keys, events, dead_letters, leftovers, blobs } = pruned;
        if pruned.any() {
            tracing::info!(
                idempotency_keys,
                events,
                dead_letters,
                leftovers,
                blobs,
                "removed what was kept long enough"
            );
        }
        Ok(false)
    };
    loops.repeat("prune", step, || sleep(loops.settings.prune_every)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_taken_by_some_process_of_a_set_of_thin_ones() {
        for step in Steps::ALL.iter() {
            assert!(Steps::WORKER.iter().any(|taken| taken == step), "{step:?}");
        }
    }

    #[test]
    fn an_api_that_nobody_tells_of_changes_follows_the_event_log() {
        let follows = |steps: Steps| steps.iter().any(|step| step == Step::Announce);
        assert!(follows(Steps::API) && !follows(Steps::API_TOLD));
    }
}
