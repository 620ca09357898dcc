//! What is done with whole stores: a copy into another, a backup beside those who work, a look through all blobs.
//!
//! ```text
//! copy      begin ; rows of every table, compared or put ; blobs, by their hashes ; both sides compared ; finish
//! back_up   collecting pauses ; the database's copy is made ; the blobs that it names ; collecting goes on
//! verify    the register of blobs and the list of them, side by side
//! ```
//!
//! All of it is by ports: which stores there are is not known here. Nothing is held in memory but a page of rows and a few
//! blobs, however much there is; and each can be broken off at any moment and be begun again.

mod backup;
mod blobs;
mod copy;
mod jobs;
mod pause;
mod progress;
mod verify;

pub use backup::{BackUpError, BackedUp, back_up};
pub use blobs::{Carried, carry_blobs};
pub use copy::{Copied, CopyError, CopySource, CopyTarget, copy};
pub use pause::{CollectingPaused, PauseError};
pub use progress::{Progress, Watch};
pub use verify::{Finding, Verified, verify_blobs};
