//! Tells on stderr how far something is that takes long, and what it finds.

use crate::output::message;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_application::transfer::{Finding, Progress};
use wareroom_ports::Table;

/// At most so often, but for what is the last of its kind.
const EVERY: Duration = Duration::from_secs(2);

/// Lines for whoever waits.
pub(super) struct Telling {
    last: Mutex<Instant>,
}

impl Telling {
    pub(super) fn new() -> Self {
        Self { last: Mutex::new(Instant::now()) }
    }

    pub(super) fn tell(&self, progress: Progress) {
        match progress {
            Progress::Rows { table, done, of } => self.say(done, of, || line("copied", table, done, of)),
            Progress::Compared { table, done, of } => self.say(done, of, || line("compared", table, done, of)),
            Progress::Blob { done, of, .. } => self.say(done, of, || format!("blobs: {done} of {of}")),
            Progress::Missing(key) => message(&format!("missing: {key}, which rows name and its store lacks")),
            Progress::Damaged(key) => message(&format!("damaged: {key}, whose bytes are not what its name says")),
        }
    }

    fn say(&self, done: u64, of: u64, text: impl FnOnce() -> String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if done == of || last.elapsed() >= EVERY {
            *last = Instant::now();
            message(&text());
        }
    }
}

fn line(what: &str, table: Table, done: u64, of: u64) -> String {
    format!("{}: {done} of {of} {what}", table.name())
}

/// What was found, in a word, and where.
pub(super) fn found(finding: Finding) -> (&'static str, String) {
    match finding {
        Finding::Missing(key) => ("missing", key.to_string()),
        Finding::Damaged(key) => ("damaged", key.to_string()),
        Finding::Orphaned(key) => ("orphaned", key.to_string()),
    }
}
