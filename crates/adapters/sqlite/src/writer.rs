//! The one thread that writes. It owns the connection and is sent closures.
//!
//! A unit of work has the connection to itself from BEGIN to COMMIT or ROLLBACK, closure by closure. Work that is not
//! part of a unit is put off until none is open, so that it can never end up in somebody's transaction; it needs no
//! turn, and so it can be sent from a destructor.

use crate::error::{Fault, NoAnswer};
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};
use tokio::{sync::oneshot, time::timeout};
use wareroom_ports::StoreError;

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

enum Task {
    InUnit(Work),
    BetweenUnits(Work),
}

/// The way to the thread, which ends when the last of these is gone.
#[derive(Clone)]
pub(crate) struct Writer {
    tasks: mpsc::Sender<Task>,
}

impl Writer {
    pub(crate) fn start(connection: Connection) -> io::Result<Self> {
        let (tasks, received) = mpsc::channel();
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || run(connection, &received))?;
        Ok(Self { tasks })
    }

    /// Sends a part of a unit whose answer nobody waits for.
    pub(crate) fn send_in_unit(&self, work: impl FnOnce(&mut Connection) + Send + 'static) {
        // Nobody there any more: the connection is closed, which rolled back what was open.
        drop(self.tasks.send(Task::InUnit(Box::new(work))));
    }

    /// Sends work to be done between units whose answer nobody waits for.
    pub(crate) fn send_between_units(&self, work: impl FnOnce(&mut Connection) + Send + 'static) {
        drop(self.tasks.send(Task::BetweenUnits(Box::new(work))));
    }

    /// A part of a unit. It is done also when the caller stops waiting.
    pub(crate) async fn in_unit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<Result<T, StoreError>, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.send_in_unit(move |connection| drop(reply.send(work(connection))));
        answer.await.map(|result| result.map_err(StoreError::from)).map_err(|_| NoAnswer)
    }

    /// Work between units: `Busy` when its turn did not come in time, and then it is done later all the same. The
    /// result, when nobody waits for it any more, is dropped on the writer's thread.
    pub(crate) async fn between_units<T: Send + 'static>(
        &self,
        at_most: Duration,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send_between_units(move |connection| drop(reply.send(work(connection))));
        match timeout(at_most, answer).await {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(_)) => Err(NoAnswer.into()),
            Err(_) => Err(StoreError::Busy),
        }
    }
}

fn run(mut connection: Connection, received: &mpsc::Receiver<Task>) {
    let mut put_off = VecDeque::new();
    while let Ok(task) = received.recv() {
        match task {
            Task::InUnit(work) => perform(work, &mut connection),
            Task::BetweenUnits(work) => put_off.push_back(work),
        }
        while connection.is_autocommit()
            && let Some(work) = put_off.pop_front()
        {
            perform(work, &mut connection);
        }
    }
}

/// A panic costs its caller the answer, not everybody the thread: the caller's unit is dead then and rolls back.
fn perform(work: Work, connection: &mut Connection) {
    if catch_unwind(AssertUnwindSafe(|| work(connection))).is_err() {
        tracing::error!("work on the database panicked; its caller got no answer");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER) STRICT").unwrap();
        Writer::start(connection).unwrap()
    }

    fn run_sql(sql: &'static str) -> impl FnOnce(&mut Connection) -> Result<(), Fault> + Send + 'static {
        move |connection| Ok(connection.execute_batch(sql)?)
    }

    #[tokio::test]
    async fn work_between_units_waits_for_the_unit_to_end_and_is_not_part_of_it() {
        let writer = writer();
        writer.in_unit(run_sql("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")).await.unwrap().unwrap();
        let early = writer.between_units(Duration::from_millis(20), run_sql("INSERT INTO t VALUES (2)")).await;
        assert!(matches!(early, Err(StoreError::Busy)));
        writer.in_unit(run_sql("ROLLBACK")).await.unwrap().unwrap();
        let kept: i64 = writer
            .between_units(LONG, |connection| Ok(connection.query_one("SELECT sum(x) FROM t", [], |row| row.get(0))?))
            .await
            .unwrap();
        assert_eq!(kept, 2);
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_not_the_thread() {
        let writer = writer();
        let lost = writer.between_units::<()>(LONG, |_| panic!("on purpose")).await;
        assert!(matches!(lost, Err(StoreError::Backend(_))));
        writer.between_units(LONG, run_sql("INSERT INTO t VALUES (1)")).await.unwrap();
    }
}
