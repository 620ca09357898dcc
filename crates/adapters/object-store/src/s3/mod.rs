//! A bucket of S3, or of a service that speaks its protocol.

mod blobs;
mod config;
mod kind;
mod links;
mod open;
mod refusal;
mod upload;

pub use blobs::S3Blobs;
pub use config::{S3Config, VARIABLES};
pub(crate) use kind::kind;
pub use links::S3Links;
