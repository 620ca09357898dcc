//! The proof of the suites: every case is run against an adapter that is wrong in just the way the case is there for, and
//! must reject it; and against the same adapter with the fault switched off, which it must accept.
//!
//! The adapters are thin wrappers of those in memory. Each has a `Fault` for every case and forwards all else.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "nothing but tests and what they run against")]

mod blobs;
mod cache;
mod codec;
mod environment;
mod image_source;
mod invalidations;
mod media_links;
mod promises;
mod proof;
mod queue;
mod store;
mod transfer;
