//! The worker: takes jobs from the queue, runs their use case, settles their message. Beside it run the steps that follow a
//! commit: relaying the outbox, ordering and announcing events, rescuing stuck images, replaying dead letters.
//!
//! A message is settled after its outcome is stored, never before. Trouble with Wareroom's own stores is not the job's fault:
//! the worker holds what it has, takes next to nothing new behind a [`Breaker`], and goes on when the stores are back.
//!
//! The thin binary `app-worker` is this and the wiring, behind the feature `binary`.
//!
//! Knows the application and the queue's port; no broker, no database, no HTTP.

mod breaker;
#[cfg(feature = "configured")]
mod configured;
mod figures;
mod job;
mod settings;
mod steps;
mod verdict;
mod worker;

pub use breaker::Breaker;
#[cfg(feature = "configured")]
pub use configured::worker_settings;
pub use job::{JobHandler, Settled};
pub use settings::WorkerSettings;
pub use steps::{Step, Steps, run_steps};
pub use verdict::Verdict;
pub use worker::{Worker, WorkerReport};
