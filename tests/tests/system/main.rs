//! The system's tests: its architecture, whole runs of the real binary, faults, embedding.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what helps a test fails the test it helps")]

mod architecture;
#[cfg(target_os = "linux")]
mod bad_input;
mod collector;
mod commands;
mod configuration;
mod crash;
#[cfg(target_os = "linux")]
mod durability;
mod embedding;
mod error_codes;
mod faults;
mod frozen;
#[cfg(target_os = "linux")]
mod full_disk;
mod idempotency;
mod logs;
mod migrating;
mod openapi;
mod operators;
mod photo;
#[cfg(target_os = "linux")]
mod predecessors;
mod prune;
mod rows;
mod several;
#[cfg(target_os = "linux")]
mod slow_heads;
mod stories;
