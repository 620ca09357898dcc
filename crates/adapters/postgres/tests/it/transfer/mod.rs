//! Everything of a catalogue, moved from SQLite to PostgreSQL and back, and broken off on the way.

mod catalogue;

use crate::database::Database;
use catalogue::{PENDING, PRODUCTS, fill};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::Notify;
use wareroom_application::transfer::{Copied, CopyError, CopySource, CopyTarget, Progress, copy, verify_blobs};
use wareroom_domain::{EventPosition, Lane, ProductId};
use wareroom_memory::{CountingIds, FixedClock, MemoryBlobs};
use wareroom_port_contracts::async_trait;
use wareroom_ports::{
    BlobStore, EventLog, Export, Import, LogPage, ProductQueries, Queue, Record, Snapshot, Store, Table, TransferError,
};
use wareroom_postgres::PostgresTransfer;
use wareroom_sqlite::{SqliteConfig, SqliteStore, SqliteTransfer};

/// A store with all that is asked of it here, and its blobs.
struct Stack {
    store: Arc<dyn Store>,
    products: Arc<dyn ProductQueries>,
    events: Arc<dyn EventLog>,
    queue: Arc<dyn Queue>,
    rows: Arc<dyn Export>,
    import: Arc<dyn Import>,
    blobs: Arc<MemoryBlobs>,
    _guard: Box<dyn Send>,
}

impl Stack {
    async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let config = SqliteConfig::at(folder.path().join("wareroom.sqlite"));
        let transfer = SqliteTransfer::at(&config).unwrap();
        let store = SqliteStore::open(config).await.unwrap();
        Self::of(store, transfer, Box::new(folder))
    }

    async fn postgres() -> Self {
        let database = Database::migrated().await;
        let transfer = PostgresTransfer::at(&database.config()).unwrap();
        let store = database.store().await;
        Self::of(store, transfer, Box::new(database))
    }

    fn of<S, T>(store: S, transfer: T, guard: Box<dyn Send>) -> Self
    where
        S: Store + ProductQueries + EventLog + Queue + Clone + 'static,
        T: Export + Import + Clone + 'static,
    {
        Self {
            store: Arc::new(store.clone()),
            products: Arc::new(store.clone()),
            events: Arc::new(store.clone()),
            queue: Arc::new(store),
            rows: Arc::new(transfer.clone()),
            import: Arc::new(transfer),
            blobs: Arc::default(),
            _guard: guard,
        }
    }

    fn source(&self) -> CopySource {
        CopySource {
            rows: Arc::clone(&self.rows),
            events: Arc::clone(&self.events),
            blobs: Arc::clone(&self.blobs) as _,
            store: Arc::clone(&self.store),
            clock: Arc::new(FixedClock::new(jiff::Timestamp::UNIX_EPOCH)),
            ids: Arc::new(CountingIds::default()),
        }
    }

    fn target(&self) -> CopyTarget {
        CopyTarget {
            rows: Arc::clone(&self.import),
            copied: Arc::clone(&self.rows),
            blobs: Arc::clone(&self.blobs) as _,
        }
    }

    async fn table(&self, table: Table) -> Vec<Record> {
        let mut snapshot: Box<dyn Snapshot> = self.rows.snapshot().await.unwrap();
        let (mut rows, mut after) = (vec![], table.beginning());
        loop {
            let page = snapshot.page(&after, 500).await.unwrap();
            let Some(last) = page.last() else { return rows };
            after = last.place();
            rows.extend(page.into_iter().map(Record::portable));
        }
    }
}

/// A copy that is dropped when it has told so many things; `None` when that was before its end.
async fn copy_until(from: &Stack, to: &Stack, told: usize) -> Option<Result<Copied, CopyError>> {
    let (count, enough) = (AtomicUsize::new(0), Notify::new());
    let watch = |_: Progress| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == told {
            enough.notify_one();
        }
    };
    let (source, target) = (from.source(), to.target());
    tokio::select! {
        biased;
        () = enough.notified() => None,
        copied = copy(&source, &target, &watch) => Some(copied),
    }
}

async fn assert_equal(one: &Stack, other: &Stack) {
    for table in Table::ALL {
        let (rows, copied) = (one.table(table).await, other.table(table).await);
        assert!(!rows.is_empty(), "there are no {}", table.name());
        assert_eq!(rows.len(), copied.len(), "{}", table.name());
        for (row, copied) in rows.iter().zip(&copied) {
            assert_eq!(row, copied);
        }
    }
    for id in 1..=PRODUCTS {
        let id = ProductId::new(id).unwrap();
        let (shown, copied) = (one.products.get(id).await.unwrap().0, other.products.get(id).await.unwrap().0);
        assert_eq!(shown, copied, "product {id}");
    }
    let found = verify_blobs(&*other.rows, &*other.blobs, Duration::ZERO, &|finding| panic!("{finding:?}")).await;
    assert!(found.unwrap().sound > 100);
}

/// What whoever goes on with the copy must find: jobs, events from where their readers were, ids that nobody had.
async fn assert_alive(from: &Stack, to: &Stack) {
    let head = from.events.head().await.unwrap();
    assert_eq!(to.events.head().await.unwrap(), head);
    let middle = EventPosition(head.0 / 2);
    let LogPage::Events(events) = to.events.read(middle, 9).await.unwrap() else { panic!("events were removed") };
    assert_eq!(LogPage::Events(events), from.events.read(middle, 9).await.unwrap());
    let mut unit = to.store.begin().await.unwrap();
    let owner = unit.users().load(wareroom_domain::UserId::new(1).unwrap()).await.unwrap().unwrap();
    let next = unit.products().insert(&crate::samples::product_draft(owner.id)).await.unwrap();
    assert_eq!(next.id.get(), PRODUCTS + 1, "the last product was deleted, and its id is not given again");
    drop(unit);
    let mut consumer = to.queue.consume(Lane::Images, u16::try_from(PENDING).unwrap()).await.unwrap();
    let job = tokio::time::timeout(Duration::from_secs(10), consumer.receive()).await.unwrap().unwrap();
    job.message.job().unwrap();
    job.ack().await.unwrap();
}

async fn there_and_back(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let stacks = [Stack::sqlite().await, Stack::postgres().await, Stack::sqlite().await];
    fill(&*stacks[0].store, &*stacks[0].events, &stacks[0].blobs).await;
    for pair in stacks.windows(2) {
        let [from, to] = pair else { unreachable!("two at a time") };
        // Killed among the rows, then anywhere: among the blobs, or when all of it is compared.
        for told in [random.usize(1..12), random.usize(1..180)] {
            assert!(copy_until(from, to, told).await.is_none(), "it ended before {told} things were told");
            assert!(to.import.unfinished().await.unwrap());
        }
        let copied = copy_until(from, to, usize::MAX).await.unwrap().unwrap();
        assert!(copied.complete(), "{copied:?}");
        assert!(!to.import.unfinished().await.unwrap());
        assert_eq!(copied.source.newest_product.unwrap().get(), PRODUCTS);
        assert_equal(from, to).await;
    }
    assert_equal(&stacks[0], &stacks[2]).await;
    assert_alive(&stacks[0], &stacks[1]).await;
    assert_alive(&stacks[0], &stacks[2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_comes_to_a_server_and_back_however_often_the_copy_is_killed() {
    for seed in [6, 10, 1_000] {
        there_and_back(seed).await;
    }
}

#[tokio::test]
async fn a_source_that_was_changed_while_the_copy_stood_still_is_not_mixed_with_what_was_copied() {
    let (from, to) = (Stack::sqlite().await, Stack::postgres().await);
    fill(&*from.store, &*from.events, &from.blobs).await;
    assert!(copy_until(&from, &to, 20).await.is_none());
    let mut unit = from.store.begin().await.unwrap();
    unit.products().touch(ProductId::new(7).unwrap(), jiff::Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
    unit.commit().await.unwrap();
    let refused = copy_until(&from, &to, usize::MAX).await.unwrap();
    assert!(matches!(refused, Err(CopyError::Differs(Table::Products))), "{refused:?}");
    assert!(to.import.unfinished().await.unwrap());
}

/// Changes a row behind the copy's back, once all rows are there.
struct Meddler {
    behind: Arc<dyn BlobStore>,
    store: Arc<dyn Store>,
    done: AtomicUsize,
}

#[async_trait]
impl BlobStore for Meddler {
    async fn put(&self, key: &wareroom_domain::BlobKey, bytes: bytes::Bytes) -> Result<(), wareroom_ports::BlobError> {
        self.behind.put(key, bytes).await
    }

    async fn get(
        &self,
        key: &wareroom_domain::BlobKey,
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Option<wareroom_ports::Blob>, wareroom_ports::BlobError> {
        if self.done.fetch_add(1, Ordering::SeqCst) == 0 {
            let mut unit = self.store.begin().await.unwrap();
            unit.products().touch(ProductId::new(7).unwrap(), jiff::Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
            unit.commit().await.unwrap();
        }
        self.behind.get(key, range).await
    }

    async fn head(
        &self,
        key: &wareroom_domain::BlobKey,
    ) -> Result<Option<wareroom_ports::BlobMeta>, wareroom_ports::BlobError> {
        self.behind.head(key).await
    }

    async fn delete(&self, key: &wareroom_domain::BlobKey) -> Result<(), wareroom_ports::BlobError> {
        self.behind.delete(key).await
    }

    fn list(&self, after: Option<&wareroom_domain::BlobKey>) -> wareroom_ports::BlobListing {
        self.behind.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, wareroom_ports::BlobError> {
        self.behind.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), wareroom_ports::BlobError> {
        self.behind.check().await
    }
}

#[tokio::test]
async fn a_source_that_is_written_to_all_the_same_is_noticed_at_the_end() {
    let (from, to) = (Stack::sqlite().await, Stack::postgres().await);
    fill(&*from.store, &*from.events, &from.blobs).await;
    let meddler =
        Meddler { behind: Arc::clone(&from.blobs) as _, store: Arc::clone(&from.store), done: AtomicUsize::new(0) };
    let source = CopySource { blobs: Arc::new(meddler), ..from.source() };
    let refused = copy(&source, &to.target(), &|_| ()).await;
    assert!(matches!(refused, Err(CopyError::Differs(Table::Products))), "{refused:?}");
    assert!(to.import.unfinished().await.unwrap(), "what is not the same is not finished");
}

#[tokio::test]
async fn of_two_copies_into_one_database_the_second_is_told_that_it_is_busy() {
    let database = Database::migrated().await;
    let [one, other] = [(), ()].map(|()| PostgresTransfer::at(&database.config()).unwrap());
    one.begin().await.unwrap();
    let refused = other.begin().await;
    assert!(matches!(refused, Err(TransferError::Store(wareroom_ports::StoreError::Busy))), "{refused:?}");
    drop(one);
    let mut tries = 0..100;
    while tries.next().is_some() && other.begin().await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!tries.is_empty(), "the lock of a copy that is gone was never free");
}

#[tokio::test]
async fn whoever_works_with_the_database_is_named() {
    let database = Database::migrated().await;
    let transfer = PostgresTransfer::at(&database.config()).unwrap();
    assert_eq!(transfer.others().await.unwrap(), Vec::<String>::new());
    let store = database.store().await;
    store.check().await.unwrap();
    assert!(transfer.others().await.unwrap().contains(&"wareroom".to_owned()));
    // Another copy is no reason: it has a lock for that.
    let snapshot = transfer.snapshot().await.unwrap();
    assert!(!transfer.others().await.unwrap().contains(&"wareroom copy".to_owned()));
    drop(snapshot);
}
