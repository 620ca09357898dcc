//! Nobody is given what was outdated when they asked, by whichever process: never where only the cache that processes share
//! answers, unless whoever wrote said that it lost that cache, and not for long where each keeps answers of its own. Nothing fails here; `dead_redis` is about that.

use super::Run;
use super::figures::{Figures, milliseconds};
use super::house::House;
use super::hunt::{Hunt, Outdated, Pace, losses, outdated};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Reads of a round.
const READS: u64 = 10_000;

const PACE: Pace = Pace { readers: 16, between_reads: Duration::ZERO, between_writes: Duration::from_millis(3) };

/// The longest that an answer of a process's own may outlive a write of another process: news are on their way while the write is
/// answered, and a process that was not told soon notices that it hears nothing: by its second heartbeat, 500 ms each, and the 50 ms
/// that an answer may take.
pub(super) const NEAR: Duration = Duration::from_millis(1_050);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shared_cache_never_gives_what_was_outdated_when_it_was_asked_for() {
    let (Outdated { answers, most, .. }, losses) = hunt("stale-shared-cache", &["--near-cache", "0"]).await;
    assert!(answers == 0 || losses > 0, "{answers} outdated answers, up to {most:?}");
    assert!(most <= NEAR, "an answer was outdated for {most:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_does_not_give_what_another_outdated_for_long() {
    let (Outdated { most, .. }, _) = hunt("stale-near-cache", &[]).await;
    assert!(most <= NEAR, "an answer was outdated for {most:?}");
}

async fn hunt(row: &'static str, arguments: &[&str]) -> (Outdated, usize) {
    let mut run = Run::of(row, 1).await;
    let (begun, house) = (Instant::now(), House::open().await);
    let processes = [house.process("one", arguments).await, house.process("two", arguments).await];
    let urls = processes.each_ref().map(|process| process.url.clone());
    let hunt = Hunt::begin(&urls, PACE, &mut run.random).await;
    while hunt.reads() < usize::try_from(run.rounds * READS).unwrap() {
        sleep(Duration::from_millis(10)).await;
    }
    let found = hunt.end(Duration::from_secs(1)).await;
    let errors: Vec<_> =
        found.reads.iter().filter_map(|read| read.error.as_ref()).chain(&found.written.errors).collect();
    assert!(errors.is_empty(), "{errors:?}");
    // Without writes in between, no read could be outdated.
    assert!(found.written.acknowledged * 200 > found.reads.len(), "{} writes", found.written.acknowledged);
    let stale = outdated(found.reads.iter());
    let losses = losses(&processes[0]);
    let own = outdated(found.reads.iter().filter(|read| read.process == 0));
    assert_eq!(own.answers, 0, "the process that wrote gave outdated answers, up to {:?}", own.most);
    let note = format!(
        "{} reads beside {} writes: {} outdated, half of those by {} and all by {} at most; {losses} times the cache was lost",
        found.reads.len(),
        found.written.acknowledged,
        stale.answers,
        milliseconds(stale.half),
        milliseconds(stale.most)
    );
    Figures { images: 0, note, begun }.tell(&run);
    for process in processes {
        assert!(process.stop().await, "a process did not end well");
    }
    (stale, losses)
}
