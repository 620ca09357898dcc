//! The store's own queue: its job rows are lent directly, and nothing has to be relayed. Also the consumer that the broker
//! shares.

use crate::lending::Lending;
use crate::store::MemoryStore;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wareroom_domain::Lane;
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError, Receipt};

#[async_trait]
impl Queue for MemoryStore {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        Ok(publish(&self.shared.jobs, messages))
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(LaneConsumer::new(&self.shared.jobs, lane, self.config.lease, prefetch)))
    }
}

pub(crate) fn publish(lending: &Lending, messages: &[Message]) -> Vec<Result<(), QueueError>> {
    lending.add(messages.iter().map(|message| (message.clone(), Duration::ZERO)));
    messages.iter().map(|_| Ok(())).collect()
}

/// A consumer that fetches nothing ahead: what it has not handed out is still in the queue.
pub(crate) struct LaneConsumer {
    lending: Arc<Lending>,
    lane: Lane,
    lease: Duration,
    unsettled: Arc<Semaphore>,
}

impl LaneConsumer {
    /// A prefetch of 0 counts as 1: a consumer that may hold nothing would wait for ever.
    pub(crate) fn new(lending: &Arc<Lending>, lane: Lane, lease: Duration, prefetch: u16) -> Self {
        let unsettled = Arc::new(Semaphore::new(usize::from(prefetch.max(1))));
        Self { lending: Arc::clone(lending), lane, lease, unsettled }
    }
}

#[async_trait]
impl Consumer for LaneConsumer {
    async fn receive(&mut self) -> Result<Delivery, QueueError> {
        let place = Arc::clone(&self.unsettled).acquire_owned().await.map_err(|_| QueueError::Closed)?;
        let claimed = self.lending.next(self.lane, self.lease).await;
        let receipt = Loan { lending: Arc::clone(&self.lending), token: claimed.token, _place: place };
        Ok(Delivery::new(claimed.message, Box::new(receipt)))
    }

    async fn stop(&mut self) -> Result<(), QueueError> {
        self.unsettled.close();
        Ok(())
    }
}

struct Loan {
    lending: Arc<Lending>,
    token: u64,
    _place: OwnedSemaphorePermit,
}

#[async_trait]
impl Receipt for Loan {
    async fn ack(&mut self) -> Result<(), QueueError> {
        if self.lending.settle(self.token) { Ok(()) } else { Err(QueueError::Lost) }
    }

    fn release(&mut self) {
        self.lending.give_back(self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryConfig, MemoryQueue};
    use bytes::Bytes;
    use futures::FutureExt;
    use wareroom_domain::{MessageId, Trace};

    const MINUTE: Duration = Duration::from_mins(1);

    fn messages(count: u128) -> Vec<Message> {
        let message = |number| Message {
            id: MessageId(uuid::Uuid::from_u128(number)),
            lane: Lane::Images,
            schema: 1,
            kind: "test".to_owned(),
            body: Bytes::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            trace: Trace::default(),
        };
        (1..=count).map(message).collect()
    }

    async fn behaves(queue: &dyn Queue) {
        queue.publish(&messages(3)).await.unwrap();
        let mut consumer = queue.consume(Lane::Images, 2).await.unwrap();
        let first = consumer.receive().await.unwrap();
        let second = consumer.receive().await.unwrap();
        assert!(consumer.receive().now_or_never().is_none(), "a third beyond the prefetch");
        first.ack().await.unwrap();
        let third = consumer.receive().await.unwrap();
        assert!(consumer.receive().now_or_never().is_none());
        second.release();
        let again = consumer.receive().await.unwrap();
        assert_eq!(again.message, messages(2)[1]);

        consumer.stop().await.unwrap();
        assert!(matches!(consumer.receive().await, Err(QueueError::Closed)));
        drop(consumer);
        third.ack().await.unwrap();
        tokio::time::advance(MINUTE).await;
        let mut other = queue.consume(Lane::Images, 0).await.unwrap();
        let taken_over = other.receive().await.unwrap();
        assert!(matches!(again.ack().await, Err(QueueError::Lost)));
        taken_over.ack().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_store_s_own_queue_and_the_broker_behave_alike() {
        let store = MemoryStore::new(MemoryConfig { lease: MINUTE, ..MemoryConfig::default() });
        behaves(&store).await;
        assert_eq!(store.jobs(), 0);
        let broker = MemoryQueue::new(MINUTE);
        behaves(&broker).await;
        assert_eq!(broker.messages(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_receive_that_is_cancelled_takes_neither_a_message_nor_a_place() {
        let queue = MemoryQueue::default();
        let mut consumer = queue.consume(Lane::Images, 1).await.unwrap();
        for _ in 0..3 {
            assert!(tokio::time::timeout(MINUTE, consumer.receive()).await.is_err());
        }
        queue.publish(&messages(1)).await.unwrap();
        drop(consumer.receive().await.unwrap());
        assert!(consumer.receive().await.unwrap().ack().await.is_ok());
    }
}
