//! Readers of one product that miss together.

use crate::stand::{FlakyCache, SlowQueries, Stand, TTL};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};
use std::time::Duration;
use tokio::{
    task::{JoinHandle, yield_now},
    time::{advance, sleep},
};
use wareroom_domain::{ProductId, Version};
use wareroom_memory::{MemoryCache, MemoryStore};
use wareroom_ports::{Cache, Origin, ProductFilter, ProductPage, ProductQueries, ProductView, StoreError};

const READERS: u32 = 200;

/// Queries that take a while, counted.
struct Counted {
    inner: MemoryStore,
    reads: AtomicU32,
}

#[async_trait]
impl ProductQueries for Counted {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(10)).await;
        self.inner.get(id).await
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.inner.list(filter, page).await
    }
}

fn reader(stand: &Stand, id: ProductId) -> JoinHandle<(Option<Version>, Origin)> {
    let queries = Arc::clone(&stand.queries);
    tokio::spawn(async move {
        let (view, origin) = queries.get(id).await.unwrap();
        (view.map(|view| view.product.version), origin)
    })
}

/// How many reads of the store many readers cost whose value has just expired. Those of the second half come later.
async fn reads_of_an_expired_value(cache: Arc<dyn Cache>) -> u32 {
    let store = MemoryStore::default();
    let counted = Arc::new(Counted { inner: store.clone(), reads: AtomicU32::new(0) });
    let stand = Stand::over(store, counted.clone(), cache);
    let id = stand.create().await;
    stand.read(id).await;
    advance(TTL).await;
    counted.reads.store(0, Ordering::SeqCst);
    let mut readers = vec![];
    for number in 0..READERS {
        readers.push(reader(&stand, id));
        if number == READERS / 2 {
            sleep(Duration::from_millis(5)).await;
        }
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap().0, Some(Version(1)));
    }
    counted.reads.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn two_hundred_readers_of_an_expired_value_cost_one_read_of_the_store() {
    assert_eq!(reads_of_an_expired_value(Arc::new(MemoryCache::new(500))).await, 1);
}

#[tokio::test(start_paused = true)]
async fn two_hundred_readers_cost_two_reads_of_the_store_while_the_cache_is_gone() {
    let gone = FlakyCache { inner: MemoryCache::new(500), gone: Arc::new(AtomicBool::new(true)) };
    assert_eq!(reads_of_an_expired_value(Arc::new(gone)).await, 2);
}

/// With a cache that knows of the write, and with none that could: then whoever wrote may be another process.
#[tokio::test]
async fn whoever_comes_after_a_write_was_acknowledged_is_not_given_what_was_read_before() {
    for gone in [false, true] {
        let cache = FlakyCache { inner: MemoryCache::new(500), gone: Arc::new(AtomicBool::new(gone)) };
        let (stand, slow) = SlowQueries::stand(Arc::new(cache));
        let id = stand.create().await;
        let before = reader(&stand, id);
        slow.has_read.acquire().await.unwrap().forget();
        let changed = stand.change(id).await;
        let after = reader(&stand, id);
        for _ in 0..20 {
            yield_now().await;
        }
        slow.may_answer.add_permits(10);
        assert_eq!(before.await.unwrap(), (Some(Version(1)), Origin::Store), "it did not read before the write");
        assert_eq!(after.await.unwrap(), (Some(changed), Origin::Store));
        assert_eq!(slow.has_read.available_permits(), 1);
    }
}
