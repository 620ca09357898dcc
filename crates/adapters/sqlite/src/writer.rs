//! The one thread that writes. It owns the connection and is sent closures.
//!
//! Whoever wants to write stands in line, units of work and single writes alike. A unit has the connection to itself from
//! its turn to its end, closure by closure. Those who stand in line together take part in one transaction and share its
//! COMMIT ([`Group`]), so that the disk is waited for once for all of them; one who is alone waits for nobody.

mod desk;
#[cfg(test)]
mod tests;

use self::desk::Desk;
use crate::{
    error::{Fault, NoAnswer},
    group::{Group, Outcome, Tell},
};
use rusqlite::Connection;
use std::{io, sync::mpsc, thread, time::Duration};
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
    Unit { turn: Turn, asked: Instant, at_most: Duration, reply: oneshot::Sender<Result<Turn, StoreError>> },
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
        let desk = Desk::of(Group::of(connection, busy_wait), busy_wait);
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
        self.send(Task::Stand(Place::Unit { turn, asked: Instant::now(), at_most, reply }));
        in_time(at_most, answer).await
    }

    /// A write of its own, all of which is stored or nothing; `stored` is called when it is, on the writer's thread. `Busy`
    /// when its turn did not come in time, and then it is done later all the same. The result, when nobody waits for it any
    /// more, is dropped on the writer's thread.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        at_most: Duration,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        stored: impl FnOnce() + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send_write(work, telling(reply, stored));
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
        self.writer.send(Task::End(last(work, StoreError::Conflict, telling(reply, stored))));
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

/// Answers whoever waits, once `stored` was called, if it is.
fn telling<T>(
    reply: oneshot::Sender<Result<T, StoreError>>,
    stored: impl FnOnce(),
) -> impl FnOnce(Result<T, StoreError>) {
    move |result| {
        if result.is_ok() {
            stored();
        }
        drop(reply.send(result));
    }
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
