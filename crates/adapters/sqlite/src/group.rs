//! One transaction in which several members take part, one after the other: what they wrote goes to the disk together. A
//! member that fails takes nothing of the others with it.
//!
//! The first member is rolled back by ending the transaction; those behind it by a savepoint of their own. Nobody is told
//! that something was stored before COMMIT has said so. What is not committed is shown to no member either: one that wants to
//! see what is stored has the group committed first, and is the first of the next.

#[cfg(test)]
mod tests;

use crate::{
    connection::set_busy_wait,
    error::{Fault, again, of_commit},
};
use rusqlite::Connection;
use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};
use tokio::time::Instant;
use wareroom_ports::StoreError;

/// A group is not let grow beyond this, so that the first to end does not wait for long.
const MOST: usize = 64;
const LONGEST: Duration = Duration::from_millis(10);

/// What became of a member that had ended well.
pub(crate) enum Outcome {
    /// It is on the disk.
    Stored,
    /// It was rolled back on account of another member, by SQLite, and may be done again.
    Swept,
    /// COMMIT failed.
    Failed(Fault),
}

impl Outcome {
    /// The same as a result, for somebody who takes that error for a member that was swept away.
    pub(crate) fn or(self, swept: StoreError) -> Result<(), StoreError> {
        match self {
            Self::Stored => Ok(()),
            Self::Swept => Err(swept),
            Self::Failed(fault) => Err(fault.into()),
        }
    }
}

/// Tells a member what became of it.
pub(crate) type Tell = Box<dyn FnOnce(Outcome) + Send>;

/// The connection, and who takes part in its transaction.
pub(crate) struct Group {
    connection: Connection,
    /// How long SQLite waits for another process's lock of the file, unless it is said.
    usual_wait: Duration,
    /// When the transaction began.
    begun: Instant,
    /// Members that ended well and wait for COMMIT.
    ended: Vec<Tell>,
    /// How many rows had been changed when the member began.
    changed: u64,
}

impl Group {
    pub(crate) fn of(connection: Connection, usual_wait: Duration) -> Self {
        Self { connection, usual_wait, begun: Instant::now(), ended: vec![], changed: 0 }
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether it should be committed rather than take another member.
    pub(crate) fn is_full(&self) -> bool {
        self.ended.len() >= MOST || (!self.ended.is_empty() && self.begun.elapsed() >= LONGEST)
    }

    /// Begins a member. It waits `at_most` for another process's lock of the file.
    pub(crate) fn join(&mut self, at_most: Duration) -> Result<(), Fault> {
        if !self.ended.is_empty() && !self.connection.is_autocommit() {
            // What cannot be begun is no fault of whoever comes, who may do better as the first of the next.
            if execute(&self.connection, "SAVEPOINT member").is_err() {
                self.commit_or_sweep();
            }
        } else {
            self.sweep();
        }
        if self.ended.is_empty() {
            self.begin(at_most)?;
        }
        self.changed = self.connection.total_changes();
        Ok(())
    }

    /// Has the member see what is stored and nothing else, unless it has written already: what it is told from then on is as
    /// certain as its own writes.
    pub(crate) fn see_what_is_stored(&mut self) -> Result<(), Fault> {
        if self.ended.is_empty() || self.connection.total_changes() > self.changed {
            return Ok(());
        }
        self.commit();
        self.begin(self.usual_wait)
    }

    fn begin(&mut self, at_most: Duration) -> Result<(), Fault> {
        // A transaction that could not be rolled back when its member failed must not become part of this one.
        self.roll_back();
        set_busy_wait(&self.connection, at_most)?;
        let begun = execute(&self.connection, "BEGIN IMMEDIATE");
        set_busy_wait(&self.connection, self.usual_wait)?;
        self.begun = Instant::now();
        Ok(begun?)
    }

    /// The member ended well.
    pub(crate) fn leave(&mut self, tell: Tell) {
        let left = if !self.ended.is_empty() {
            execute(&self.connection, "RELEASE member").map_err(Fault::from)
        } else if self.connection.is_autocommit() {
            Err(StoreError::Conflict.into())
        } else {
            Ok(())
        };
        match left {
            Ok(()) => self.ended.push(tell),
            Err(fault) => {
                self.expel();
                say(tell, Outcome::Failed(fault));
            }
        }
    }

    /// The member failed: nothing of it stays.
    pub(crate) fn expel(&mut self) {
        let undone = !self.ended.is_empty()
            && execute(&self.connection, "ROLLBACK TO member").is_ok()
            && execute(&self.connection, "RELEASE member").is_ok();
        if !undone {
            self.sweep();
        }
    }

    /// Stores what the members wrote and tells them. One that has begun and written nothing is none yet.
    pub(crate) fn commit(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let committed = execute(&self.connection, "COMMIT");
        if committed.is_err() {
            self.roll_back();
        }
        for tell in mem::take(&mut self.ended) {
            let failed = |error| Outcome::Failed(of_commit(again(error)));
            say(tell, committed.as_ref().map_or_else(failed, |()| Outcome::Stored));
        }
    }

    fn commit_or_sweep(&mut self) {
        if self.connection.is_autocommit() {
            self.sweep();
        } else {
            self.commit();
        }
    }

    /// Ends the transaction without storing anything, and tells its members.
    fn sweep(&mut self) {
        self.roll_back();
        for tell in mem::take(&mut self.ended) {
            say(tell, Outcome::Swept);
        }
    }

    /// SQLite rolls back by itself after some errors; then there is nothing left to do.
    fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = execute(&self.connection, "ROLLBACK") {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

fn say(tell: Tell, outcome: Outcome) {
    perform(|| tell(outcome));
}

/// A panic costs whoever it was for the answer, not everybody the thread.
pub(crate) fn perform<T>(work: impl FnOnce() -> T) -> Option<T> {
    let performed = catch_unwind(AssertUnwindSafe(work));
    if performed.is_err() {
        tracing::error!("work on the database panicked; its caller got no answer");
    }
    performed.ok()
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
