//! A process stands still for three leases in the middle of its work, and another does that work. When the first goes on, it
//! changes nothing.

use super::Run;
use super::figures::Figures;
use super::house::{House, LEASE};
use super::load::Clients;
use super::verify::verify;
use crate::rows::Rows;
use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::RunningBinary;

/// Images of a round.
const IMAGES: u64 = 40;

/// How often it may be met with nothing in hand.
const TRIES: usize = 10;

/// How long the process that goes on is watched: it has found out long before that it is late.
const WATCHED: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stood_still_for_three_leases_changes_nothing_when_it_goes_on() {
    let mut run = Run::of("worker-frozen", 1).await;
    let (begun, house) = (Instant::now(), House::open().await);
    let rows = house.rows().await;
    let mut frozen = house.process("one", &[]).await;
    let mut clients = Clients::new(&frozen.url).await;
    let mut held = 0;
    for round in 0..run.rounds {
        let mut in_hand = 0;
        for _ in 0..TRIES {
            let load = clients.bring(IMAGES, &house, std::slice::from_ref(&frozen.url), &mut run.random);
            load.done().await;
            in_hand = stand_still(&frozen, &rows, &mut run).await;
            if in_hand > 0 {
                break;
            }
            signal(&frozen, Signal::CONT);
        }
        assert!(in_hand > 0, "nothing was in hand when it stood still, which proves nothing");
        held += in_hand;
        let since = Instant::now();
        let name = if round.is_multiple_of(2) { "two" } else { "one" };
        let other = house.process(name, &[]).await;
        rows.until_no_job_is_left().await;
        sleep((3 * LEASE).saturating_sub(since.elapsed())).await;
        let before = rows.state();
        signal(&frozen, Signal::CONT);
        sleep(WATCHED).await;
        assert_eq!(rows.state(), before, "what came late changed something");
        assert!(frozen.stop().await, "the process that had stood still did not end well");
        assert_eq!(rows.state(), before, "what came late changed something at its end");
        frozen = other;
    }
    let effort = verify(&house, &frozen, &clients.ledger).await;
    assert_eq!(effort.failed, 0, "images were given up");
    assert!(frozen.stop().await, "a process did not end well");
    let note = format!(
        "{held} attempts in hand; {} attempts in all, {} of them overtaken",
        effort.begun, effort.without_effect
    );
    Figures { images: clients.ledger.images(), note, begun }.tell(&run);
}

/// Stops it while it has something in hand; answers how many attempts.
async fn stand_still(process: &RunningBinary, rows: &Rows, run: &mut Run) -> usize {
    sleep(Duration::from_millis(run.random.u64(..300))).await;
    let begun = Instant::now();
    while rows.count("processing") == 0 && rows.jobs() > 0 && begun.elapsed() < Duration::from_secs(10) {
        sleep(Duration::from_millis(1)).await;
    }
    signal(process, Signal::STOP);
    sleep(Duration::from_millis(100)).await;
    rows.count("processing")
}

fn signal(process: &RunningBinary, signal: Signal) {
    let process = i32::try_from(process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(process, signal).unwrap();
}
