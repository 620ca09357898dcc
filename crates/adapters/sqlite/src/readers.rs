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

/// A few connections, and a line for them.
pub(crate) struct Readers {
    idle: Idle,
    free: Arc<Semaphore>,
    wait: Duration,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>, wait: Duration) -> Self {
        let free = Arc::new(Semaphore::new(connections.len()));
        Self { idle: Arc::new(Mutex::new(connections)), free, wait }
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
