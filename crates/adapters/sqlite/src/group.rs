//! One transaction in which several members take part, one after the other: what they wrote goes to the disk together. A
//! member that fails takes nothing of the others with it.
//!
//! The first member is rolled back by ending the transaction; those behind it by a savepoint of their own. Nobody is told
//! that something was stored before COMMIT has said so. What is not committed is shown to no member either: one that wants to
//! see what is stored has the group committed first, and is the first of the next.

use crate::{
    connection::set_busy_wait,
    error::{Fault, again, of_commit},
};
use rusqlite::Connection;
use std::{mem, time::Duration};
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
        if self.ended.is_empty() {
            self.begin(at_most)?;
        } else {
            execute(&self.connection, "SAVEPOINT member")?;
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
        self.end();
        set_busy_wait(&self.connection, at_most)?;
        let begun = execute(&self.connection, "BEGIN IMMEDIATE");
        set_busy_wait(&self.connection, self.usual_wait)?;
        self.begun = Instant::now();
        Ok(begun?)
    }

    /// The member ended well.
    pub(crate) fn leave(&mut self, tell: Tell) {
        let released = if self.ended.is_empty() { Ok(()) } else { execute(&self.connection, "RELEASE member") };
        match released {
            Ok(()) => self.ended.push(tell),
            Err(error) => {
                self.expel();
                tell(Outcome::Failed(error.into()));
            }
        }
    }

    /// The member failed: nothing of it stays.
    pub(crate) fn expel(&mut self) {
        if self.ended.is_empty() {
            self.end();
        } else if execute(&self.connection, "ROLLBACK TO member")
            .and_then(|()| execute(&self.connection, "RELEASE member"))
            .is_err()
        {
            // After some errors SQLite has rolled back everything already.
            self.end();
            self.ended.drain(..).for_each(|tell| tell(Outcome::Swept));
        }
    }

    /// Stores what the members wrote and tells them. One that has begun and written nothing is none yet.
    pub(crate) fn commit(&mut self) {
        if self.ended.is_empty() {
            return;
        }
        let committed = execute(&self.connection, "COMMIT");
        if committed.is_err() {
            self.end();
        }
        for tell in mem::take(&mut self.ended) {
            tell(
                committed.as_ref().map_or_else(|error| Outcome::Failed(of_commit(again(error))), |()| Outcome::Stored),
            );
        }
    }

    /// SQLite rolls back by itself after some errors; then there is nothing left to do.
    fn end(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = execute(&self.connection, "ROLLBACK") {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    fn group() -> Group {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
        Group::of(connection, Duration::ZERO)
    }

    fn insert(group: &Group, x: i64) -> rusqlite::Result<usize> {
        group.connection().execute("INSERT INTO t VALUES (?1)", [x])
    }

    fn kept(group: &Group) -> Vec<i64> {
        let mut select = group.connection().prepare("SELECT x FROM t ORDER BY x").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// A member that writes one number and ends well; where it is told what became of it.
    fn member(group: &mut Group, x: i64) -> Receiver<Outcome> {
        let (send, told) = channel();
        group.join(Duration::ZERO).unwrap();
        insert(group, x).unwrap();
        group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
        told
    }

    /// A member that writes one number and fails.
    fn failing(group: &mut Group, x: i64) {
        group.join(Duration::ZERO).unwrap();
        insert(group, x).unwrap();
        group.expel();
    }

    #[test]
    fn members_are_told_together_once_they_are_stored_and_not_before() {
        let mut group = group();
        let (first, second) = (member(&mut group, 1), member(&mut group, 2));
        assert!(first.try_recv().is_err() && second.try_recv().is_err());
        assert!(!group.connection().is_autocommit());
        group.commit();
        assert!(group.connection().is_autocommit());
        for told in [first, second] {
            assert!(matches!(told.try_recv(), Ok(Outcome::Stored)));
        }
        assert_eq!(kept(&group), [1, 2]);
    }

    #[test]
    fn a_member_that_fails_takes_nothing_of_the_others_with_it_wherever_it_stands() {
        let mut group = group();
        failing(&mut group, 1);
        assert!(group.connection().is_autocommit(), "nothing is left open");
        let told = [member(&mut group, 2), member(&mut group, 3)];
        failing(&mut group, 4);
        let last = member(&mut group, 5);
        failing(&mut group, 6);
        group.commit();
        assert_eq!(kept(&group), [2, 3, 5]);
        for told in told.into_iter().chain([last]) {
            assert!(matches!(told.try_recv(), Ok(Outcome::Stored)));
        }
    }

    #[test]
    fn a_member_that_reads_sees_nothing_that_is_not_stored() {
        let mut group = group();
        let first = member(&mut group, 1);
        group.join(Duration::ZERO).unwrap();
        group.see_what_is_stored().unwrap();
        assert!(matches!(first.try_recv(), Ok(Outcome::Stored)));
        assert_eq!(kept(&group), [1]);
        insert(&group, 2).unwrap();
        group.expel();
        assert_eq!(kept(&group), [1]);
    }

    #[test]
    fn a_member_that_has_written_is_stored_with_the_others_or_not_at_all() {
        let mut group = group();
        let first = member(&mut group, 1);
        group.join(Duration::ZERO).unwrap();
        insert(&group, 2).unwrap();
        group.see_what_is_stored().unwrap();
        assert!(first.try_recv().is_err(), "a part of the second would be stored");
        group.expel();
        group.commit();
        assert_eq!(kept(&group), [1]);
    }

    #[test]
    fn who_was_rolled_back_on_account_of_another_is_told_and_the_group_goes_on() {
        let mut group = group();
        let swept = member(&mut group, 1);
        group.join(Duration::ZERO).unwrap();
        insert(&group, 2).unwrap();
        // What SQLite does by itself when the disk fails it.
        group.connection().execute_batch("ROLLBACK").unwrap();
        group.expel();
        assert!(matches!(swept.try_recv(), Ok(Outcome::Swept)));
        let stored = member(&mut group, 3);
        group.commit();
        assert!(matches!(stored.try_recv(), Ok(Outcome::Stored)));
        assert_eq!(kept(&group), [3]);
    }

    #[test]
    fn a_member_that_did_not_notice_is_not_stored_without_the_others() {
        let mut group = group();
        let swept = member(&mut group, 1);
        group.join(Duration::ZERO).unwrap();
        group.connection().execute_batch("ROLLBACK").unwrap();
        let (send, told) = channel();
        group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
        assert!(matches!(swept.try_recv(), Ok(Outcome::Swept)));
        assert!(matches!(told.try_recv(), Ok(Outcome::Failed(_))));
        group.commit();
        assert!(kept(&group).is_empty());
    }

    #[test]
    fn a_commit_that_fails_is_told_to_every_member_and_leaves_nothing_open() {
        let mut group = group();
        let sql =
            "PRAGMA foreign_keys = on; CREATE TABLE child (x INTEGER REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED)";
        group.connection().execute_batch(sql).unwrap();
        let first = member(&mut group, 1);
        group.join(Duration::ZERO).unwrap();
        group.connection().execute_batch("INSERT INTO child VALUES (2)").unwrap();
        let (send, second) = channel();
        group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
        group.commit();
        for told in [first, second] {
            assert!(matches!(told.try_recv(), Ok(Outcome::Failed(_))));
        }
        assert!(group.connection().is_autocommit() && kept(&group).is_empty());
    }

    #[test]
    fn a_group_is_full_when_it_has_many_members_or_its_first_has_waited() {
        let mut group = group();
        assert!(!group.is_full(), "nobody waits");
        let mut told = vec![member(&mut group, 0)];
        std::thread::sleep(LONGEST);
        assert!(group.is_full());
        group.commit();
        for x in 1..=i64::try_from(MOST).unwrap() {
            told.push(member(&mut group, x));
        }
        assert!(group.is_full());
        group.commit();
        assert!(told.iter().all(|told| matches!(told.try_recv(), Ok(Outcome::Stored))));
    }
}
