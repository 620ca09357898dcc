//! One conformance suite per port of Wareroom: an adapter keeps a port's promises when it passes the port's suite.
//!
//! Each promise (each sentence with MUST in `wareroom-ports`) has a case of the same name, a plain `async fn` that panics
//! when the promise is broken. What adapters write by hand, such as columns, is covered as well: every field comes back as
//! it was stored, instants to the microsecond.
//!
//! An adapter of one's own is held to a suite in three steps: this crate as a dev-dependency, a fixture that hands out a
//! fresh backend and keeps it alive, and one line for the suite, which becomes one `#[test]` per case:
//!
//! ```
//! use std::sync::{Arc, Mutex, PoisonError};
//! use wareroom_port_contracts::{async_trait, clock::ClockFixture};
//! use wareroom_ports::Clock;
//!
//! /// A clock for simulations: each look at it takes a second.
//! struct Ticking(Mutex<jiff::Timestamp>);
//!
//! impl Clock for Ticking {
//!     fn now(&self) -> jiff::Timestamp {
//!         let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         *now = now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap_or(*now);
//!         *now
//!     }
//! }
//!
//! struct Fixture(Arc<dyn Clock>); // also the place for a guard: a temporary folder, a schema to drop
//!
//! #[async_trait]
//! impl ClockFixture for Fixture {
//!     async fn fresh() -> Self {
//!         Self(Arc::new(Ticking(Mutex::new(jiff::Timestamp::UNIX_EPOCH))))
//!     }
//!     fn clock(&self) -> Arc<dyn Clock> {
//!         Arc::clone(&self.0)
//!     }
//! }
//!
//! wareroom_port_contracts::clock_suite!(Fixture);
//! # wareroom_port_contracts::run(wareroom_port_contracts::clock::now_is_never_earlier_than_before::<Fixture>());
//! ```
//!
//! | suite | fixture | what it holds to account |
//! |---|---|---|
//! | [`store_suite!`] | [`store::StoreFixture`] | the unit of work and its repositories |
//! | [`blob_refs_suite!`], [`dead_letters_suite!`], [`idempotency_suite!`] | the same | the further parts of a unit of work |
//! | [`outbox_suite!`] | [`outbox::OutboxFixture`] | what a unit leaves behind, and the relay's side of it |
//! | [`events_suite!`] | [`events::EventsFixture`] | the log of events |
//! | [`retention_suite!`] | the same | what removes what was kept long enough |
//! | [`transfer_suite!`] | [`transfer::TransferFixture`] | a whole store given away, and taken in |
//! | [`queries_suite!`] | [`queries::QueriesFixture`] | products and lists of them, caches in front included |
//! | [`user_queries_suite!`] | [`user_queries::UserQueriesFixture`] | users and lists of them |
//! | [`dead_letter_queries_suite!`] | [`dead_letter_queries::DeadLetterQueriesFixture`] | lists and summaries of what gave up |
//! | [`queue_suite!`] | [`queue::QueueFixture`] | a queue |
//! | [`cache_suite!`] | [`cache::CacheFixture`] | a shared cache |
//! | [`invalidations_suite!`] | [`invalidations::InvalidationsFixture`] | what tells caches to forget |
//! | [`blobs_suite!`] | [`blobs::BlobsFixture`] | a blob store |
//! | [`media_links_suite!`] | [`media_links::MediaLinksFixture`] | a blob store that clients may go to themselves |
//! | [`codec_suite!`] | [`codec::CodecFixture`] | an image codec |
//! | [`image_source_suite!`] | [`image_source::ImageSourceFixture`] | what fetches images from URLs |
//! | [`clock_suite!`], [`ids_suite!`] | [`clock::ClockFixture`], [`ids::IdsFixture`] | time and identity |
//! | [`space_suite!`] | [`space::SpaceFixture`] | what tells how much room is left |
//!
//! A backend that a fixture cannot reach must panic in `fresh`: no case passes by being skipped. Each suite lists its cases
//! once, in a macro such as [`store_cases!`]; its `CASES` and its tests come from that list. That every case notices the
//! fault that it is there for is proved in this crate's own tests, with an adapter that is wrong in just that way.
//!
//! Knows no adapter.

#![expect(clippy::expect_used, reason = "a case panics when a promise is broken: that is its answer")]

#[macro_use]
mod listing;
mod patience;
mod samples;
mod sifting;

pub mod blob_refs;
pub mod blobs;
pub mod cache;
pub mod clock;
pub mod codec;
pub mod dead_letter_queries;
pub mod dead_letters;
pub mod events;
pub mod idempotency;
pub mod ids;
pub mod image_source;
pub mod invalidations;
pub mod media_links;
pub mod outbox;
pub mod queries;
pub mod queue;
pub mod retention;
pub mod space;
pub mod store;
pub mod transfer;
pub mod user_queries;

pub use async_trait::async_trait;
pub use listing::run;
