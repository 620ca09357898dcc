//! A whole store as rows of no store in particular: to carry it into another one, and to look through it.
//!
//! ```text
//! source                                      target
//! snapshot, census                            begin       it is empty, or has a part of this copy
//! page behind a place ---- portable --------> put         batch after batch, each whole or not at all
//!                                             finish      new ids follow those of the source
//! ```
//!
//! Both sides can be read, in one order, so that what was copied is compared with what it was copied from, and a copy that was
//! broken off goes on where it was. Blobs are not rows: they are carried from one [`BlobStore`](crate::BlobStore) to another.

mod portable;
mod record;

pub use record::{
    Census, Place, Record, StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState, Table,
};

use crate::StoreError;
use async_trait::async_trait;

/// The form of the rows: a number that changes with what [`Record`] can say.
pub const FORM: u16 = 1;

/// What can go wrong with a copy.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is something in the target that is not of an unfinished copy: a row of which table.
    #[error("there are {} already", .0.name())]
    NotEmpty(Table),
    /// No copy was begun, or it was finished.
    #[error("no copy was begun here")]
    NotBegun,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives away what a store holds, beside whoever works with it.
#[async_trait]
pub trait Export: Send + Sync {
    /// Holds a moment fast, to be read for as long as it takes.
    ///
    /// - MUST show everything that was committed before the call.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;
}

/// One moment of a store.
///
/// - MUST NOT show anything that was written since.
#[async_trait]
pub trait Snapshot: Send {
    /// Up to `limit` rows behind a place of a table, in the order of their places; none when there are no more. Loans of jobs
    /// are not told: whoever had them is gone when the rows are used. Events without a position have no place and are not
    /// given: [`EventLog::sequence`](crate::EventLog::sequence) gives them one.
    ///
    /// - MUST give each row once, and every row with all that is kept of it.
    async fn page(&mut self, after: &Place, limit: usize) -> Result<Vec<Record>, StoreError>;

    /// How much there is.
    ///
    /// - MUST count every row, events without a position included.
    /// - MUST tell the newest ids that were given, also when what they were given to is gone.
    async fn census(&mut self) -> Result<Census, StoreError>;
}

/// Takes in what another store held. Nobody else works with the store until it is finished.
#[async_trait]
pub trait Import: Send + Sync {
    /// Begins a copy, or takes up the one that was begun and not finished.
    ///
    /// - MUST answer [`TransferError::NotEmpty`], and change nothing, when anything is there that is not of an unfinished copy.
    /// - MUST leave in place what an unfinished copy has put.
    async fn begin(&self) -> Result<(), TransferError>;

    /// Stores rows as they are, each behind those that it names: users before products, products before images.
    ///
    /// - MUST have stored all of them when it answers `Ok`, and none when it answers an error.
    /// - MUST leave a row alone whose identity is there already.
    /// - MUST keep a [portable](Record::portable) row so that it comes back equal.
    /// - MUST answer [`TransferError::NotBegun`] unless a copy was begun and not finished.
    async fn put(&self, rows: &[Record]) -> Result<(), TransferError>;

    /// Ends the copy: from now on the store is like any other.
    ///
    /// - MUST have the store go on behind those newest ids, and behind its own.
    /// - MUST have events go on behind the newest position.
    async fn finish(&self, census: &Census) -> Result<(), TransferError>;

    /// Whether a copy was begun and not finished: then nobody may work with the store.
    ///
    /// - MUST tell it until the copy is finished.
    async fn unfinished(&self) -> Result<bool, StoreError>;
}
