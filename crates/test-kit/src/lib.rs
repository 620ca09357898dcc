//! Tools of the tests: an application in memory, the real binary under test, pictures that can be told apart, samples of
//! every format, a web server that misbehaves, real servers to do harm to, faults.
//!
//! For tests only: it panics where a test would have to fail anyway.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a tool of tests fails the test it serves")]

mod app;
mod binary;
mod client;
mod flaky;
mod origin;
mod picture;
mod report;
pub mod samples;
mod servers;
mod stack;
mod thin;

pub use app::TestApp;
pub use binary::{RunningBinary, binary_under_test};
pub use client::{Answer, Client, Lost};
pub use flaky::{Fault, Flaky, Stalling};
pub use origin::{Origin, OriginPage, Trap};
pub use picture::{Encoding, Picture};
pub use report::report;
pub use servers::{PostgresServer, RedisServer};
pub use stack::{Stack, connect_beside};
pub use thin::ThinBinary;
