//! The use cases over the memory adapters: what they store, tell, announce and refuse.

mod attempts;
mod delivery;
mod uploads;
