//! The numbers and times that a worker works with.

use std::time::Duration;

/// The numbers and times that a worker works with.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// How many images are rendered at once.
    pub concurrency: u16,
    /// How many jobs may run beside those, waiting for a download: slow servers must not hold up what is there already.
    pub downloads: u16,
    /// How long one delivery may take, waits for our own stores included; must be below the queue's lease.
    pub job_deadline: Duration,
    /// How long running jobs may go on after the worker was told to stop, before they are handed back.
    pub drain: Duration,
    /// The first wait after a failure of our own stores; doubles up to `store_wait_max`.
    pub store_wait: Duration,
    /// The longest wait between two tries of our own stores.
    pub store_wait_max: Duration,
    /// How often the outbox and the event log are looked at while nothing happens.
    pub poll: Duration,
    /// How often what was kept long enough is removed.
    pub prune_every: Duration,
    /// How often stuck images are looked for.
    pub rescue_every: Duration,
    /// How often dead letters that are to be replayed are looked for.
    pub replay_every: Duration,
    /// The pause behind each batch of dead letters that was replayed: with the batches of the application's settings it bounds
    /// how many come back in a second.
    pub replay_pause: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            concurrency: 2,
            downloads: 16,
            job_deadline: Duration::from_mins(5),
            drain: Duration::from_secs(25),
            store_wait: Duration::from_millis(100),
            store_wait_max: Duration::from_secs(5),
            poll: Duration::from_millis(250),
            prune_every: Duration::from_mins(10),
            rescue_every: Duration::from_secs(30),
            replay_every: Duration::from_secs(1),
            replay_pause: Duration::from_millis(500),
        }
    }
}
