//! Servers that take over from others: a replica, by the word of a sentinel, and another node of a cluster.

use crate::server::{Server, form_cluster, until};
use crate::stand::{Process, bury, impatient, put, reached, value};
use wareroom_ports::{Cached, Invalidation, Put};
use wareroom_redis::{RedisCache, RedisConfig};

#[tokio::test(flavor = "multi_thread")]
async fn when_a_replica_takes_over_cache_and_news_follow_and_nothing_that_was_copied_is_read() {
    let mut primary = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary.port.to_string()]);
    until("the replica is connected", || primary.ask("INFO replication").contains("connected_slaves:1"));
    let sentinel = Server::sentinel(&primary);
    until("the sentinel knows the replica", || {
        sentinel.ask("SENTINEL REPLICAS main").contains(&replica.port.to_string())
    });
    let config: RedisConfig =
        impatient(format!("redis-sentinel://127.0.0.1:{}?sentinelServiceName=main", sentinel.port));
    let cache = RedisCache::open(config.clone()).await.unwrap();
    let (one, other) = (Process::start(config.clone()).await, Process::start(config).await);
    one.agrees_with(&other, 1).await;
    assert_eq!(put(&cache, "1", 7).await.unwrap(), Put::Stored);
    until("the replica has it", || replica.ask("KEYS *").contains(":v:{product:1}"));

    primary.kill();
    for process in [&one, &other] {
        process.hears(Invalidation::Everything).await;
    }
    until("the replica has taken over", || replica.ask("INFO replication").contains("role:master"));
    assert_eq!(reached(&cache, "1").await, Cached::Miss, "what the old primary held is read");
    assert!(replica.ask("KEYS *").contains(":v:{product:1}"), "the copy is gone, and the test shows nothing");
    assert_eq!(put(&cache, "1", 7).await.unwrap(), Put::Stored);
    assert_eq!(reached(&cache, "1").await, value(7));
    one.agrees_with(&other, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_slot_moves_its_keys_are_read_where_they_are_now() {
    let nodes = [(); 2].map(|()| Server::start(&["--cluster-enabled", "yes"]));
    form_cluster(&[nodes[0].port, nodes[1].port]);
    let config = impatient(format!("redis-cluster://127.0.0.1:{}", nodes[0].port));
    let (one, other) = (RedisCache::open(config.clone()).await.unwrap(), RedisCache::open(config).await.unwrap());
    assert_eq!(put(&one, "1", 7).await.unwrap(), Put::Stored);
    assert_eq!(reached(&other, "1").await, value(7));

    let owner = usize::from(nodes[0].ask("KEYS *").is_empty());
    let (from, to) = (&nodes[owner], &nodes[1 - owner]);
    let slot = from.ask("CLUSTER KEYSLOT {product:1}");
    let new_owner = to.ask("CLUSTER MYID");
    // A node does not let go of a slot while it holds keys of it; what this test is about is who is asked.
    assert_eq!(from.ask("FLUSHALL"), "OK");
    for node in [to, from] {
        assert_eq!(node.ask(&format!("CLUSTER SETSLOT {slot} NODE {new_owner}")), "OK");
    }
    assert_eq!(reached(&one, "1").await, Cached::Miss);
    assert_eq!(put(&one, "1", 8).await.unwrap(), Put::Stored);
    assert!(to.ask("KEYS *").contains(":v:{product:1}"), "it is not where it belongs");
    // The other has not asked since: what it says about the key must reach the new owner, too.
    let invalidated = bury(&other, "1", 9).await;
    if invalidated.is_err() {
        assert_eq!(reached(&other, "1").await, Cached::Miss);
    }
    assert_eq!(reached(&one, "1").await, Cached::Miss, "an invalidation went to the old owner");
    assert_eq!(put(&one, "1", 8).await.unwrap(), Put::Outdated);
}
