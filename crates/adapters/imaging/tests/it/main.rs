//! What the codec makes of pictures, and of what is none.
#![expect(clippy::unwrap_used, reason = "tests: a sample that cannot be made fails them")]

mod contract;
mod hostile;
mod rendering;
mod samples;
