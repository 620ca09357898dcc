//! Work that was given up: seen, done again, or put aside.

pub(crate) mod discard_dead_letter;
pub(crate) mod discard_dead_letters;
mod filtered;
pub(crate) mod get_dead_letter;
pub(crate) mod list_dead_letters;
mod replay;
pub(crate) mod replay_dead_letters;
pub(crate) mod retry_dead_letter;
pub(crate) mod retry_dead_letters;
pub(crate) mod summarise_dead_letters;

pub use list_dead_letters::ListDeadLetters;

use crate::{Error, ErrorCode};

fn not_found() -> Error {
    Error::new(ErrorCode::NotFound, "there is no such dead letter")
}
