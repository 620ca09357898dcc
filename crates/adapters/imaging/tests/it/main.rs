//! What the codec makes of pictures, and of what is none.
#![expect(clippy::unwrap_used, reason = "tests: a sample that cannot be made fails them")]

mod budget;
mod colours;
mod contract;
mod formats;
mod hostile;
mod profiles;
mod rendering;
mod samples;
