//! Putters and collectors at once: the same bytes are put and named while whoever named them last gives them up and collectors
//! look for what nobody names, each call of a store held up at random. What a row names is there, and what no row names goes.
//!
//! `WAREROOM_COLLECTOR_ROUNDS` and `WAREROOM_COLLECTOR_SEED` ask for more rounds or for the same pauses again.

mod disturbed;
mod house;
mod rounds;

use disturbed::Wrong;
use fastrand::Rng;
use house::House;
use rounds::{Plan, Tally, run};
use std::time::Duration;
use wareroom_test_kit::report;

/// How many rounds are made over each store.
const ROUNDS: u64 = 1_000;

fn rounds() -> u64 {
    crate::crash::asked("WAREROOM_COLLECTOR_ROUNDS").unwrap_or(ROUNDS)
}

/// Randomness that a printed seed repeats.
fn random(test: &str) -> Rng {
    let seed = crate::crash::asked("WAREROOM_COLLECTOR_SEED").unwrap_or_else(|| Rng::new().u64(..));
    println!("{test}: seed {seed}");
    Rng::with_seed(seed)
}

/// Claims that are often over before what was claimed is named.
const SHORT: Duration = Duration::from_millis(8);

/// Claims that are never over too soon.
const LONG: Duration = Duration::from_secs(30);

fn assert_proves_something(tally: &Tally) {
    assert!(tally.collected > tally.rounds / 4, "hardly anything was collected: {tally:?}");
    assert!(tally.emptied > 0, "never was there nothing left: {tally:?}");
}

#[tokio::test(start_paused = true)]
async fn in_memory_nothing_named_is_lost_though_claims_run_out_in_the_middle() {
    let mut random = random("memory, short claims");
    let house = House::in_memory(SHORT, None, &mut random).await;
    let tally = run(&house, Plan { chains: 4, rounds: rounds(), cut_off: true }, &mut random).await.unwrap();
    assert_proves_something(&tally);
    assert!(tally.conflicts > tally.rounds / 20, "claims hardly ever ran out: {tally:?}");
    report(&format!("collector in memory, claims of {} ms: {tally}", SHORT.as_millis()));
}

#[tokio::test(start_paused = true)]
async fn in_memory_nothing_named_is_lost_though_uploads_are_cut_off_in_the_middle() {
    let mut random = random("memory, long claims");
    let house = House::in_memory(LONG, None, &mut random).await;
    let tally = run(&house, Plan { chains: 4, rounds: rounds(), cut_off: true }, &mut random).await.unwrap();
    assert_proves_something(&tally);
    assert!(tally.cut_off > tally.rounds / 20, "hardly any upload was cut off: {tally:?}");
    report(&format!("collector in memory, claims of {} s: {tally}", LONG.as_secs()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_sqlite_and_files_nothing_named_is_lost() {
    /// On a busy disk some are too old when they are needed, on an idle one hardly any.
    const CLAIM: Duration = Duration::from_millis(150);
    let mut random = random("sqlite and files");
    let folder = tempfile::tempdir().unwrap();
    let house = House::on_disk(folder.path(), CLAIM, &mut random).await;
    let tally = run(&house, Plan { chains: 16, rounds: rounds(), cut_off: false }, &mut random).await.unwrap();
    assert_proves_something(&tally);
    report(&format!("collector over sqlite and files, claims of {} ms: {tally}", CLAIM.as_millis()));
}

/// The same rounds where something is wrong: they must show a loss.
async fn assert_is_noticed(wrong: Wrong) {
    let mut random = random(&format!("{wrong:?}"));
    let house = House::in_memory(SHORT, Some(wrong), &mut random).await;
    let plan = Plan { chains: 4, rounds: ROUNDS, cut_off: false };
    match run(&house, plan, &mut random).await {
        Ok(tally) => panic!("nothing was lost: {tally:?}"),
        Err(lost) => println!("{wrong:?}: {lost}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lets_condemned_names_be_claimed_is_noticed() {
    assert_is_noticed(Wrong::ClaimsTheCondemned).await;
}

#[tokio::test(start_paused = true)]
async fn collectors_that_work_side_by_side_are_noticed() {
    assert_is_noticed(Wrong::LetsEveryCollectorIn).await;
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_deletes_before_it_condemns_is_noticed() {
    assert_is_noticed(Wrong::DeletesFirst).await;
}
