//! Redis is killed, frozen, emptied, or set back to what it was before, while prices are counted up and read. Reads and writes go on
//! without it, about as fast; and when it is back, nothing is given that was outdated.

use super::Run;
use super::figures::{Figures, milliseconds, percentile};
use super::house::House;
use super::hunt::{Found, Hunt, Pace, Read, losses, outdated};
use super::stale_reads;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{RedisServer, RunningBinary};

/// Moderate: it is not to be measured how fast this machine is.
const PACE: Pace =
    Pace { readers: 9, between_reads: Duration::from_millis(10), between_writes: Duration::from_millis(50) };

const FAULTS: [&str; 4] = ["killed", "frozen", "emptied", "set back"];

/// How long a round lasts before its fault, under it, and after it: so long that every process has noticed its return and reads the
/// cache again, two seconds after it.
const BEFORE: Duration = Duration::from_millis(1_500);
const UNDER: u64 = 2_000;
const AFTER: Duration = Duration::from_millis(3_500);

/// The process that keeps answers of its own, besides the two that have the shared cache alone.
const NEAR: usize = 2;

/// How long after the return of Redis that process may still keep what it was not told of: until whoever wrote it has a connection
/// again, which it tries twice a second, for a second each. Then its answers are outdated by no more than usual.
const TOLD: Duration = Duration::from_secs(2);

/// What its answers may be outdated by before that: until it notices that it hears nothing, as in `stale_reads`, and what a busy
/// machine adds.
const NEAR_LIMIT: Duration = Duration::from_secs(2);

/// How long after the last write all must agree: longer than news are on their way, and much shorter than anything is kept.
const QUIET: Duration = Duration::from_secs(1);

/// Windows that are compared with each other.
const WINDOW: Duration = Duration::from_millis(500);

/// How much slower reads may be without Redis, and what is no matter however often it is as much: of the usual ones less than of
/// the slowest, which a busy machine makes as well. If each waited for Redis, all of them would take 50 ms more.
const SLOWER: f64 = 3.0;
const USUAL: (f64, Duration) = (0.5, Duration::from_millis(20));
const SLOWEST: (f64, Duration) = (0.99, Duration::from_millis(100));

/// When the fault of a round was there.
struct Episode {
    fault: &'static str,
    from: Instant,
    until: Instant,
    over: Instant,
    /// Whether whoever wrote lost Redis once more, of itself.
    lost_again: bool,
}

impl Episode {
    /// Until when it makes a difference: one that is emptied is gone for no time.
    fn lasts_until(&self) -> Instant {
        if self.until == self.from { self.over } else { self.until }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_gone_costs_no_answer_and_its_return_brings_nothing_outdated_back() {
    let mut run = Run::of("redis-gone", 4).await;
    let (begun, mut house) = (Instant::now(), House::open().await);
    let shared = ["--near-cache", "0"];
    let processes =
        [house.process("one", &shared).await, house.process("two", &shared).await, house.process("near", &[]).await];
    let urls = processes.each_ref().map(|process| process.url.clone());
    let hunt = Hunt::begin(&urls, PACE, &mut run.random).await;
    let (mut episodes, first) = (vec![], run.random.usize(..FAULTS.len()));
    for round in 0..run.rounds {
        let fault = FAULTS[(first + usize::try_from(round).unwrap()) % FAULTS.len()];
        let under = Duration::from_millis(UNDER + run.random.u64(..1_000));
        episodes.push(episode(fault, under, &mut house.redis, &processes[0]).await);
        hunt.all_agree(QUIET).await;
    }
    let Found { reads, written } = hunt.end(QUIET).await;
    let errors: Vec<_> = reads.iter().filter_map(|read| read.error.as_ref()).chain(&written.errors).collect();
    assert!(errors.is_empty(), "{} errors without Redis: {errors:?}", errors.len());
    for episode in &episodes {
        assert_nothing_outdated(episode, &reads);
    }
    let worst = outdated(reads.iter().filter(|read| read.process == NEAR));
    assert!(worst.most <= NEAR_LIMIT, "an answer of a process's own was outdated by {:?}", worst.most);
    let speed = compare(&episodes, &reads);
    for process in processes {
        assert!(process.stop().await, "a process did not end well");
    }
    let during = outdated(reads.iter().filter(|read| read.process != NEAR));
    let lost_again = episodes.iter().filter(|episode| episode.lost_again).count();
    let note = format!(
        "{} reads and {} writes, 0 errors, none outdated from the shared cache after its return; in all {} outdated of the shared cache ({} at most), {} of a \
         process's own ({} at most); {lost_again} times lost again of itself; p99 {speed}",
        reads.len(),
        written.acknowledged,
        during.answers,
        milliseconds(during.most),
        worst.answers,
        milliseconds(worst.most)
    );
    Figures { images: 0, note, begun }.tell(&run);
}

/// One fault, from before it until everybody has got over it.
async fn episode(fault: &'static str, under: Duration, redis: &mut RedisServer, writer: &RunningBinary) -> Episode {
    if fault == "set back" {
        redis.lay_snapshot_aside();
    }
    sleep(BEFORE).await;
    let from = Instant::now();
    match fault {
        "killed" | "set back" => redis.kill(),
        "frozen" => redis.freeze(),
        _ => assert_eq!(redis.ask("FLUSHALL"), "+OK"),
    }
    sleep(under).await;
    let until = match fault {
        "killed" => started(redis),
        "set back" => {
            redis.bring_snapshot_back();
            started(redis)
        }
        // Whatever is answered from here on counts as answered after its return.
        "frozen" => {
            let until = Instant::now();
            redis.thaw();
            until
        }
        _ => from,
    };
    let losses_before = losses(writer);
    sleep(AFTER).await;
    Episode { fault, from, until, over: Instant::now(), lost_again: losses(writer) > losses_before }
}

fn started(redis: &mut RedisServer) -> Instant {
    let until = Instant::now();
    redis.start_again();
    until
}

/// From its return on nobody is given from the shared cache what was outdated when they asked; from a process's own soon no
/// more than usual.
fn assert_nothing_outdated(episode: &Episode, reads: &[Read]) {
    let wrong = reads.iter().filter(|read| {
        let near = read.process == NEAR || episode.lost_again;
        let (since, most) = if near { (TOLD, stale_reads::NEAR) } else { (Duration::ZERO, Duration::ZERO) };
        let after = read.asked_at >= episode.until + since && read.asked_at < episode.over;
        after && read.outdated.is_some_and(|by| by > most)
    });
    let wrong: Vec<String> = wrong
        .map(|read| {
            format!("process {}, {:?} after: by {:?}", read.process, read.asked_at - episode.until, read.outdated)
        })
        .collect();
    assert!(wrong.is_empty(), "outdated answers after Redis was {}: {wrong:?}", episode.fault);
}

/// Compares windows under each fault with those before it, by the usual and the slowest reads of each window, and the median of
/// all windows of a kind.
fn compare(episodes: &[Episode], reads: &[Read]) -> String {
    let mut lines = vec![];
    for fault in FAULTS {
        let of_kind = || episodes.iter().filter(move |episode| episode.fault == fault);
        let before: Vec<_> =
            of_kind().flat_map(|episode| windows(reads, episode.from - BEFORE, episode.from)).collect();
        let under: Vec<_> = of_kind().flat_map(|episode| windows(reads, episode.from, episode.lasts_until())).collect();
        if before.is_empty() {
            continue;
        }
        for (share, no_matter) in [USUAL, SLOWEST] {
            let (with, without) = (middle(&before, share), middle(&under, share));
            let times = without.as_secs_f64() / with.as_secs_f64();
            let fast = times <= SLOWER || without <= no_matter;
            assert!(fast, "{share} of reads within {without:?} while Redis was {fault}, within {with:?} before");
            if (share, no_matter) == SLOWEST {
                lines.push(format!("{times:.1} times ({}) when {fault}", milliseconds(without)));
            }
        }
    }
    lines.join(", ")
}

/// The median over windows of the span within which this share of a window's reads was answered.
fn middle(windows: &[Vec<Duration>], share: f64) -> Duration {
    percentile(&mut windows.iter().map(|window| percentile(&mut window.clone(), share)).collect::<Vec<_>>(), 0.5)
}

/// How long the reads of each window of a span took.
fn windows(reads: &[Read], from: Instant, until: Instant) -> Vec<Vec<Duration>> {
    let starts = std::iter::successors(Some(from), |start| Some(*start + WINDOW));
    let within = |start: Instant| reads.iter().filter(move |read| (start..start + WINDOW).contains(&read.asked_at));
    let whole = starts.take_while(|start| *start + WINDOW <= until);
    whole.map(|start| within(start).map(|read| read.took).collect()).collect()
}
