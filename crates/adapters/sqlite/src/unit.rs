//! The unit of work: it has the writer's connection to itself. It implements every repository itself; each does so in a file
//! of its own.

use crate::{
    error::Fault,
    idempotency::Granted,
    outbox::Pending,
    store::Shared,
    writer::{Sees, Turn},
};
use async_trait::async_trait;
use rusqlite::Connection;
use std::{mem, sync::Arc};
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, StoreError, UnitOfWork, UserRepo,
};

/// A unit that is open. Dropping it rolls it back.
pub(crate) struct Unit {
    shared: Arc<Shared>,
    turn: Turn,
    /// A call failed, or was given up by its caller and may or may not have been done.
    dead: bool,
    pub(crate) pending: Pending,
    pub(crate) granted: Option<Granted>,
}

impl Unit {
    pub(crate) fn new(shared: Arc<Shared>, turn: Turn) -> Self {
        Self { shared, turn, dead: false, pending: Pending::default(), granted: None }
    }

    /// Does a part of the unit, which sees what is stored. It counts as failed until its answer is here: a caller that does not
    /// wait for it cannot know what was done, so nothing may be stored.
    pub(crate) async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.part(Sees::Stored, work).await
    }

    /// The same for a part that adds what is new and looks at nothing of others: it need not wait until theirs is stored.
    pub(crate) async fn add<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.part(Sees::Whatever, work).await
    }

    async fn part<T: Send + 'static>(
        &mut self,
        sees: Sees,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        if mem::replace(&mut self.dead, true) {
            return Err(StoreError::Aborted);
        }
        let granted = self.granted.take();
        let part = move |connection: &Connection| {
            granted.as_ref().map_or(Ok(()), |granted| granted.write(connection))?;
            work(connection)
        };
        let result = self.turn.part(sees, part).await;
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

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { shared, turn, dead, pending, granted } = *self;
        if dead {
            return Err(StoreError::Aborted);
        }
        let has_jobs = pending.has_jobs();
        let tell_workers = move || {
            if has_jobs {
                shared.jobs.notify_waiters();
            }
        };
        let last = move |connection: &Connection| {
            granted.as_ref().map_or(Ok(()), |granted| granted.write(connection))?;
            pending.write(connection)
        };
        turn.end(last, tell_workers).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteConfig, SqliteStore};
    use std::{sync::mpsc, time::Duration};
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
        Ok(connection.execute(sql, []).map(drop)?)
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
            Ok(connection.execute(sql, []).map(drop)?)
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
