//! Two processes over one server: how long what one announced is not yet known to the other, and that in the end it is.

use crate::server;
use crate::stand::{Process, own_prefix, patient, product};
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_ports::{Invalidation, Invalidations};
use wareroom_redis::RedisConfig;

const CHANGES: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_announces_another_hears_in_order_and_soon() {
    let config = RedisConfig { prefix: own_prefix(), ..patient(server::shared()) };
    let (one, other) = (Process::start(config.clone()).await, Process::start(config).await);
    one.agrees_with(&other, 1).await;
    let mut announced = Vec::with_capacity(CHANGES);
    for version in 1.. {
        let begun = Instant::now();
        one.news.announce(&[product(2, version)]).await;
        announced.push((begun, begun.elapsed(), product(2, version)));
        if announced.len() == CHANGES {
            break;
        }
    }
    let last = announced.last().unwrap().2;
    let mut heard = other.heard();
    if heard.last().is_none_or(|(_, change)| *change != last) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        heard.extend(other.heard());
    }
    let told: Vec<Invalidation> = announced.iter().map(|(_, _, change)| *change).collect();
    assert_eq!(heard.iter().map(|(_, change)| *change).collect::<Vec<_>>(), told, "missed, or out of order");

    let mut behind: Vec<Duration> =
        announced.iter().zip(&heard).map(|((begun, _, _), (at, _))| at.saturating_duration_since(*begun)).collect();
    let after_the_answer =
        announced.iter().zip(&heard).filter(|((begun, took, _), (at, _))| *at > *begun + *took).count();
    behind.sort_unstable();
    let at = |part: usize| behind[(CHANGES - 1) * part / 100];
    let line = format!(
        "near caches over Redis: heard by another process after {:?} (median), {:?} (99 %), {:?} (longest) of {CHANGES}; \
         {after_the_answer} after the write was answered",
        at(50),
        at(99),
        at(100)
    );
    report(&line);
    assert!(at(100) < Duration::from_secs(2), "{line}");
}

/// As the test kit has it, which this crate does not see.
#[expect(clippy::disallowed_methods, reason = "how scripts/test hands its file to every test binary")]
fn report(line: &str) {
    println!("report: {line}");
    let Some(path) = std::env::var_os("WAREROOM_TEST_REPORT") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}
