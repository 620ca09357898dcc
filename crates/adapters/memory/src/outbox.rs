//! Both sides of the outbox: what a unit of work leaves, and what the relay takes.

use crate::store::MemoryStore;
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use std::time::Duration;
use wareroom_domain::{Event, Job, Stamped};
use wareroom_ports::{Backlog, Claimed, Message, Outbox, OutboxRelay, StoreError};

impl Outbox for MemoryUnit {
    fn job(&mut self, job: Stamped<Job>, due_in: Duration) {
        self.staged.jobs.push((Message::of(&job), due_in));
    }

    fn event(&mut self, event: Stamped<Event>) {
        self.staged.events.push(event);
    }
}

#[async_trait]
impl OutboxRelay for MemoryStore {
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        Ok(self.shared.jobs.claim(limit, lease))
    }

    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        for row in claimed {
            self.shared.jobs.settle(row.token);
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(self.shared.jobs.backlog())
    }

    async fn at_least(&self, rows: u64) -> Result<bool, StoreError> {
        Ok(self.shared.jobs.len() as u64 >= rows)
    }

    async fn wait(&self, at_most: Duration) {
        self.shared.jobs.wait(at_most).await;
    }
}
