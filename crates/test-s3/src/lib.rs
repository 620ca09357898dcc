//! For tests: an S3 server that keeps objects in a folder and checks signatures ([`S3Server`]), as a part of a test or as a
//! program, and a wire to it that can be disturbed ([`Wire`]).
//!
//! Knows nothing of Wareroom, and nothing that ships depends on it.

mod server;
mod wire;

pub use server::{S3Server, ServerConfig};
pub use wire::{Trouble, Wire};
