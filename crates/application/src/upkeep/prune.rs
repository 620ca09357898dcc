//! Removes everything that was kept long enough.

use super::collect_blobs;
use crate::{Application, Error};
use std::time::Duration;
use wareroom_ports::Kept;

/// For how long things are kept that are not kept for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retain {
    /// Answers that a repeated request gets again, from when it came first.
    pub idempotency_keys: Duration,
    /// Events, from when they happened: for as long readers of the log can stay away and miss nothing.
    pub events: Duration,
    /// Dead letters, from when the work was given up.
    pub dead_letters: Duration,
    /// What puts that never ended left behind; longer than any put takes.
    pub leftovers: Duration,
}

impl Default for Retain {
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self { idempotency_keys: days(1), events: days(7), dead_letters: days(30), leftovers: Duration::from_hours(1) }
    }
}

/// How many of each were removed or, on a dry run, would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Answers that a repeated request would have got again.
    pub idempotency_keys: u64,
    /// Events that were told long ago.
    pub events: u64,
    /// Dead letters that nobody looked after.
    pub dead_letters: u64,
    /// Files that puts which never ended left behind.
    pub leftovers: u64,
    /// Blobs that nobody names.
    pub blobs: u64,
}

impl Pruned {
    /// Whether there was anything.
    pub const fn any(&self) -> bool {
        self.idempotency_keys + self.events + self.dead_letters + self.leftovers + self.blobs > 0
    }
}

pub(crate) async fn execute(app: &Application, dry_run: bool) -> Result<Pruned, Error> {
    let retain = app.settings.retain;
    let pruned = Pruned {
        idempotency_keys: expired(app, Kept::IdempotencyKeys, retain.idempotency_keys, dry_run).await?,
        events: expired(app, Kept::Events, retain.events, dry_run).await?,
        dead_letters: expired(app, Kept::DeadLetters, retain.dead_letters, dry_run).await?,
        leftovers: app.ports.blobs.leftovers(retain.leftovers, !dry_run).await?,
        blobs: collect_blobs::execute(app, dry_run).await?,
    };
    if !dry_run {
        app.ports.retention.compact().await?;
    }
    Ok(pruned)
}

/// Rows of a kind that are older than `age`.
async fn expired(app: &Application, what: Kept, age: Duration, dry_run: bool) -> Result<u64, Error> {
    let now = app.ports.clock.now();
    // What would have to be older than time itself is not there.
    let Ok(before) = now.checked_sub(age) else { return Ok(0) };
    if dry_run {
        return Ok(app.ports.retention.expired(what, before).await?);
    }
    let (batch, mut removed) = (app.settings.batch.max(1), 0);
    loop {
        match app.ports.retention.remove_expired(what, before, batch).await? {
            0 => return Ok(removed),
            more => removed += more,
        }
    }
}
