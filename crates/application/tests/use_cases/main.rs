//! The use cases over the memory adapters: what they store, tell, announce and refuse.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what helps a test fails the test it helps")]

mod attempts;
mod dead_letters;
mod delivery;
mod downloads;
mod editing;
mod idempotency;
mod lists;
mod pressure;
mod rescue;
mod transfer;
mod upkeep;
mod uploads;
