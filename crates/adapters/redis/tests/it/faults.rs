//! A cache whose server is harmed.

use crate::link::{Link, State};
use crate::server::{Server, until};
use crate::stand::{COMMAND, SLACK, TTL, bury, cache, impatient, key, put, reached, value};
use bytes::Bytes;
use futures::FutureExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use wareroom_domain::Version;
use wareroom_ports::{Cache, CacheError, Cached, Put};
use wareroom_redis::{RedisCache, RedisConfig};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_from_an_old_snapshot_nothing_stale_is_read() {
    let mut server = Server::start(&["--save", "1 1"]);
    let cache = cache(&server).await;
    assert_eq!(put(&cache, "1", 7).await.unwrap(), Put::Stored);
    until("a snapshot is written", || server.folder().join("dump.rdb").exists());
    bury(&cache, "1", 8).await.unwrap();
    server.kill();
    server.start_again();
    assert!(server.ask("KEYS *").contains(":v:{product:1}"), "the snapshot is empty, and the test shows nothing");
    assert_eq!(reached(&cache, "1").await, Cached::Miss);
    assert_eq!(put(&cache, "1", 8).await.unwrap(), Put::Stored);
    assert_eq!(reached(&cache, "1").await, value(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_costs_nothing_until_it_is_back() {
    let mut server = Server::start(&[]);
    let cache = cache(&server).await;
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
    assert!(cache.is_connected());
    server.kill();
    let begun = Instant::now();
    for _ in 0..5_000 {
        assert!(matches!(cache.get(&key("1")).await, Err(CacheError::Unavailable(_))));
    }
    assert!(begun.elapsed() < COMMAND + SLACK, "5,000 calls took {:?}", begun.elapsed());
    assert!(!cache.is_connected());
    server.start_again();
    assert_eq!(reached(&cache, "1").await, Cached::Miss);
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answering_costs_one_time_out_for_all_who_wait_and_then_nothing() {
    let server = Server::start(&[]);
    let cache = Arc::new(cache(&server).await);
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
    server.freeze();
    let begun = Instant::now();
    let waiting: Vec<_> = (0..64)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { cache.get(&key("1")).await })
        })
        .collect();
    for answer in waiting {
        assert!(matches!(answer.await.unwrap(), Err(CacheError::Unavailable(_))));
    }
    assert!(begun.elapsed() < COMMAND + SLACK, "64 calls at once took {:?}", begun.elapsed());
    let begun = Instant::now();
    for _ in 0..5_000 {
        assert!(matches!(cache.get(&key("1")).await, Err(CacheError::Unavailable(_))));
        assert!(matches!(bury(&cache, "2", 2).await, Err(CacheError::Unavailable(_))));
    }
    assert!(begun.elapsed() < SLACK, "10,000 calls later took {:?}", begun.elapsed());
    server.thaw();
    assert_eq!(reached(&cache, "1").await, value(1), "the same server has the same values");
}

/// A writer changes what a frozen server holds, and takes longer than others to be connected again; readers of two
/// processes look all the time, one of which never called while it was frozen.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_invalidated_while_a_server_was_frozen_is_not_read_afterwards() {
    let server = Server::start(&[]);
    let link = Link::to(server.port).await;
    let (connect_time, longest_wait) = (Duration::from_millis(600), Duration::from_millis(50));
    let quarantine = 3 * connect_time;
    let open = |url| RedisCache::open(RedisConfig { connect_time, longest_wait, quarantine, ..impatient(url) });
    let (writer, sleeper) = (open(link.url()).await.unwrap(), open(server.url()).await.unwrap());
    let reader = Arc::new(open(server.url()).await.unwrap());
    for round in 0..2_u64 {
        let (name, old) = (round.to_string(), 10 + round);
        assert_eq!(reached(&writer, &name).await, Cached::Miss);
        assert_eq!(put(&writer, &name, old).await.unwrap(), Put::Stored);
        assert_eq!(reached(&reader, &name).await, value(old));
        let (changed, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let stale = Arc::new(AtomicU64::new(0));
        let reading = tokio::spawn({
            let (reader, name) = (Arc::clone(&reader), name.clone());
            let (changed, done, stale) = (Arc::clone(&changed), Arc::clone(&done), Arc::clone(&stale));
            async move {
                while !done.load(SeqCst) {
                    let floor = changed.load(SeqCst);
                    if reader.get(&key(&name)).await.is_ok_and(|found| found == value(old)) && floor {
                        stale.fetch_add(1, SeqCst);
                    }
                    sleep(Duration::from_millis(1)).await;
                }
            }
        });
        server.freeze();
        // The first is sent, and costs the connection; the second is not.
        for name in ["another", &name] {
            assert!(bury(&writer, name, old + 1).await.is_err(), "it answers while it is frozen");
        }
        changed.store(true, SeqCst);
        sleep(Duration::from_secs(1)).await;
        link.set(State::Cut);
        server.thaw();
        sleep(connect_time / 2).await;
        link.set(State::Up);
        assert_eq!(reached(&sleeper, &name).await, Cached::Miss, "the one that did not call reads what is old");
        assert_eq!(reached(&reader, &name).await, Cached::Miss);
        assert_eq!(reached(&writer, &name).await, Cached::Miss);
        done.store(true, SeqCst);
        reading.await.unwrap();
        assert_eq!(stale.load(SeqCst), 0, "stale reads in round {round}");
        assert_eq!(put(&writer, &name, old).await.unwrap(), Put::Outdated, "the tombstone was not left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalidation_that_was_dropped_on_its_way_is_told_nevertheless() {
    let server = Server::start(&[]);
    let cache = cache(&server).await;
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
    server.freeze();
    assert!(timeout(Duration::from_millis(5), bury(&cache, "1", 2)).await.is_err(), "it was not dropped");
    // Somebody else finds out that the server does not answer.
    assert!(cache.get(&key("2")).await.is_err());
    server.thaw();
    assert_eq!(reached(&cache, "1").await, Cached::Miss);
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Outdated);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_invalidation_that_was_dropped_half_way_the_other_half_is_told_too() {
    const ENTRIES: u64 = 3_000;
    let server = Server::start(&[]);
    let cache = cache(&server).await;
    let entries: Vec<_> = (0..ENTRIES).map(|number| (key(&number.to_string()), Version(5))).collect();
    assert!(timeout(Duration::ZERO, cache.invalidate(&entries, TTL)).await.is_err(), "it was not dropped");
    until("all are told", || server.ask("DBSIZE").parse::<u64>().unwrap() > ENTRIES);
    assert_eq!(put(&cache, &(ENTRIES - 1).to_string(), 4).await.unwrap(), Put::Outdated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_slow_keeps_its_connection_and_is_not_read_before_it_is_told_what_took_too_long() {
    const ENTRIES: u64 = 1_000;
    let server = Server::start(&[]);
    let link = Link::to(server.port).await;
    // Whoever gives a connection up does not read again in this test's time.
    let long = Duration::from_mins(1);
    let config = RedisConfig { quarantine: long, heartbeat: long, ..impatient(link.url()) };
    let cache = RedisCache::open(config).await.unwrap();
    let last = (ENTRIES - 1).to_string();
    assert_eq!(put(&cache, &last, 4).await.unwrap(), Put::Stored);
    let entries: Vec<_> = (0..ENTRIES).map(|number| (key(&number.to_string()), Version(5))).collect();
    link.set(State::Dripping);
    assert!(cache.invalidate(&entries, TTL).await.is_err(), "it was not slow");
    let refused = cache.get(&key(&last)).now_or_never();
    assert!(matches!(refused, Some(Err(CacheError::Unavailable(_)))), "it is read: {refused:?}");
    link.set(State::Up);
    assert_eq!(reached(&cache, &last).await, Cached::Miss);
    assert_eq!(put(&cache, &last, 4).await.unwrap(), Put::Outdated);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_server_takes_nothing_from_readers_that_began_before() {
    let server = Server::start(&[]);
    let (one, other) = (cache(&server).await, cache(&server).await);
    bury(&one, "1", 8).await.unwrap();
    assert_eq!(server.ask("FLUSHALL"), "OK");
    // It read version 7 before the write of version 8, whose tombstone is gone.
    assert!(matches!(put(&other, "1", 7).await, Err(CacheError::Unavailable(_))));
    assert_eq!(reached(&one, "1").await, Cached::Miss);
    assert_eq!(reached(&other, "1").await, Cached::Miss);
    assert_eq!(put(&other, "1", 8).await.unwrap(), Put::Stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_forgotten_the_scripts_is_taught_them_again() {
    let server = Server::start(&[]);
    let cache = cache(&server).await;
    assert_eq!(server.ask("SCRIPT FLUSH"), "OK");
    assert!(bury(&cache, "1", 5).await.is_err());
    assert_eq!(reached(&cache, "1").await, Cached::Miss);
    assert_eq!(put(&cache, "1", 4).await.unwrap(), Put::Outdated, "the invalidation was lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_refuses_values_and_still_takes_tombstones() {
    let server = Server::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]);
    let cache = cache(&server).await;
    assert_eq!(put(&cache, "1", 5).await.unwrap(), Put::Stored);
    let large = Bytes::from(vec![7; 50_000]);
    let mut full = None;
    for number in 0..200 {
        if let Err(error) = cache.put(&key(&format!("large {number}")), Version(1), Some(large.clone()), TTL).await {
            full = Some(error);
            break;
        }
    }
    assert!(matches!(full, Some(CacheError::Backend(_))), "{full:?}");
    for name in ["1", "2"] {
        bury(&cache, name, 6).await.unwrap();
        assert_eq!(cache.get(&key(name)).await.unwrap(), Cached::Miss);
        assert_eq!(put(&cache, name, 5).await.unwrap(), Put::Outdated, "no tombstone was left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_reads_nothing_notices_too_that_its_connection_is_gone() {
    let server = Server::start(&[]);
    let config = impatient(server.url());
    let heartbeat = config.heartbeat;
    let cache = RedisCache::open(config).await.unwrap();
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
    server.freeze();
    sleep(2 * heartbeat + COMMAND + SLACK).await;
    let begun = Instant::now();
    assert!(cache.get(&key("1")).await.is_err());
    assert!(begun.elapsed() < COMMAND, "it still waited {:?}", begun.elapsed());
    server.thaw();
}
