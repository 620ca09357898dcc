//! Work that was given up, with everything that is needed to understand it and to do it again.

use crate::{DeadLetterFilter, StoreError};
use async_trait::async_trait;
use jiff::Timestamp;
use wareroom_domain::{Attempts, DeadLetterId, Failure, ImageId, Job, ProductId, Trace, UserId};

/// A job that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Identity.
    pub id: DeadLetterId,
    /// The job, as it would be done again.
    pub job: Job,
    /// The image it was about.
    pub image: ImageId,
    /// The product that the image belongs to, if a product owns it.
    pub product: Option<ProductId>,
    /// Whose product that is.
    pub owner: Option<UserId>,
    /// The host that the image was to come from, in lower case, if it came by URL.
    pub host: Option<String>,
    /// Why it was given up.
    pub failure: Failure,
    /// How many attempts were begun.
    pub attempts: Attempts,
    /// When it was given up.
    pub at: Timestamp,
    /// The request that it came from.
    pub trace: Trace,
}

/// The dead letters. Part of a unit of work, so that a job is given up and its dead letter written together.
#[async_trait]
pub trait DeadLetters: Send {
    /// Keeps a dead letter.
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError>;

    /// Reads a dead letter; `None` when there is no such letter.
    ///
    /// - MUST give back every field as it was added.
    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError>;

    /// The dead letters of an image, oldest first.
    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError>;

    /// Removes a dead letter, replayed or discarded.
    ///
    /// - MUST answer whether it was there, so that of two who remove it one knows it was the other.
    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError>;

    /// Removes all dead letters of an image; answers to how many.
    async fn remove_of_image(&mut self, image: ImageId) -> Result<u64, StoreError>;

    /// Removes all that fit the filter; answers to how many.
    ///
    /// - MUST remove those that fit, and no others.
    async fn discard(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError>;

    /// Marks all that fit the filter to be replayed, those that are marked already included; answers to how many.
    ///
    /// - MUST mark those that fit, and no others.
    async fn mark(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError>;

    /// Up to `limit` of those that are marked, the oldest first.
    ///
    /// - MUST give marked ones only, until they are removed.
    async fn marked(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;
}
