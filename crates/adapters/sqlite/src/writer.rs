//! The one thread that writes. It owns the connection and is sent closures.
//!
//! Whoever wants to write stands in line, units of work and single writes alike. A unit has the connection to itself from
//! its turn to its end, closure by closure. Those who stand in line together take part in one transaction and share its
//! COMMIT ([`Group`]), so that the disk is waited for once for all of them; one who is alone waits for nobody.

use crate::{
    error::{Fault, NoAnswer},
    group::{Group, Outcome, Tell},
};
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use wareroom_ports::StoreError;

/// Work that tells by itself what came of it. It is given a fault instead of the connection when it cannot be done.
type Part = Box<dyn FnOnce(Result<&Connection, Fault>) + Send>;

/// Work that a member of a group ends with: whom to tell what becomes of it, or nobody, when it failed and said so already.
type Last = Box<dyn FnOnce(Result<&Connection, Fault>) -> Option<Tell> + Send>;

enum Task {
    /// Takes a place in the line.
    Stand(Place),
    /// A part of the unit that is open, and what it is to see.
    Part(Sees, Part),
    /// The last part of the unit that is open, which ends with it.
    End(Last),
    /// The unit that is open is given up.
    GiveUp,
}

/// What a part of a unit sees besides what the unit wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What is stored.
    Stored,
    /// It does not matter: its answer is the same.
    Whatever,
}

enum Place {
    /// A unit, which is open from its turn on.
    Unit { turn: Turn, until: Instant, reply: oneshot::Sender<Result<Turn, StoreError>> },
    /// All of a write, which is told why when it has no turn.
    Write(Last),
    /// What cannot be part of a transaction.
    Alone(Part),
}

/// The way to the thread, which ends when the last of these is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    tasks: mpsc::Sender<Task>,
}

impl Writer {
    /// `busy_wait` is how long the connection waits for another process's lock of the file.
    pub(crate) fn start(connection: Connection, busy_wait: Duration) -> io::Result<Self> {
        let (tasks, received) = mpsc::channel();
        let desk = Desk { group: Group::of(connection, busy_wait), busy_wait, line: VecDeque::new(), open: false };
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || desk.run(&received))?;
        Ok(Self { tasks })
    }

    fn send(&self, task: Task) {
        // Nobody there any more: the connection is closed, which rolled back what was open.
        drop(self.tasks.send(task));
    }

    /// Waits for a unit's turn: `Busy` when it did not come in time.
    pub(crate) async fn turn(&self, at_most: Duration) -> Result<Turn, StoreError> {
        let (reply, answer) = oneshot::channel();
        let turn = Turn { writer: self.clone(), has_come: false };
        self.send(Task::Stand(Place::Unit { turn, until: Instant::now() + at_most, reply }));
        match timeout(at_most, answer).await {
            Ok(turn) => turn.map_err(|_| NoAnswer)?,
            Err(_) => Err(StoreError::Busy),
        }
    }

    /// A write of its own, all of which is stored or nothing. `Busy` when its turn did not come in time, and then it is done
    /// later all the same. The result, when nobody waits for it any more, is dropped on the writer's thread.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        at_most: Duration,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send_write(work, move |result| drop(reply.send(result)));
        in_time(at_most, answer).await
    }

    /// The same for somebody who does not wait, such as a destructor; `tell` is called on the writer's thread.
    pub(crate) fn send_write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        tell: impl FnOnce(Result<T, StoreError>) + Send + 'static,
    ) {
        self.send(Task::Stand(Place::Write(last(work, StoreError::Busy, tell))));
    }

    /// Work outside any transaction; otherwise as [`write`](Self::write).
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        at_most: Duration,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Stand(Place::Alone(part(work, reply))));
        in_time(at_most, answer).await
    }
}

async fn in_time<T>(at_most: Duration, answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    match timeout(at_most, answer).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(NoAnswer.into()),
        Err(_) => Err(StoreError::Busy),
    }
}

/// The connection is a unit's, from when its turn has come until this is dropped, which rolls it back behind whatever is
/// still being done for it.
pub(crate) struct Turn {
    writer: Writer,
    has_come: bool,
}

impl Turn {
    /// Does a part of the unit. It is done also when the caller stops waiting.
    pub(crate) async fn part<T: Send + 'static>(
        &self,
        sees: Sees,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Task::Part(sees, part(work, reply)));
        answer.await.map_err(|_| NoAnswer)?
    }

    /// Does the last part and stores all of them; calls `stored` when they are. It is done also when the caller stops waiting.
    pub(crate) async fn end(
        mut self,
        work: impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static,
        stored: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.has_come = false;
        let tell = move |result: Result<(), StoreError>| {
            if result.is_ok() {
                stored();
            }
            drop(reply.send(result));
        };
        self.writer.send(Task::End(last(work, StoreError::Conflict, tell)));
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown(Box::new(NoAnswer))))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.has_come {
            self.writer.send(Task::GiveUp);
        }
    }
}

fn part<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    reply: oneshot::Sender<Result<T, StoreError>>,
) -> Part {
    Box::new(move |turn| drop(reply.send(turn.and_then(work).map_err(StoreError::from))))
}

/// `swept` is what to tell of work that was rolled back on account of others.
fn last<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    swept: StoreError,
    tell: impl FnOnce(Result<T, StoreError>) + Send + 'static,
) -> Last {
    Box::new(move |turn| match turn.and_then(work) {
        Ok(value) => Some(Box::new(move |outcome: Outcome| tell(outcome.or(swept).map(|()| value)))),
        Err(fault) => {
            tell(Err(fault.into()));
            None
        }
    })
}

/// What the thread knows.
struct Desk {
    group: Group,
    /// How long to wait for another process's lock of the file.
    busy_wait: Duration,
    line: VecDeque<Place>,
    /// Whether a unit has the connection.
    open: bool,
}

impl Desk {
    fn run(mut self, received: &mpsc::Receiver<Task>) {
        while let Ok(task) = received.recv() {
            self.receive(task);
            loop {
                // Whoever came meanwhile stands in line before it is asked whether anybody does.
                for task in received.try_iter() {
                    self.receive(task);
                }
                if self.open || !self.advance() {
                    break;
                }
            }
        }
    }

    fn receive(&mut self, task: Task) {
        match task {
            Task::Stand(place) => self.line.push_back(place),
            Task::Part(sees, work) => {
                let ready = if sees == Sees::Stored { self.group.see_what_is_stored() } else { Ok(()) };
                perform(|| work(ready.map(|()| self.group.connection())));
            }
            Task::End(work) => {
                self.open = false;
                self.finish(work);
            }
            Task::GiveUp => {
                self.open = false;
                self.group.expel();
            }
        }
    }

    /// Lets the next in line have its turn. When there is none, what was done is stored, and the answer is no.
    fn advance(&mut self) -> bool {
        if self.group.is_full() {
            self.group.commit();
        }
        match self.line.pop_front() {
            // Nobody waits for it any more.
            Some(Place::Unit { reply, .. }) if reply.is_closed() => {}
            Some(Place::Unit { mut turn, until, reply }) => {
                let begun = self.group.join(until.saturating_duration_since(Instant::now()));
                self.open = begun.is_ok();
                turn.has_come = self.open;
                // A turn that nobody takes gives itself up.
                drop(reply.send(begun.map(|()| turn).map_err(StoreError::from)));
            }
            Some(Place::Write(work)) => match self.group.join(self.busy_wait) {
                Ok(()) => self.finish(work),
                Err(fault) => drop(perform(|| work(Err(fault)))),
            },
            Some(Place::Alone(work)) => {
                self.group.commit();
                perform(|| work(Ok(self.group.connection())));
            }
            None => {
                self.group.commit();
                return false;
            }
        }
        true
    }

    /// Does what the member that has the connection ends with.
    fn finish(&mut self, work: Last) {
        match perform(|| work(Ok(self.group.connection()))).flatten() {
            Some(tell) => self.group.leave(tell),
            None => self.group.expel(),
        }
    }
}

/// A panic costs its caller the answer, not everybody the thread: the caller's unit is dead then and rolls back.
fn perform<T>(work: impl FnOnce() -> T) -> Option<T> {
    let performed = catch_unwind(AssertUnwindSafe(work));
    if performed.is_err() {
        tracing::error!("work on the database panicked; its caller got no answer");
    }
    performed.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::task::JoinHandle;

    const LONG: Duration = Duration::from_secs(10);

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
        Writer::start(connection, Duration::ZERO).unwrap()
    }

    fn insert(x: i64) -> impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static {
        move |connection| Ok(connection.execute("INSERT INTO t VALUES (?1)", [x]).map(drop)?)
    }

    async fn sum(writer: &Writer) -> i64 {
        let sum = |connection: &Connection| Ok(connection.query_one("SELECT sum(x) FROM t", [], |row| row.get(0))?);
        writer.alone(LONG, sum).await.unwrap()
    }

    #[tokio::test]
    async fn a_write_waits_for_the_unit_to_end_and_is_not_part_of_it() {
        let writer = writer();
        let turn = writer.turn(LONG).await.unwrap();
        turn.part(Sees::Stored, insert(1)).await.unwrap();
        let early = writer.write(Duration::from_millis(20), insert(2)).await;
        assert!(matches!(early, Err(StoreError::Busy)));
        drop(turn);
        assert_eq!(sum(&writer).await, 2);
    }

    /// Units that stand in line behind one that is open, each to insert a number: what each does is begun at once.
    async fn in_line(
        writer: &Writer,
        numbers: impl IntoIterator<Item = i64>,
    ) -> Vec<JoinHandle<Result<(), StoreError>>> {
        let mut units = vec![];
        for x in numbers {
            let writer = writer.clone();
            units.push(tokio::spawn(async move {
                let turn = writer.turn(LONG).await?;
                turn.part(Sees::Whatever, insert(x)).await?;
                turn.end(|_| Ok(()), || ()).await
            }));
            tokio::task::yield_now().await;
        }
        units
    }

    #[tokio::test]
    async fn units_that_stand_in_line_are_stored_whoever_fails_among_them() {
        let writer = writer();
        let turn = writer.turn(LONG).await.unwrap();
        let units = in_line(&writer, [1, 2, 2, 3, 1, 4]).await;
        drop(turn);
        let mut stored = vec![];
        for unit in units {
            stored.push(unit.await.unwrap().is_ok());
        }
        assert_eq!(stored, [true, true, false, true, false, true]);
        assert_eq!(sum(&writer).await, 10);
    }

    #[tokio::test]
    async fn who_is_followed_by_another_shares_its_commit() {
        let writer = writer();
        let first = writer.turn(LONG).await.unwrap();
        first.part(Sees::Stored, insert(1)).await.unwrap();
        let second = tokio::spawn({
            let writer = writer.clone();
            async move { writer.turn(LONG).await.unwrap() }
        });
        tokio::task::yield_now().await;
        let first = tokio::spawn(first.end(|_| Ok(()), || ()));
        let second = second.await.unwrap();
        second.part(Sees::Whatever, insert(2)).await.unwrap();
        assert!(!first.is_finished(), "it was stored alone");
        second.end(|_| Ok(()), || ()).await.unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(sum(&writer).await, 3);
    }

    #[tokio::test]
    async fn a_unit_that_looks_is_shown_nothing_that_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        let open = || Connection::open(&path).unwrap();
        open().execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
        let writer = Writer::start(open(), Duration::ZERO).unwrap();
        let count = |connection: &Connection| -> Result<i64, Fault> {
            Ok(connection.query_one("SELECT count(*) FROM t", [], |row| row.get(0))?)
        };
        for round in 0..50 {
            let turn = writer.turn(LONG).await.unwrap();
            let units = in_line(&writer, [3 * round, 3 * round + 1, 3 * round + 2]).await;
            drop(turn);
            let looking = writer.turn(LONG).await.unwrap();
            let seen = looking.part(Sees::Stored, count).await.unwrap();
            // Nothing is waited for: what was seen is in the file by now.
            assert_eq!(seen, count(&open()).unwrap_or_default());
            drop(looking);
            for unit in units {
                unit.await.unwrap().unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_turn_that_nobody_waits_for_any_more_is_passed_on() {
        let writer = writer();
        let first = writer.turn(LONG).await.unwrap();
        assert!(matches!(writer.turn(Duration::from_millis(5)).await, Err(StoreError::Busy)));
        drop(first);
        for _ in 0..50 {
            // It has come or not, by chance: the answer is on its way from the other thread.
            drop(timeout(Duration::ZERO, writer.turn(LONG)).await);
        }
        writer.write(LONG, insert(1)).await.unwrap();
        assert_eq!(sum(&writer).await, 1);
    }

    #[tokio::test]
    async fn what_is_done_alone_is_in_no_transaction() {
        let writer = writer();
        let units = in_line(&writer, 0..3).await;
        assert!(writer.alone(LONG, |connection| Ok(connection.is_autocommit())).await.unwrap());
        for unit in units {
            unit.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_not_the_thread() {
        let writer = writer();
        let lost = writer.write::<()>(LONG, |_| panic!("on purpose")).await;
        assert!(matches!(lost, Err(StoreError::Backend(_))));
        writer.write(LONG, insert(1)).await.unwrap();
        assert_eq!(sum(&writer).await, 1);
    }
}
