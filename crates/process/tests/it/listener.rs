//! What the operator's listener answers, and what it does with those who ask too much.
#![expect(clippy::unwrap_used, reason = "what a test needs and cannot have fails it")]

use crate::walk::{ANYWHERE, Process, ask};
use futures::FutureExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;
use wareroom_application::Settings;
use wareroom_bootstrap::{Config, Sources, in_memory};
use wareroom_memory::{CountingIds, FixedClock};
use wareroom_process::admin::{Admin, AdminError, Watched};
use wareroom_process::figures::Samples;
use wareroom_process::health::{Health, Part, Parts};

/// A listener that tells of these parts.
async fn listening(parts: Parts) -> (std::net::SocketAddr, Health, AbortOnDropHandle<()>) {
    let admin = Admin::at(ANYWHERE.parse().unwrap()).await.unwrap();
    let (clock, ids) = (FixedClock::new(jiff::Timestamp::UNIX_EPOCH), CountingIds::default());
    let application = in_memory(Arc::new(clock), Arc::new(ids), None, Settings::default()).application;
    let (address, health) = (admin.address(), Health::new(parts));
    let serving = admin.serve(Watched { health: health.clone(), samples: Samples::new(application, health.clone()) });
    (address, health, serving)
}

#[tokio::test]
async fn a_process_that_stops_lives_and_is_not_ready() {
    let (address, health, _serving) = listening(Parts::default()).await;
    let ready = ask(address, "GET", "/healthz/ready").await;
    assert_eq!((ready.status, &*ready.body), (200, r#"{"status":"ready","worker":"elsewhere","lost":[]}"#));
    health.watch_worker(|| true);
    health.stop();
    let stopping = ask(address, "GET", "/healthz/ready").await;
    assert_eq!((stopping.status, &*stopping.body), (503, r#"{"status":"stopping","worker":"holding","lost":[]}"#));
    assert_eq!(ask(address, "GET", "/healthz/live").await.status, 200);
}

#[tokio::test]
async fn readiness_names_the_part_that_is_lost_and_does_without_the_cache() {
    let up = Arc::new(AtomicBool::new(true));
    let store = Arc::clone(&up);
    let parts = Parts::default()
        .with_connection(Part::Store, move || store.load(Ordering::SeqCst))
        .with_connection(Part::Cache, || false);
    let (address, _health, _serving) = listening(parts).await;
    let degraded = ask(address, "GET", "/healthz/ready").await;
    assert_eq!(
        (degraded.status, &*degraded.body),
        (200, r#"{"status":"ready","worker":"elsewhere","lost":["cache"]}"#)
    );
    up.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let lost = ask(address, "GET", "/healthz/ready").await;
    assert_eq!((lost.status, &*lost.body), (503, r#"{"status":"lost","worker":"elsewhere","lost":["store","cache"]}"#));
}

#[tokio::test]
async fn there_is_nothing_else_and_nothing_can_be_written() {
    let (address, _health, _serving) = listening(Parts::default()).await;
    assert_eq!(ask(address, "GET", "/products").await.status, 404);
    let refused = ask(address, "POST", "/metrics").await;
    assert_eq!(refused.status, 405);
    assert!(refused.head.contains("allow: get, head"), "{}", refused.head);
    let head = ask(address, "HEAD", "/healthz/live").await;
    assert_eq!((head.status, &*head.body), (200, ""));
}

#[tokio::test]
async fn a_part_that_hangs_delays_no_scrape_for_long() {
    let (address, _health, _serving) =
        listening(Parts::default().with(Part::Blobs, || std::future::pending().boxed())).await;
    let begun = tokio::time::Instant::now();
    let scraped = ask(address, "GET", "/metrics").await;
    assert_eq!(scraped.status, 200);
    assert!(scraped.body.contains("wareroom_part_up{part=\"blobs\"} 0"), "{}", scraped.body);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn those_who_say_nothing_keep_nobody_out_for_long() {
    let (address, _health, _serving) = listening(Parts::default()).await;
    let mut silent = vec![];
    for _ in 0..64 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let begun = tokio::time::Instant::now();
    assert_eq!(ask(address, "GET", "/healthz/live").await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_address_that_is_taken_stops_the_start_when_it_was_asked_for() {
    let taken = std::net::TcpListener::bind(ANYWHERE).unwrap();
    let address = taken.local_addr().unwrap();
    let flags = |value: String| Sources::new().with_flags([("admin_listen".to_owned(), value)]);
    let mut config = Config::from_sources(&flags(address.to_string())).unwrap();
    let refused = Admin::bind(&config).await.err().unwrap();
    assert!(matches!(refused, AdminError::Listen { .. }), "{refused}");
    assert!(refused.to_string().starts_with(&format!("admin_listen is {address},")), "{refused}");
    config.admin_listen_is_set = false;
    assert!(Admin::bind(&config).await.unwrap().is_none(), "the default may be another process's");
    let off = Config::from_sources(&flags("off".to_owned())).unwrap();
    assert!(Admin::bind(&off).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn scrapes_at_once_see_the_same_process() {
    let process = Process::start().await;
    let scrapes = futures::future::join_all((0..50).map(|_| ask(process.admin, "GET", "/metrics"))).await;
    assert!(scrapes.iter().all(|scrape| scrape.status == 200 && scrape.body.contains("wareroom_build_info")));
}
