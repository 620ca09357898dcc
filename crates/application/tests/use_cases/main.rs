//! The use cases over the memory adapters: what they store, tell, announce and refuse.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what helps a test fails the test it helps")]

mod attempts;
mod delivery;
mod downloads;
mod upkeep;
mod uploads;
