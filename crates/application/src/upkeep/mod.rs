//! What nobody asks for and everybody relies on: that what is no longer needed goes. Each file is one kind of it.

pub(crate) mod collect_blobs;
pub(crate) mod prune;

pub use prune::{Pruned, Retain};
