//! What the codec makes of pictures, and of what is none.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: a sample that cannot be made fails them")]

mod budget;
mod colours;
mod contract;
mod formats;
mod hostile;
mod properties;
mod rendering;
mod stand;
