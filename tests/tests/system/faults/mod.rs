//! Faults: servers and processes are killed, frozen and set back while clients go on, and afterwards everything that was
//! acknowledged is there, once. Each row of `docs/faults.md` is a test here, over servers of its own; `scripts/faults` runs one for
//! as many rounds as it takes.
//!
//! `WAREROOM_FAULT_ROUNDS` and `WAREROOM_FAULT_SEED` ask for more rounds or for the same ones again. What two runs of a seed have
//! in common is what the test decides; when the machine does what is not repeated.

mod caller;
mod dead_postgres;
mod dead_process;
mod dead_redis;
mod figures;
mod frozen_worker;
mod house;
mod hunt;
mod ledger;
mod load;
mod stale_reads;
mod three_times;
mod verify;

use fastrand::Rng;
use tokio::sync::{Mutex, MutexGuard};

/// A run of a row.
struct Run {
    row: &'static str,
    rounds: u64,
    seed: u64,
    random: Rng,
    /// One row at a time: times are measured.
    _turn: MutexGuard<'static, ()>,
}

impl Run {
    /// Waits for its turn; of as many rounds as are asked for, or of these few.
    async fn of(row: &'static str, few: u64) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        let rounds = crate::crash::asked("WAREROOM_FAULT_ROUNDS").unwrap_or(few);
        let seed = crate::crash::asked("WAREROOM_FAULT_SEED").unwrap_or_else(|| Rng::new().u64(..));
        println!("{row}: {rounds} rounds, seed {seed}");
        Self { row, rounds, seed, random: Rng::with_seed(seed), _turn: turn }
    }
}
