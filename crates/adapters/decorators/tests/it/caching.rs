//! What is read from where.

use crate::stand::{FlakyCache, SlowQueries, SpoilingCache, Stand, TTL};
use jiff::Timestamp;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use wareroom_domain::Version;
use wareroom_memory::{MemoryCache, MemoryConfig};
use wareroom_ports::{Invalidation, Origin, Store};

const FIRST: Option<Version> = Some(Version(1));

#[tokio::test]
async fn the_second_read_comes_from_the_cache_until_the_product_changes() {
    let stand = Stand::new();
    let id = stand.create().await;
    assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
    assert_eq!(stand.read(id).await, (FIRST, Origin::Cache));
    let changed = stand.change(id).await;
    assert_eq!(stand.read(id).await, (Some(changed), Origin::Store));
    assert_eq!(stand.read(id).await, (Some(changed), Origin::Cache));
}

#[tokio::test(start_paused = true)]
async fn a_value_lives_for_its_time_and_not_longer() {
    let stand = Stand::new();
    let id = stand.create().await;
    stand.read(id).await;
    tokio::time::advance(TTL * 89 / 100).await;
    assert_eq!(stand.read(id).await, (FIRST, Origin::Cache));
    tokio::time::advance(TTL * 11 / 100).await;
    assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
}

#[tokio::test]
async fn what_nobody_could_announce_is_forgotten_when_it_is_repeated() {
    let stand = Stand::new();
    let id = stand.create().await;
    stand.read(id).await;
    let mut unit = stand.store.begin().await.unwrap();
    let version = unit.products().touch(id, Timestamp::UNIX_EPOCH).await.unwrap().unwrap();
    unit.commit().await.unwrap();
    assert_eq!(stand.read(id).await, (FIRST, Origin::Cache), "it was announced, and the test shows nothing");
    stand.invalidations.repeat(&[Invalidation::Product(id, version)]).await;
    assert_eq!(stand.read(id).await, (Some(version), Origin::Store));
}

#[tokio::test]
async fn a_reader_that_was_overtaken_by_a_write_does_not_put_the_old_value_back() {
    let (stand, slow) = SlowQueries::stand(Arc::new(MemoryCache::new(500)));
    let id = stand.create().await;

    let queries = Arc::clone(&stand.queries);
    let overtaken = tokio::spawn(async move { queries.get(id).await.unwrap().0.unwrap().product.version });
    slow.has_read.acquire().await.unwrap().forget();
    let changed = stand.change(id).await;
    slow.may_answer.add_permits(10);
    assert_eq!(overtaken.await.unwrap(), Version(1), "it did not read before the write");

    assert_eq!(stand.read(id).await, (Some(changed), Origin::Store));
    assert_eq!(stand.read(id).await, (Some(changed), Origin::Cache));
}

#[tokio::test]
async fn a_cache_that_fails_changes_nothing_but_the_origin() {
    let cache = FlakyCache { inner: MemoryCache::new(500), gone: Arc::new(AtomicBool::new(true)) };
    let stand = Stand::with(MemoryConfig::default(), Arc::new(cache));
    let told = Arc::new(Mutex::new(vec![]));
    let heard = Arc::clone(&told);
    stand.invalidations.subscribe(Arc::new(move |change| heard.lock().unwrap().push(change)));
    let id = stand.create().await;
    for _ in 0..3 {
        assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
    }
    let changed = stand.change(id).await;
    assert_eq!(stand.read(id).await, (Some(changed), Origin::Store));
    assert_eq!(*told.lock().unwrap(), [Version(1), changed].map(|version| Invalidation::Product(id, version)));
}

#[tokio::test]
async fn a_cache_that_comes_back_is_used_again() {
    let gone = Arc::new(AtomicBool::new(false));
    let cache = FlakyCache { inner: MemoryCache::new(500), gone: Arc::clone(&gone) };
    let stand = Stand::with(MemoryConfig::default(), Arc::new(cache));
    let id = stand.create().await;
    assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
    assert_eq!(stand.read(id).await, (FIRST, Origin::Cache));
    gone.store(true, Ordering::SeqCst);
    assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
    gone.store(false, Ordering::SeqCst);
    assert_eq!(stand.read(id).await, (FIRST, Origin::Cache));
    let changed = stand.change(id).await;
    assert_eq!(stand.read(id).await, (Some(changed), Origin::Store));
}

#[tokio::test]
async fn what_cannot_be_read_is_read_anew() {
    let spoilers: [fn(&mut Vec<u8>); 5] = [
        Vec::clear,
        |bytes| bytes[0] = 250,
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.push(0),
        // The first field behind the form: another product's id.
        |bytes| bytes[1] ^= 4,
    ];
    for spoil in spoilers {
        let cache = SpoilingCache { inner: MemoryCache::new(500), spoil };
        let stand = Stand::with(MemoryConfig::default(), Arc::new(cache));
        let id = stand.create().await;
        for _ in 0..3 {
            assert_eq!(stand.read(id).await, (FIRST, Origin::Store));
        }
    }
}
