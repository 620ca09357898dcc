//! The commands, one file each.

pub(crate) mod openapi;
pub(crate) mod prune;
pub(crate) mod serve;

/// What a command ends with.
pub(crate) type Ended = Result<(), Box<dyn std::error::Error>>;
