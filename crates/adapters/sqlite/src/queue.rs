//! The outbox as a queue: a consumer claims a due row by lease, an acknowledgement deletes it.

use crate::{SqliteStore, error::of_queue, jobs, store::Shared};
use async_trait::async_trait;
use rusqlite::Connection;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError, Receipt, StoreError};

/// How often to look for what nobody announced: rows that another process wrote, or a lane whose rows became due while
/// the store was busy.
const POLL: Duration = Duration::from_secs(1);

#[async_trait]
impl Queue for SqliteStore {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        let outcomes = messages.iter().map(|_| Ok(())).collect();
        let messages = messages.to_vec();
        let jobs = Arc::clone(&self.shared.jobs);
        let publish = move |connection: &Connection| {
            for message in &messages {
                jobs::publish(connection, message)?;
            }
            Ok(())
        };
        // Also when nobody waits for it any more.
        let stored = move || jobs.notify_waiters();
        self.shared.writer.write(self.shared.begin_wait, publish, stored).await.map_err(of_queue)?;
        Ok(outcomes)
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
        let mut slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| QueueError::Closed)?;
        loop {
            let mut woken = pin!(self.shared.jobs.notified());
            // Listening before looking: what is committed in between wakes us.
            woken.as_mut().enable();
            let wait = match self.fetch(slot).await {
                Ok(Fetched::Delivery(delivery)) => return Ok(delivery),
                Ok(Fetched::Nothing { next_in, slot: unused }) => {
                    slot = unused;
                    next_in.map_or(POLL, |next| next.min(POLL))
                }
                Err(StoreError::Busy) => {
                    slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| QueueError::Closed)?;
                    POLL
                }
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
    Nothing { next_in: Option<Duration>, slot: OwnedSemaphorePermit },
}

impl LaneConsumer {
    /// Claims one row. It becomes a delivery on the writer's thread already: when nobody waits for the answer any more,
    /// dropping it there gives the row back.
    async fn fetch(&self, slot: OwnedSemaphorePermit) -> Result<Fetched, StoreError> {
        let (shared, lane) = (Arc::clone(&self.shared), self.lane);
        // Asked beside the writer, whose lock of the file an idle lane must not take.
        let next_in = shared.read(move |connection| Ok(jobs::next_in(connection, lane)?)).await?;
        if next_in != Some(Duration::ZERO) {
            return Ok(Fetched::Nothing { next_in, slot });
        }
        let fetch = self.shared.write(move |connection| {
            let Some(claimed) = jobs::claim(connection, lane, 1, shared.lease)?.pop() else {
                return Ok(Fetched::Nothing { next_in: jobs::next_in(connection, lane)?, slot });
            };
            let loan = Loan { shared, id: claimed.message.id, token: claimed.token, _slot: slot };
            Ok(Fetched::Delivery(Delivery::new(claimed.message, Box::new(loan))))
        });
        fetch.await
    }
}

/// The claim of one row.
struct Loan {
    shared: Arc<Shared>,
    id: MessageId,
    token: u64,
    _slot: OwnedSemaphorePermit,
}

#[async_trait]
impl Receipt for Loan {
    async fn ack(&mut self) -> Result<(), QueueError> {
        let (id, token) = (self.id, self.token);
        let held = self.shared.write(move |connection| Ok(jobs::done(connection, id, token)?)).await;
        if held.map_err(of_queue)? { Ok(()) } else { Err(QueueError::Lost) }
    }

    fn release(&mut self) {
        let (id, token, jobs) = (self.id, self.token, Arc::clone(&self.shared.jobs));
        let tell = move |released: Result<(), StoreError>| match released {
            Ok(()) => jobs.notify_waiters(),
            Err(error) => tracing::warn!(%error, message = %id, "a job could not be given back; its lease will end"),
        };
        self.shared.writer.send_write(move |connection| Ok(jobs::release(connection, id, token)?), tell);
    }
}
