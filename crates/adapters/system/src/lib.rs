//! The machine's own clock and randomness: the [`Clock`](wareroom_ports::Clock) and [`Ids`](wareroom_ports::Ids) ports.
//!
//! The one crate that may read them. Knows nothing of who asks.

mod clock;
mod ids;

pub use clock::SystemClock;
pub use ids::SystemIds;
