//! The crash test: the binary is killed with SIGKILL again and again while clients upload pictures and name the URLs of others,
//! half of the times at a named stage of the pipeline, half at random. Afterwards every acknowledged product exists, every image
//! ended, nothing is double or in the wrong place.
//!
//! `WAREROOM_CRASH_ROUNDS` and `WAREROOM_CRASH_SEED` ask for more rounds or for the same ones again.

mod ledger;
mod load;
mod verify;

use crate::rows::Rows;
use fastrand::Rng;
use ledger::Ledger;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Origin, RunningBinary, Stack, report};

/// Where a kill can be aimed at, in the order that an image passes them.
pub(crate) const STAGES: [&str; 10] =
    ["accept", "store", "answer", "download", "retry", "decode", "encode", "put", "commit", "settle"];

/// Pictures come from this machine, and what failed is tried again soon: as often as usual, and twice more for the times that
/// the origin fails.
const FLAGS: [&str; 4] =
    ["--image-source-allow", "127.0.0.1/32", "--back-off", "20ms,40ms,80ms,160ms,320ms,320ms,320ms"];

/// How long a round waits for the stage that it aims at.
const AIM_LIMIT: Duration = Duration::from_secs(20);

/// What outlives the process: what its clients know, and where pictures come from.
struct World {
    ledger: Ledger,
    origin: Origin,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_however_often_the_process_is_killed() {
    let rounds = asked("WAREROOM_CRASH_ROUNDS").unwrap_or(20);
    let seed = asked("WAREROOM_CRASH_SEED").unwrap_or_else(|| Rng::new().u64(..));
    println!("crash test: {rounds} rounds, seed {seed}");
    let mut random = Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let world = Arc::new(World { ledger: Ledger::default(), origin: Origin::start().await });
    let (started, mut kills) = (Instant::now(), BTreeMap::new());
    let first_aim = random.usize(..STAGES.len());
    for round in 0..rounds {
        // Every second kill is aimed, at one stage after the other.
        let turn = first_aim + usize::try_from(round / 2).unwrap();
        let aim = round.is_multiple_of(2).then(|| STAGES[turn % STAGES.len()]);
        let killed = self::round(&data, round, aim, &mut random, &world).await;
        *kills.entry(killed).or_insert(0u64) += 1;
    }
    let binary = RunningBinary::start(&data, &FLAGS).await;
    let verdict = verify::verify(&binary, &world).await;
    let rows = Rows::beside(&data).await;
    rows.until_no_job_is_left().await;
    let effort = rows.assert_every_image_ended_once(&Stack::of_run().blobs(&data));
    assert!(binary.stop().await, "the binary did not end well after the last round");
    let aimed: u64 = STAGES.iter().filter_map(|stage| kills.get(*stage)).sum();
    report(&format!(
        "crash test: seed {seed}, {rounds} rounds ({aimed} killed at a stage: {kills:?}) in {} s; {verdict}; {} attempts, {} of \
         them cut off; loss in less than {:.1} % of kills with 95 % confidence",
        started.elapsed().as_secs(),
        effort.begun,
        effort.without_effect,
        300.0 / f64::from(u32::try_from(rounds).unwrap()),
    ));
    // A stage that is not met any more was renamed or is not passed: then its kills prove nothing.
    let unmet: Vec<&str> = STAGES.into_iter().filter(|stage| !kills.contains_key(stage)).collect();
    assert!(rounds < 20 || unmet.is_empty(), "no kill met {unmet:?}: {kills:?}");
}

/// One life of the process; answers what it died at.
async fn round(
    data: &Path,
    round: u64,
    aim: Option<&'static str>,
    random: &mut Rng,
    world: &Arc<World>,
) -> &'static str {
    let stop_at = aim.map(|stage| format!("{stage}:{}", random.u64(1..=5)));
    let stop_at = stop_at.iter().flat_map(|stop_at| ["--stop-at", stop_at]);
    let arguments: Vec<&str> = FLAGS.into_iter().chain(stop_at).collect();
    let mut binary = RunningBinary::start(data, &arguments).await;
    let loads = load::start(&binary, round, random, world);
    let met = match aim {
        Some(_) => binary.stopped_at_its_stop_point(AIM_LIMIT).await,
        None => false,
    };
    sleep(Duration::from_millis(random.u64(if met { 0..60 } else { 0..900 }))).await;
    binary.kill().await;
    for load in loads {
        load.await.unwrap();
    }
    match aim {
        Some(stage) if met => stage,
        Some(_) => "stage not met",
        None => "random",
    }
}

/// A number that the environment asks for.
pub(crate) fn asked(variable: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "how a longer run is asked for")]
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}
