//! Workers that stand still: a process that is stopped beyond the lease of its jobs and goes on, and a worker that is held in
//! the codec while another takes over. What comes late changes nothing, and nothing is stuck.
//!
//! `WAREROOM_FROZEN_SEED` asks for the same run again.

mod codec;
mod late;
#[cfg(target_os = "linux")]
mod process;
mod queue;
mod turmoil;
mod worker;

use fastrand::Rng;

/// Randomness that a printed seed repeats.
fn random(test: &str) -> Rng {
    let seed = crate::crash::asked("WAREROOM_FROZEN_SEED").unwrap_or_else(|| Rng::new().u64(..));
    println!("{test}: seed {seed}");
    Rng::with_seed(seed)
}
