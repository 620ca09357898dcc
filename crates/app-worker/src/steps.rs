//! The steps that follow a commit, each in a loop of its own: a slow one never holds up another.

use crate::WorkerSettings;
use crate::breaker::Waits;
use std::sync::Arc;
use tokio::{sync::Mutex, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wareroom_application::{Application, Error, Pruned};
use wareroom_domain::EventPosition;

/// Starts every step's loop; they end when `stop` is cancelled.
pub(crate) fn spawn(tasks: &TaskTracker, app: &Arc<Application>, settings: &WorkerSettings, stop: &CancellationToken) {
    let loops = Loops { settings: settings.clone(), stop: stop.clone() };
    if app.ports().outbox.is_some() {
        tasks.spawn(supervised("relay", relay, Arc::clone(app), loops.clone()));
    }
    tasks.spawn(supervised("sequence", sequence, Arc::clone(app), loops.clone()));
    // Kept outside of the step: one that starts again goes on where it was.
    let position = Arc::default();
    let announce = move |app, loops| announce(app, loops, Arc::clone(&position));
    tasks.spawn(supervised("announce", announce, Arc::clone(app), loops.clone()));
    tasks.spawn(supervised("rescue", rescue, Arc::clone(app), loops.clone()));
    tasks.spawn(supervised("replay", replay, Arc::clone(app), loops.clone()));
    tasks.spawn(supervised("prune", prune, Arc::clone(app), loops));
}

/// Starts a step again when it panicked: a defect in one batch must not end all delivery without a word.
async fn supervised<Step>(
    name: &str,
    step: impl Fn(Arc<Application>, Loops) -> Step,
    app: Arc<Application>,
    loops: Loops,
) where
    Step: Future<Output = ()> + Send + 'static,
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
    async fn repeat<Step, Pause>(&self, name: &str, step: impl Fn() -> Step, pause: impl Fn() -> Pause)
    where
        Step: Future<Output = Result<bool, Error>>,
        Pause: Future<Output = ()>,
    {
        let fresh = || Waits::new(self.settings.store_wait, self.settings.store_wait_max);
        let mut failing = None;
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
