//! A queue that tells the test how each of its deliveries was settled.

use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::mpsc;
use wareroom_domain::Lane;
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError, Receipt};

/// How a delivery was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// The message is gone.
    Acknowledged,
    /// It was somebody else's by then.
    Lost,
    /// The queue failed.
    Failed,
    /// It was given back.
    Released,
}

/// A queue whose settlements are told.
pub(super) struct WatchedQueue {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) told: mpsc::UnboundedSender<Settlement>,
}

#[async_trait]
impl Queue for WatchedQueue {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        self.queue.publish(messages).await
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let consumer = self.queue.consume(lane, prefetch).await?;
        Ok(Box::new(WatchedConsumer { consumer, told: self.told.clone() }))
    }
}

struct WatchedConsumer {
    consumer: Box<dyn Consumer>,
    told: mpsc::UnboundedSender<Settlement>,
}

#[async_trait]
impl Consumer for WatchedConsumer {
    async fn receive(&mut self) -> Result<Delivery, QueueError> {
        let delivery = self.consumer.receive().await?;
        let message = delivery.message.clone();
        let receipt = WatchedReceipt { delivery: Some(delivery), told: self.told.clone() };
        Ok(Delivery::new(message, Box::new(receipt)))
    }

    async fn stop(&mut self) -> Result<(), QueueError> {
        self.consumer.stop().await
    }
}

struct WatchedReceipt {
    delivery: Option<Delivery>,
    told: mpsc::UnboundedSender<Settlement>,
}

#[async_trait]
impl Receipt for WatchedReceipt {
    async fn ack(&mut self) -> Result<(), QueueError> {
        let acknowledged = self.delivery.take().ok_or(QueueError::Lost)?.ack().await;
        let settlement = match &acknowledged {
            Ok(()) => Settlement::Acknowledged,
            Err(QueueError::Lost) => Settlement::Lost,
            Err(_) => Settlement::Failed,
        };
        // Nobody listens any more when the test is over.
        let _ = self.told.send(settlement);
        acknowledged
    }

    fn release(&mut self) {
        drop(self.delivery.take());
        let _ = self.told.send(Settlement::Released);
    }
}
