//! The machine's own clock, randomness and free space: the [`Clock`](wareroom_ports::Clock), [`Ids`](wareroom_ports::Ids)
//! and [`Space`](wareroom_ports::Space) ports.
//!
//! The one crate that may read them. Knows nothing of who asks.

mod clock;
mod ids;
mod space;

pub use clock::SystemClock;
pub use ids::SystemIds;
pub use space::DiskSpace;
