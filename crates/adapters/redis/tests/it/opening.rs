//! What is said when a server is not there, or not the right one.

use crate::server::Server;
use crate::stand::{cache, impatient, own_name, put, reached, value};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_ports::{Cached, Put};
use wareroom_redis::{OpenError, RedisCache, RedisInvalidations};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_database_that_is_not_there_are_refused_and_the_right_one_works() {
    let server = Server::start(&["--requirepass", "right", "--databases", "4"]);
    for url in ["redis://:wrong@", "redis://", "redis://:right@"] {
        let database = if url.contains("right") { "/9" } else { "" };
        let url = format!("{url}127.0.0.1:{}{database}", server.port);
        let error = RedisCache::open(impatient(&url)).await.err().unwrap();
        assert!(matches!(error, OpenError::Refused(_)), "{url}: {error:?}");
        let error = RedisInvalidations::open(impatient(&url), own_name()).await.err().unwrap();
        assert!(matches!(error, OpenError::Refused(_)), "{url}: {error:?}");
    }
    let cache = RedisCache::open(impatient(format!("redis://:right@127.0.0.1:{}/3", server.port))).await.unwrap();
    assert_eq!(put(&cache, "1", 1).await.unwrap(), Put::Stored);
    assert_eq!(reached(&cache, "1").await, value(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_or_does_not_answer_is_unreachable_in_time() {
    let mut server = Server::start(&[]);
    server.freeze();
    let begun = Instant::now();
    let frozen = RedisCache::open(impatient(server.url())).await.err().unwrap();
    assert!(matches!(frozen, OpenError::Unreachable(_)), "{frozen:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    server.thaw();
    server.kill();
    let begun = Instant::now();
    let gone = RedisInvalidations::open(impatient(server.url()), own_name()).await.err().unwrap();
    assert!(matches!(gone, OpenError::Unreachable(_)), "{gone:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_refused_and_once_it_is_promoted_nothing_that_it_copied_is_read() {
    let primary = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary.port.to_string()]);
    let before = cache(&primary).await;
    assert_eq!(put(&before, "1", 7).await.unwrap(), Put::Stored);
    crate::server::until("the replica has it", || replica.ask("KEYS *").contains(":v:{product:1}"));

    let error = RedisCache::open(impatient(replica.url())).await.err().unwrap();
    assert!(matches!(error, OpenError::Replica), "{error:?}");
    let error = RedisInvalidations::open(impatient(replica.url()), own_name()).await.err().unwrap();
    assert!(matches!(error, OpenError::Replica), "{error:?}");

    drop(primary);
    assert_eq!(replica.ask("REPLICAOF NO ONE"), "OK");
    let after = cache(&replica).await;
    assert_eq!(reached(&after, "1").await, Cached::Miss);
    assert!(replica.ask("KEYS *").contains(":v:{product:1}"), "the copy is gone, and the test shows nothing");
    assert_eq!(put(&after, "1", 7).await.unwrap(), Put::Stored);
    assert_eq!(reached(&after, "1").await, value(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_server_tells_its_version_its_time_and_whether_it_removes_what_it_must_keep() {
    let server = Server::start(&["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]);
    let looked = RedisCache::examine(&impatient(format!("redis://127.0.0.1:{}", server.port))).await.unwrap();
    assert!(looked.version.starts_with(char::is_numeric), "{looked:?}");
    assert_eq!(looked.evicts.as_deref(), Some("allkeys-lru"));
    // Some day after this was written.
    assert!(looked.clock > Duration::from_hours(24 * 365 * 56), "{looked:?}");
}
