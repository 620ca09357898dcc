//! Connections for queries, lent to the runtime's blocking threads. Each sees the last commit, never a part of one.

use crate::error::{Fault, NoAnswer};
use rusqlite::Connection;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};
use wareroom_ports::StoreError;

type Idle = Arc<Mutex<Vec<Connection>>>;

/// A few connections, and a line for them. What may take long leaves one of them to what does not.
pub(crate) struct Readers {
    idle: Idle,
    free: Arc<Semaphore>,
    long: Arc<Semaphore>,
    wait: Duration,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>, wait: Duration) -> Self {
        let free = Arc::new(Semaphore::new(connections.len()));
        let long = Arc::new(Semaphore::new(connections.len().saturating_sub(1).max(1)));
        Self { idle: Arc::new(Mutex::new(connections)), free, long, wait }
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
        let permit = timeout(self.wait, Arc::clone(&self.free).acquire_owned()).await;
        let permit = permit.map_err(|_| StoreError::Busy)?.map_err(|_| NoAnswer)?;
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().ok_or(NoAnswer)?;
        let mut loan = Loan { connection: Some(connection), idle: Arc::clone(&self.idle), _permit: permit };
        let result = spawn_blocking(move || match loan.connection.as_mut() {
            Some(connection) => query(connection).map_err(StoreError::from),
            None => Err(NoAnswer.into()),
        });
        result.await.map_err(|_| NoAnswer)?
    }
}

/// A connection that goes back whatever happens to the query, and only then its place in the line.
struct Loan {
    connection: Option<Connection>,
    idle: Idle,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
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
