//! A broker of its own, apart from any store: what a relay publishes to.

use crate::lending::Lending;
use crate::queue::{LaneConsumer, publish};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::Lane;
use wareroom_ports::{Consumer, Message, Queue, QueueError};

/// A queue in memory. Clones share one. Messages of a lane come out in the order they went in, but for those that were
/// given back or whose lease ran out: they queue up again.
#[derive(Clone)]
pub struct MemoryQueue {
    lending: Arc<Lending>,
    lease: Duration,
}

impl MemoryQueue {
    /// An empty queue that lends each message for `lease` at a time.
    pub fn new(lease: Duration) -> Self {
        Self { lending: Arc::default(), lease }
    }

    /// How many messages there are, those on loan included. For tests.
    pub fn messages(&self) -> usize {
        self.lending.len()
    }
}

impl Default for MemoryQueue {
    /// With a lease of six minutes, as the store's own queue has.
    fn default() -> Self {
        Self::new(crate::MemoryConfig::default().lease)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        Ok(publish(&self.lending, messages))
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(LaneConsumer::new(&self.lending, lane, self.lease, prefetch)))
    }
}
