//! One of two processes is killed while clients bring images, at random or at a named stage, and the other goes on.

use super::Run;
use super::figures::Figures;
use super::house::House;
use super::load::{Clients, Load};
use super::verify::verify;
use crate::crash::STAGES;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::RunningBinary;

/// Images of a round.
const IMAGES: u64 = 40;

/// How often it is looked whether a process has stopped, and how long after everything was asked for it may still come to that.
const LOOK: Duration = Duration::from_millis(100);
const IDLE: Duration = Duration::from_secs(5);

const NOT_MET: &str = "a stage not met";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_one_of_two_processes_is_killed_at_any_moment() {
    kill(Run::of("process-killed", 4).await, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_one_of_two_processes_dies_at_a_named_stage() {
    kill(Run::of("process-at-a-stage", 5).await, true).await;
}

async fn kill(mut run: Run, aimed: bool) {
    let (begun, house) = (Instant::now(), House::open().await);
    let (rows, mut lives) = (house.rows().await, house.process("first", &[]).await);
    let mut clients = Clients::new(&lives.url).await;
    let (mut killed, first) = (BTreeMap::new(), run.random.usize(..STAGES.len()));
    let (mut round, mut name) = (0, ["second", "third"].into_iter().cycle());
    while round < run.rounds {
        let aim = aimed.then(|| STAGES[(first + usize::try_from(round).unwrap()) % STAGES.len()]);
        let stop_at = aim.map(|stage| format!("{stage}:{}", run.random.u64(..most_passings(stage)) + 1));
        let arguments: Vec<&str> = stop_at.iter().flat_map(|stop_at| ["--stop-at", stop_at]).collect();
        if aimed {
            // It is to stop at what it is asked for from now on, and not while it starts.
            rows.until_no_job_is_left().await;
        }
        let mut newcomer = house.process(name.next().unwrap(), &arguments).await;
        let load = clients.bring(IMAGES, &house, &[lives.url.clone(), newcomer.url.clone()], &mut run.random);
        let at = match aim {
            Some(stage) if meets(&mut newcomer, &load).await => stage,
            // Chance gave it nothing of that kind to do: killed it is all the same, and the stage is aimed at once more.
            Some(_) => NOT_MET,
            None => "any moment",
        };
        // To ask for all of it takes about a second, and to work it off another.
        sleep(Duration::from_millis(run.random.u64(..if aimed { 60 } else { 2_000 }))).await;
        let spared = !aimed && run.random.bool();
        let (dies, survivor) = if spared { (lives, newcomer) } else { (newcomer, lives) };
        dies.kill().await;
        *killed.entry(at).or_insert(0u64) += 1;
        load.done().await;
        lives = survivor;
        round += u64::from(at != NOT_MET);
        let missed = killed.get(NOT_MET).copied().unwrap_or(0);
        assert!(missed <= 5 + run.rounds, "a stage is not met any more, {aim:?} perhaps: {killed:?}");
    }
    let effort = verify(&house, &lives, &clients.ledger).await;
    assert!(lives.stop().await, "a process did not end well after the last round");
    let counts = clients.ledger.counts();
    let note = format!(
        "killed at {killed:?}; {} requests, sent {} times more; {} attempts, {} of them cut off, {} images given up as poison",
        counts.requests, counts.unknown, effort.begun, effort.without_effect, effort.failed
    );
    Figures { images: clients.ledger.images(), note, begun }.tell(&run);
    assert!(effort.failed * 20 <= effort.ready, "too much was given up: {effort:?}");
}

/// How often a stage is passed at least, as a rule, by one of two processes: requests are fewer than images.
fn most_passings(stage: &str) -> u64 {
    if ["accept", "store", "answer"].contains(&stage) { 1 } else { 3 }
}

/// Whether a process comes to its stop point while there is something to do.
async fn meets(process: &mut RunningBinary, load: &Load) -> bool {
    let mut without = Duration::ZERO;
    while without < IDLE {
        if process.stopped_at_its_stop_point(LOOK).await {
            return true;
        }
        without = if load.is_done() { without + LOOK } else { Duration::ZERO };
    }
    false
}
