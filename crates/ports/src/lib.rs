//! The sockets of Wareroom: what it asks of stores, queues, caches, blobs, codecs and downloads.
//!
//! A port is a small object-safe trait, held as `Arc<dyn Port>`, with one error enum that names the kinds a caller can act
//! on. Each promise of a port is one sentence with MUST at the method it belongs to, and one case of the same name in
//! `wareroom-port-contracts`: an adapter keeps the promises when it passes the suite.
//!
//! | module | ports |
//! |---|---|
//! | [`store`] | [`Store`], [`UnitOfWork`]: one transaction over all repositories |
//! | [`repositories`] | [`ProductRepo`], [`ImageRepo`], [`UserRepo`] |
//! | [`blob_refs`], [`dead_letters`], [`idempotency`] | [`BlobRefs`], [`DeadLetters`], [`IdempotencyKeys`]: further parts of it |
//! | [`outbox`] | [`Outbox`] (written with the unit), [`OutboxRelay`] (read outside it) |
//! | [`events`] | [`EventLog`]: what happened, in one order |
//! | [`retention`] | [`Retention`]: what is kept for a while only |
//! | [`queries`] | [`ProductQueries`], [`UserQueries`], [`DeadLetterQueries`]: reads outside a unit of work |
//! | [`queue`], [`message`] | [`Queue`], [`Consumer`], [`Delivery`]; what travels |
//! | [`cache`], [`invalidations`] | [`Cache`], [`Invalidations`] |
//! | [`blobs`] | [`BlobStore`], and [`MediaLinks`] where clients may go there themselves |
//! | [`codec`] | [`ImageCodec`] |
//! | [`image_source`] | [`ImageSource`] |
//! | [`transfer`] | [`Export`], [`Import`]: a whole store as rows that any other can hold |
//! | [`view_form`], [`user_form`] | none: products and users as bytes |
//! | [`environment`] | [`Clock`], [`Ids`], [`Space`] |
//!
//! An adapter implements a port and is held to its suite; how, is told in `wareroom-port-contracts`. Whoever uses a port knows
//! nothing of that:
//!
//! ```
//! use bytes::Bytes;
//! use wareroom_domain::{BlobKey, Sha256};
//! use wareroom_ports::{BlobError, BlobStore, BlobStoreExt};
//!
//! async fn copied(from: &dyn BlobStore, to: &dyn BlobStore, hash: Sha256) -> Result<bool, BlobError> {
//!     let key = BlobKey::Source(hash);
//!     let Some(bytes) = from.read(&key).await? else { return Ok(false) };
//!     to.put(&key, bytes).await?; // on disk from here on
//!     Ok(true)
//! }
//! # let _ = copied;
//! ```
//!
//! Nothing here knows an adapter, a driver or a transport.

pub mod blob_refs;
pub mod blobs;
pub mod cache;
pub mod codec;
pub mod dead_letters;
pub mod environment;
pub mod events;
pub mod idempotency;
pub mod image_source;
pub mod invalidations;
pub mod message;
pub mod outbox;
pub mod queries;
pub mod queue;
pub mod repositories;
pub mod retention;
pub mod store;
pub mod transfer;
pub mod user_form;
pub mod view_form;

pub use blob_refs::BlobRefs;
pub use blobs::{Blob, BlobError, BlobListing, BlobMeta, BlobStore, BlobStoreExt, ListedBlob, MediaLink, MediaLinks};
pub use cache::{Cache, CacheError, CacheKey, Cached, Put};
pub use codec::{CodecError, CodecLimits, ImageCodec, Inspected, Rendered, Rendering, Spent};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use environment::{Clock, Ids, Space};
pub use events::{EventLog, LogPage};
pub use idempotency::{IdempotencyKey, IdempotencyKeys, Reservation};
pub use image_source::{FetchLimits, Fetched, ImageSource, SourceError};
pub use invalidations::{Invalidation, Invalidations, Listener};
pub use message::{Message, WireError};
pub use outbox::{Backlog, Claimed, Outbox, OutboxRelay};
pub use queries::{
    DeadLetterCount, DeadLetterFilter, DeadLetterQueries, Origin, ProductFilter, ProductOrder, ProductPage,
    ProductPlace, ProductQueries, ProductView, UserFilter, UserQueries,
};
pub use queue::{Consumer, Delivery, Queue, QueueError, Receipt};
pub use repositories::{ImageRepo, ProductRepo, UserRepo};
pub use retention::{Kept, Retention};
pub use store::{Store, StoreError, UnitOfWork};
pub use transfer::{Census, Export, Import, Place, Record, Snapshot, Table, TransferError};
pub use user_form::{decode_user, encode_user};
pub use view_form::{decode_view, encode_view};

/// Whatever a driver reports, kept as the source of a port's error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
