//! The unit of work: one SQLite transaction on the writer's connection. It implements every repository itself; each
//! does so in a file of its own.

use crate::{
    connection::set_busy_wait,
    error::{Fault, NoAnswer, of_commit},
    outbox::Pending,
    store::Shared,
};
use async_trait::async_trait;
use rusqlite::Connection;
use std::{mem, sync::Arc, time::Duration};
use tokio::sync::OwnedSemaphorePermit;
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, StoreError, UnitOfWork, UserRepo,
};

/// A transaction that is open. Dropping it sends ROLLBACK after whatever is still being done for it; the turn goes with
/// it, so the next unit begins behind that.
pub(crate) struct Unit {
    shared: Arc<Shared>,
    /// `None` once COMMIT took it along.
    turn: Option<OwnedSemaphorePermit>,
    /// A call failed, or was given up by its caller and may or may not have been done.
    dead: bool,
    pub(crate) pending: Pending,
}

impl Unit {
    /// Waits `at_most` for another process's lock of the file; `usual_wait` is what the connection waits otherwise.
    pub(crate) async fn begin(
        shared: Arc<Shared>,
        turn: OwnedSemaphorePermit,
        at_most: Duration,
        usual_wait: Duration,
    ) -> Result<Self, StoreError> {
        // Made before BEGIN is sent, so that a caller who stops waiting for it leaves a unit that rolls it back.
        let mut unit = Self { shared, turn: Some(turn), dead: false, pending: Pending::default() };
        unit.call(move |connection| {
            // A transaction that could not be rolled back when its unit ended must not become part of this one.
            roll_back(connection);
            set_busy_wait(connection, at_most)?;
            let begun = execute(connection, "BEGIN IMMEDIATE");
            set_busy_wait(connection, usual_wait)?;
            Ok(begun?)
        })
        .await?;
        Ok(unit)
    }

    /// Does a part of the unit. It counts as failed until its answer is here: a caller that does not wait for it cannot
    /// know what was done, so nothing may be stored.
    pub(crate) async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        if mem::replace(&mut self.dead, true) {
            return Err(StoreError::Aborted);
        }
        let result = self.shared.writer.in_unit(move |connection| work(connection)).await?;
        self.dead = result.is_err();
        result
    }
}

#[async_trait]
impl UnitOfWork for Unit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.dead {
            return Err(StoreError::Aborted);
        }
        let (turn, pending) = (self.turn.take(), mem::take(&mut self.pending));
        let jobs = Arc::clone(&self.shared.jobs);
        let committed = self.shared.writer.in_unit(move |connection| {
            let result = commit(connection, &pending);
            match &result {
                Ok(()) if pending.has_jobs() => jobs.notify_waiters(),
                Ok(()) => {}
                Err(_) => roll_back(connection),
            }
            drop(turn);
            result
        });
        committed.await.unwrap_or_else(|NoAnswer| Err(StoreError::Unknown(Box::new(NoAnswer))))
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.shared.writer.send_in_unit(move |connection| {
                roll_back(connection);
                drop(turn);
            });
        }
    }
}

fn commit(connection: &Connection, pending: &Pending) -> Result<(), Fault> {
    pending.write(connection)?;
    execute(connection, "COMMIT").map_err(of_commit)
}

/// SQLite rolls back by itself after some errors; then there is nothing left to do.
fn roll_back(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(error) = execute(connection, "ROLLBACK") {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteConfig, SqliteStore};
    use std::sync::mpsc;
    use tempfile::TempDir;
    use tokio::time::timeout;
    use wareroom_ports::Store;

    async fn opened() -> (SqliteStore, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(SqliteConfig::at(folder.path().join("wareroom.db"))).await.unwrap();
        (store, folder)
    }

    fn add_user(connection: &Connection) -> Result<(), Fault> {
        let sql = "INSERT INTO users (first_name, last_name, created_at) VALUES ('a', 'b', '')";
        Ok(execute(connection, sql)?)
    }

    async fn users(store: &SqliteStore) -> i64 {
        let count = store.shared.read(|c| Ok(c.query_one("SELECT count(*) FROM users", [], |row| row.get(0))?));
        count.await.unwrap()
    }

    #[tokio::test]
    async fn a_unit_dropped_in_the_middle_of_a_call_frees_the_writer_and_leaves_nothing() {
        let (store, _folder) = opened().await;
        let (open_gate, gate) = mpsc::channel();
        let mut unit = store.shared.begin().await.unwrap();
        let call = unit.call(move |connection| {
            gate.recv().unwrap();
            add_user(connection)
        });
        assert!(timeout(Duration::from_millis(10), call).await.is_err());
        drop(unit);
        open_gate.send(()).unwrap();
        store.begin().await.unwrap().commit().await.unwrap();
        assert_eq!(users(&store).await, 0);
    }

    #[tokio::test]
    async fn a_unit_whose_call_was_given_up_stores_nothing() {
        let (store, _folder) = opened().await;
        let (open_gate, gate) = mpsc::channel();
        let mut unit = store.shared.begin().await.unwrap();
        let call = unit.call(move |connection| {
            gate.recv().unwrap();
            add_user(connection)
        });
        assert!(timeout(Duration::from_millis(5), call).await.is_err());
        open_gate.send(()).unwrap();
        assert!(matches!(unit.call(|_| Ok(())).await, Err(StoreError::Aborted)));
        assert!(matches!(Box::new(unit).commit().await, Err(StoreError::Aborted)));
        drop(store.begin().await.unwrap());
        assert_eq!(users(&store).await, 0);
    }

    #[tokio::test]
    async fn a_commit_that_nobody_waits_for_is_whole_and_frees_the_writer() {
        let (store, _folder) = opened().await;
        let mut unit = store.shared.begin().await.unwrap();
        unit.call(add_user).await.unwrap();
        drop(timeout(Duration::ZERO, Box::new(unit).commit()).await);
        drop(store.begin().await.unwrap());
        assert_eq!(users(&store).await, 1);
    }

    #[tokio::test]
    async fn a_begin_that_was_given_up_leaves_no_transaction_behind() {
        let (store, _folder) = opened().await;
        let first = store.begin().await.unwrap();
        assert!(timeout(Duration::from_millis(10), store.begin()).await.is_err());
        drop(first);
        for _ in 0..50 {
            // Ready or not, by chance: BEGIN is on its way to the other thread.
            drop(timeout(Duration::ZERO, store.begin()).await);
        }
        let mut last = store.shared.begin().await.unwrap();
        last.call(add_user).await.unwrap();
        Box::new(last).commit().await.unwrap();
        assert_eq!(users(&store).await, 1);
    }

    #[tokio::test]
    async fn a_full_disk_is_full_and_not_a_part_of_the_unit_stays() {
        let (store, _folder) = opened().await;
        let limit = |pages: i64| store.shared.write(move |c| Ok(c.pragma_update(None, "max_page_count", pages)?));
        limit(1).await.unwrap();
        let mut unit = store.shared.begin().await.unwrap();
        unit.call(add_user).await.unwrap();
        let large = unit.call(|connection| {
            let sql = "INSERT INTO users (first_name, last_name, created_at) VALUES (hex(zeroblob(1000000)), 'b', '')";
            Ok(execute(connection, sql)?)
        });
        assert!(matches!(large.await, Err(StoreError::Full)));
        assert!(matches!(Box::new(unit).commit().await, Err(StoreError::Aborted)));
        assert_eq!(users(&store).await, 0);
        limit(1_000_000).await.unwrap();
        let mut unit = store.shared.begin().await.unwrap();
        unit.call(add_user).await.unwrap();
        Box::new(unit).commit().await.unwrap();
        assert_eq!(users(&store).await, 1);
    }
}
