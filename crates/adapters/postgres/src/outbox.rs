//! The outbox: kept in memory by a unit of work, written with its commit, and lent to a relay afterwards.

use crate::{PostgresStore, error::of_queue, events, jobs, pipeline::Step, unit::Unit};
use async_trait::async_trait;
use std::{pin::pin, time::Duration};
use tokio::time::timeout;
use wareroom_domain::{Event, Job, Stamped};
use wareroom_ports::{Backlog, Claimed, Message, Outbox, OutboxRelay, StoreError};

/// What a unit will leave behind.
#[derive(Default)]
pub(crate) struct Pending {
    jobs: Vec<(Message, Duration)>,
    events: Vec<Stamped<Event>>,
}

impl Pending {
    pub(crate) fn has_jobs(&self) -> bool {
        !self.jobs.is_empty()
    }

    /// One statement for all jobs, and one for all events.
    pub(crate) fn into_steps(self) -> impl Iterator<Item = Step> {
        let Self { jobs, events } = self;
        let jobs = (!jobs.is_empty()).then(|| jobs::leave(&jobs));
        let events = (!events.is_empty()).then(|| events::insert(&events));
        jobs.into_iter().chain(events)
    }
}

impl Outbox for Unit {
    fn job(&mut self, job: Stamped<Job>, due_in: Duration) {
        // One that leaves itself twice is there once, as it was left last.
        self.pending.jobs.retain(|(left, _)| left.id != job.id);
        self.pending.jobs.push((Message::of(&job), due_in));
    }

    fn event(&mut self, event: Stamped<Event>) {
        self.pending.events.push(event);
    }
}

#[async_trait]
impl OutboxRelay for PostgresStore {
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        let rows = self.shared.write(&[jobs::claim(None, limit, lease)]).await?.pop();
        jobs::to_claimed(&rows.unwrap_or_default())
    }

    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        self.shared.write(&[jobs::done(claimed.iter().map(|claimed| (claimed.message.id, claimed.token)))]).await?;
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let rows = self.shared.read(&[jobs::backlog()]).await?.pop();
        jobs::to_backlog(&rows.unwrap_or_default())
    }

    async fn at_least(&self, rows: u64) -> Result<bool, StoreError> {
        let Some(before) = rows.checked_sub(1) else { return Ok(true) };
        let rows = self.shared.read(&[jobs::one_after(before)]).await?.pop();
        Ok(!rows.unwrap_or_default().is_empty())
    }

    /// Jobs of other processes are looked for now and then.
    async fn wait(&self, at_most: Duration) {
        let mut woken = pin!(self.shared.jobs.notified());
        // Listening before looking: what is committed in between wakes us.
        woken.as_mut().enable();
        let next = match self.shared.read(&[jobs::next_in(None)]).await {
            Ok(mut rows) => jobs::to_next(&rows.pop().unwrap_or_default()),
            Err(error) => {
                tracing::debug!(error = %of_queue(error), "it is not known when the next job is due");
                None
            }
        };
        let poll = self.shared.poll;
        let at_most = at_most.min(next.map_or(poll, |next| next.min(poll)));
        drop(timeout(at_most, woken).await);
    }
}
