//! The outbox as a queue: a consumer claims a due row by lease, an acknowledgement deletes it.

use crate::{PostgresStore, error::of_queue, jobs, store::Shared};
use async_trait::async_trait;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError, Receipt, StoreError};

#[async_trait]
impl Queue for PostgresStore {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        if !messages.is_empty() {
            self.shared.write(&[jobs::publish(messages)]).await.map_err(of_queue)?;
            self.shared.jobs.notify_waiters();
        }
        Ok(messages.iter().map(|_| Ok(())).collect())
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        let slots = Arc::new(Semaphore::new(usize::from(prefetch.max(1))));
        Ok(Box::new(LaneConsumer { shared: Arc::clone(&self.shared), lane, slots, stopped: false }))
    }
}

/// Fetches one row at a time, when it is asked for: nothing lies in a buffer while its lease runs.
struct LaneConsumer {
    shared: Arc<Shared>,
    lane: Lane,
    /// One permit for each delivery that may be unsettled.
    slots: Arc<Semaphore>,
    stopped: bool,
}

#[async_trait]
impl Consumer for LaneConsumer {
    async fn receive(&mut self) -> Result<Delivery, QueueError> {
        if self.stopped {
            return Err(QueueError::Closed);
        }
        loop {
            let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| QueueError::Closed)?;
            let mut woken = pin!(self.shared.jobs.notified());
            // Listening before looking: what is committed in between wakes us.
            woken.as_mut().enable();
            let poll = self.shared.poll;
            let wait = match self.fetch(slot).await {
                Ok(Fetched::Delivery(delivery)) => return Ok(delivery),
                Ok(Fetched::Nothing { next_in }) => next_in.map_or(poll, |next| next.min(poll)),
                Err(StoreError::Busy) => poll,
                Err(error) => return Err(of_queue(error)),
            };
            drop(timeout(wait, woken).await);
        }
    }

    async fn stop(&mut self) -> Result<(), QueueError> {
        self.stopped = true;
        Ok(())
    }
}

enum Fetched {
    Delivery(Delivery),
    Nothing { next_in: Option<Duration> },
}

impl LaneConsumer {
    /// Claims one row, in a task of its own: when nobody waits for the answer any more, it is dropped there as a delivery,
    /// which gives the row back.
    async fn fetch(&self, slot: OwnedSemaphorePermit) -> Result<Fetched, StoreError> {
        let (shared, lane) = (Arc::clone(&self.shared), self.lane);
        let fetch = self.shared.connections.runtime.spawn(async move {
            let steps = [jobs::claim(Some(lane), 1, shared.lease), jobs::next_in(Some(lane))];
            let mut answers = shared.write(&steps).await?;
            let next = answers.pop().unwrap_or_default();
            let Some(claimed) = jobs::to_claimed(&answers.pop().unwrap_or_default())?.pop() else {
                return Ok(Fetched::Nothing { next_in: jobs::to_next(&next) });
            };
            let loan = Loan { shared, id: claimed.message.id, token: claimed.token, slot: Some(slot) };
            Ok(Fetched::Delivery(Delivery::new(claimed.message, Box::new(loan))))
        });
        fetch.await.map_err(|ended| StoreError::Backend(Box::new(ended)))?
    }
}

/// The claim of one row.
struct Loan {
    shared: Arc<Shared>,
    id: MessageId,
    token: u64,
    /// Free again once the row is settled.
    slot: Option<OwnedSemaphorePermit>,
}

#[async_trait]
impl Receipt for Loan {
    async fn ack(&mut self) -> Result<(), QueueError> {
        let done = jobs::done(std::iter::once((self.id, self.token)));
        let deleted = self.shared.write(&[done]).await.map_err(of_queue)?;
        if deleted.first().is_some_and(|rows| !rows.is_empty()) { Ok(()) } else { Err(QueueError::Lost) }
    }

    fn release(&mut self) {
        let (shared, id, token, slot) = (Arc::clone(&self.shared), self.id, self.token, self.slot.take());
        self.shared.connections.runtime.spawn(async move {
            match shared.write(&[jobs::release(id, token)]).await {
                Ok(_) => {
                    drop(slot);
                    shared.jobs.notify_waiters();
                }
                Err(error) => {
                    tracing::warn!(%error, message = %id, "a job could not be given back; its lease will end");
                }
            }
        });
    }
}
