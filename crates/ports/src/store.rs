//! One transaction over all repositories.
//!
//! ```
//! use wareroom_domain::{Event, Product, ProductDraft, Stamped};
//! use wareroom_ports::{Store, StoreError};
//!
//! async fn accept(
//!     store: &dyn Store,
//!     draft: &ProductDraft,
//!     stamped: fn(Event) -> Stamped<Event>,
//! ) -> Result<Product, StoreError> {
//!     let mut unit = store.begin().await?;
//!     let product = unit.products().insert(draft).await?;
//!     unit.outbox().event(stamped(product.created()));
//!     unit.commit().await?; // all of it, or nothing
//!     Ok(product)
//! }
//! # let _ = accept;
//! ```
//!
//! No remote call is awaited between `begin` and `commit`, and a use case never begins a second unit while it holds one.

use crate::{BlobRefs, BoxError, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, UserRepo};
use async_trait::async_trait;

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row changed since it was read, or the store asks to run the whole unit again.
    #[error("changed by someone else meanwhile")]
    Conflict,
    /// A row names another that is not there: which kind, such as `user`.
    #[error("the {0} does not exist")]
    UnknownReference(&'static str),
    /// An earlier call of this unit of work failed: nothing of it is or will be stored.
    #[error("the unit of work was given up after an earlier error")]
    Aborted,
    /// No connection or writer within the time limit; safe to try again.
    #[error("the store is busy")]
    Busy,
    /// The connection was lost while committing: stored or not, nobody knows.
    #[error("the outcome of the commit is unknown")]
    Unknown(#[source] BoxError),
    /// There is no room left.
    #[error("the store is full")]
    Full,
    /// Anything else; the source says what.
    #[error("the store failed")]
    Backend(#[source] BoxError),
}

/// Where products, images, users and everything that must be written with them are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a unit of work.
    ///
    /// - MUST answer [`StoreError::Busy`] within the configured wait instead of hanging, when no writer is free.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError>;

    /// Whether the store can be read and written now; for health checks. Answers within the configured wait.
    async fn check(&self) -> Result<(), StoreError>;
}

/// One transaction over all repositories.
///
/// - Dropping it MUST roll everything back.
/// - Dropping it MUST leave the store fit for the next unit, also when a call was in flight.
/// - After any `Err` from a repository every later call, `commit` included, MUST answer [`StoreError::Aborted`].
/// - What one unit wrote MUST be visible to the later calls of the same unit.
#[async_trait]
pub trait UnitOfWork: Send {
    /// The products, within this unit.
    fn products(&mut self) -> &mut dyn ProductRepo;
    /// Their images, within this unit.
    fn images(&mut self) -> &mut dyn ImageRepo;
    /// The users, within this unit.
    fn users(&mut self) -> &mut dyn UserRepo;
    /// Which blobs are in use.
    fn blobs(&mut self) -> &mut dyn BlobRefs;
    /// Work that was given up.
    fn dead_letters(&mut self) -> &mut dyn DeadLetters;
    /// Requests that are sent again.
    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys;
    /// What must happen, or be told, if and only if this unit commits.
    fn outbox(&mut self) -> &mut dyn Outbox;

    /// Stores everything. It may wait for units that began after this one, since a store may store several at once: hold
    /// nothing while you wait that another unit could want. [`StoreError::Unknown`] is the one answer that leaves open whether it did; after `Conflict` the whole
    /// unit may be run again.
    ///
    /// - MUST have stored all of it, outbox included, when it answers `Ok`, and nothing when it answers another error than
    ///   [`StoreError::Unknown`].
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
