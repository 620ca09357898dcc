//! Connections for queries, lent to the runtime's blocking threads. Each sees the last commit, never a part of one.
//!
//! A thread that has answered a query goes on with whoever waits, so that under load queries follow each other without a
//! thread being woken for each.

use crate::error::{Fault, NoAnswer};
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Semaphore, oneshot},
    task::spawn_blocking,
    time::timeout,
};
use wareroom_ports::StoreError;

type Query = Box<dyn FnOnce(&mut Connection) + Send>;

/// A few connections, and a line for them. What may take long leaves one of them to what does not.
pub(crate) struct Readers {
    line: Arc<Line>,
    long: Arc<Semaphore>,
    wait: Duration,
}

struct Line(Mutex<Places>);

struct Places {
    idle: Vec<Connection>,
    /// Nobody waits while a connection is idle.
    waiting: VecDeque<Query>,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>, wait: Duration) -> Self {
        let long = Arc::new(Semaphore::new(connections.len().saturating_sub(1).max(1)));
        let places = Places { idle: connections, waiting: VecDeque::new() };
        Self { line: Arc::new(Line(Mutex::new(places))), long, wait }
    }

    /// Runs a query that may take long: `Busy` when too many of them were running for too long.
    pub(crate) async fn read_long<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = timeout(self.wait, Arc::clone(&self.long).acquire_owned()).await;
        let turn = turn.map_err(|_| StoreError::Busy)?.map_err(|_| NoAnswer)?;
        self.read(move |connection| {
            // Until the query ends, also when nobody waits for it any more.
            let _turn = turn;
            query(connection)
        })
        .await
    }

    /// Runs a query: `Busy` when no connection was free in time.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, mut answer) = oneshot::channel();
        // Set by whoever is first: the thread that begins, or the caller who waited long enough.
        let decided = Arc::new(AtomicBool::new(false));
        let begins = Arc::clone(&decided);
        let begun = self.begin(Box::new(move |connection| {
            if !begins.swap(true, SeqCst) && !reply.is_closed() {
                drop(reply.send(query(connection)));
            }
        }));
        if !begun && let Ok(answered) = timeout(self.wait, &mut answer).await {
            return Ok(answered.map_err(|_| NoAnswer)??);
        }
        if !begun && !decided.swap(true, SeqCst) {
            return Err(StoreError::Busy);
        }
        Ok(answer.await.map_err(|_| NoAnswer)??)
    }

    /// Begins at once when a connection is idle, and says so; else the query waits for its turn.
    fn begin(&self, query: Query) -> bool {
        let mut places = self.line.places();
        let Some(connection) = places.idle.pop() else {
            places.waiting.push_back(query);
            return false;
        };
        let loan = Loan { connection: Some(connection), line: Arc::clone(&self.line) };
        spawn_blocking(move || loan.run(query));
        true
    }
}

impl Line {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that goes back whatever happens to the thread.
struct Loan {
    connection: Option<Connection>,
    line: Arc<Line>,
}

impl Loan {
    /// Runs the query, and those that wait, until nobody does. A panic costs its caller the answer and nobody else.
    fn run(mut self, query: Query) {
        let mut next = Some(query);
        while let (Some(query), Some(connection)) = (next.take(), self.connection.as_mut()) {
            if catch_unwind(AssertUnwindSafe(|| query(connection))).is_err() {
                tracing::error!("a query panicked; its caller got no answer");
            }
            let mut places = self.line.places();
            next = places.waiting.pop_front();
            if next.is_none() {
                places.idle.extend(self.connection.take());
            }
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.line.places().idle.push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn readers(wait: Duration) -> Readers {
        Readers::new(vec![Connection::open_in_memory().unwrap()], wait)
    }

    #[tokio::test]
    async fn a_query_that_panics_or_is_given_up_returns_its_connection() {
        let readers = readers(Duration::from_secs(10));
        assert!(matches!(readers.read::<()>(|_| panic!("on purpose")).await, Err(StoreError::Backend(_))));
        let (open_gate, gate) = mpsc::channel();
        let slow = readers.read(move |_| Ok(gate.recv().is_ok()));
        assert!(timeout(Duration::from_millis(5), slow).await.is_err());
        open_gate.send(()).unwrap();
        let one: i64 =
            readers.read(|connection| Ok(connection.query_one("SELECT 1", [], |row| row.get(0))?)).await.unwrap();
        assert_eq!(one, 1);
    }

    #[tokio::test]
    async fn what_takes_long_leaves_a_connection_to_what_does_not() {
        let connections = (0..3).map(|_| Connection::open_in_memory().unwrap()).collect();
        let readers = Readers::new(connections, Duration::from_millis(50));
        let (open_gate, gate) = std::sync::mpsc::channel();
        let gate = Arc::new(Mutex::new(gate));
        let long = || {
            let gate = Arc::clone(&gate);
            readers.read_long(move |_| Ok(gate.lock().unwrap().recv().is_ok()))
        };
        let others = async {
            let third = readers.read_long(|_| Ok(())).await;
            let short = readers.read(|_| Ok(())).await;
            open_gate.send(()).unwrap();
            open_gate.send(()).unwrap();
            (third, short)
        };
        let (first, second, (third, short)) = tokio::join!(long(), long(), others);
        assert!(first.unwrap() && second.unwrap());
        assert!(matches!(third, Err(StoreError::Busy)), "every connection is taken by what takes long");
        assert!(short.is_ok());
    }

    #[tokio::test]
    async fn when_every_connection_is_in_use_the_store_is_busy() {
        let readers = readers(Duration::from_millis(10));
        let (open_gate, gate) = mpsc::channel();
        let slow = readers.read(move |_| Ok(gate.recv().is_ok()));
        let next = async {
            let result = readers.read(|_| Ok(())).await;
            open_gate.send(()).unwrap();
            result
        };
        let (first, second) = tokio::join!(slow, next);
        assert!(first.unwrap());
        assert!(matches!(second, Err(StoreError::Busy)));
    }
}
