//! A queue, the least that memory, SQL, RabbitMQ and Kafka all do: no delays, no dead letters, no order. Back-off and dead
//! letters are rows of the store.

use crate::{BoxError, Message};
use async_trait::async_trait;
use wareroom_domain::Lane;

/// What can go wrong with a queue.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Nobody will ever receive it: unroutable, or refused because the queue is full.
    #[error("the queue did not take the message")]
    Refused,
    /// The delivery went back already (its lease is over, the connection was lost): the receipt is void.
    #[error("the delivery is no longer ours")]
    Lost,
    /// The consumer was stopped.
    #[error("the queue is closed")]
    Closed,
    /// No connection; safe to try again.
    #[error("the queue cannot be reached")]
    Unavailable(#[source] BoxError),
    /// Anything else; the source says what.
    #[error("the queue failed")]
    Backend(#[source] BoxError),
}

/// Where jobs wait for a worker.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Publishes a batch: one outcome a message, in the order given; after the outer error none is known to be kept. MAY deliver a message more than once. No order is
    /// promised.
    ///
    /// - `Ok` for a message MUST mean that it is kept and will be delivered.
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError>;

    /// Opens a consumer of a lane. Any number of them may share one.
    ///
    /// - MUST lend it at most `prefetch` unsettled deliveries at a time.
    /// - MUST lend a message to one consumer at a time while its lease lasts.
    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError>;
}

/// One consumer of a lane.
#[async_trait]
pub trait Consumer: Send {
    /// The next delivery; waits for one. [`QueueError::Closed`] after [`stop`](Self::stop).
    ///
    /// - MUST be safe to cancel: a message is in the answer or still in the queue.
    async fn receive(&mut self) -> Result<Delivery, QueueError>;

    /// No more deliveries.
    ///
    /// - What was fetched and not received MUST go back at once.
    /// - What was received before MUST stay fit to be settled, also when the consumer is dropped.
    async fn stop(&mut self) -> Result<(), QueueError>;
}

/// A message on loan.
///
/// - Dropping it unsettled MUST make it available again, at the latest when the loan ends.
pub struct Delivery {
    /// What was delivered.
    pub message: Message,
    receipt: Option<Box<dyn Receipt>>,
}

/// An adapter's side of a [`Delivery`].
#[async_trait]
pub trait Receipt: Send + Sync {
    /// The message was dealt with.
    ///
    /// - MUST be safe in any order among the deliveries of a consumer.
    /// - MUST answer [`QueueError::Lost`] when the message was lent to another since.
    async fn ack(&mut self) -> Result<(), QueueError>;

    /// Back to the queue, now. Never waits and cannot fail: called from drop.
    fn release(&mut self);
}

impl Delivery {
    /// Made by an adapter.
    pub fn new(message: Message, receipt: Box<dyn Receipt>) -> Self {
        Self { message, receipt: Some(receipt) }
    }

    /// The message was dealt with: it MUST NOT be delivered again.
    pub async fn ack(mut self) -> Result<(), QueueError> {
        match self.receipt.take() {
            Some(mut receipt) => receipt.ack().await,
            None => Err(QueueError::Lost),
        }
    }

    /// Gives the message back, now.
    pub fn release(self) {}
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(mut receipt) = self.receipt.take() {
            receipt.release();
        }
    }
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("message", &self.message).finish_non_exhaustive()
    }
}
