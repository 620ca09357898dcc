//! Every port in memory: the store that `memory:` names, and the stand-in for all real servers in tests.
//!
//! Nothing here is a mock. Each type keeps the promises of its port in full (the contract suites run over all of them), is
//! bounded where the port allows it, and takes its time from `tokio::time`, so that a test can pause and move it. What is
//! kept is gone when the process ends: that is the one difference from the adapters that write to disk.
//!
//! | type | ports |
//! |---|---|
//! | [`MemoryStore`] | `Store` and its `UnitOfWork`, `OutboxRelay`, `EventLog`, `Retention`, `Export`, `Import`, `ProductQueries`, `UserQueries`, `DeadLetterQueries`; `Queue` over its own job rows |
//! | [`MemoryQueue`] | `Queue`, as a broker of its own |
//! | [`MemoryCache`], [`LocalInvalidations`] | `Cache`, `Invalidations` |
//! | [`MemoryBlobs`] | `BlobStore` |
//! | [`MemoryCodec`] with [`MemoryImage`] | `ImageCodec`, over a toy format |
//! | [`MemorySource`] with [`MemoryPage`] | `ImageSource`, over a web of its own |
//! | [`FixedClock`], [`CountingIds`] | `Clock`, `Ids`, for tests |
//! | [`MemorySpace`] | `Space`, without a limit until one is set |
//!
//! It must not know a driver, a transport or another adapter.

mod blob_refs;
mod blobs;
mod broker;
mod cache;
mod codec;
mod config;
mod dead_letters;
mod deadline;
mod environment;
mod events;
mod filters;
mod idempotency;
mod image;
mod image_source;
mod invalidations;
mod lending;
mod outbox;
mod overlay;
mod queries;
mod queue;
mod repositories;
mod retention;
mod state;
mod store;
mod tables;
mod transfer;
mod unit;

pub use blobs::MemoryBlobs;
pub use broker::MemoryQueue;
pub use cache::MemoryCache;
pub use codec::MemoryCodec;
pub use config::MemoryConfig;
pub use environment::{CountingIds, FixedClock, MemorySpace};
pub use image::MemoryImage;
pub use image_source::{MemoryPage, MemorySource};
pub use invalidations::LocalInvalidations;
pub use store::MemoryStore;
