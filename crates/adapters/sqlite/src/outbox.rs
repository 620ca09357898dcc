//! The outbox: kept in memory by a unit of work, written with its commit, and lent to a relay afterwards.

use crate::{SqliteStore, error::Fault, events, jobs, unit::Unit};
use async_trait::async_trait;
use rusqlite::Connection;
use std::{pin::pin, time::Duration};
use tokio::time::timeout;
use wareroom_domain::{Event, Job, Lane, Stamped};
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

    pub(crate) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        for (message, due_in) in &self.jobs {
            jobs::leave(connection, message, *due_in)?;
        }
        for event in &self.events {
            events::insert(connection, event)?;
        }
        Ok(())
    }
}

impl Outbox for Unit {
    fn job(&mut self, job: Stamped<Job>, due_in: Duration) {
        self.pending.jobs.push((Message::of(&job), due_in));
    }

    fn event(&mut self, event: Stamped<Event>) {
        self.pending.events.push(event);
    }
}

#[async_trait]
impl OutboxRelay for SqliteStore {
    async fn claim(&self, limit: usize, lease: Duration) -> Result<Vec<Claimed>, StoreError> {
        self.shared
            .write(move |connection| {
                let mut claimed = vec![];
                for lane in Lane::ALL {
                    let left = limit - claimed.len();
                    if left > 0 {
                        claimed.append(&mut jobs::claim(connection, lane, left, lease)?);
                    }
                }
                Ok(claimed)
            })
            .await
    }

    async fn done(&self, claimed: &[Claimed]) -> Result<(), StoreError> {
        let rows: Vec<_> = claimed.iter().map(|claimed| (claimed.message.id, claimed.token)).collect();
        self.shared
            .write(move |connection| {
                for (id, token) in rows {
                    jobs::done(connection, id, token)?;
                }
                Ok(())
            })
            .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.shared.read(|connection| Ok(jobs::backlog(connection)?)).await
    }

    async fn at_least(&self, rows: u64) -> Result<bool, StoreError> {
        self.shared.read(move |connection| Ok(jobs::at_least(connection, rows)?)).await
    }

    async fn wait(&self, at_most: Duration) {
        let mut woken = pin!(self.shared.jobs.notified());
        // Listening before looking: what is committed in between wakes us.
        woken.as_mut().enable();
        let next = self.shared.read(|connection| {
            let mut next = None;
            for lane in Lane::ALL {
                let of_lane = jobs::next_in(connection, lane)?;
                next = next.into_iter().chain(of_lane).min();
            }
            Ok(next)
        });
        let at_most = match next.await {
            Ok(Some(next)) => at_most.min(next),
            Ok(None) | Err(_) => at_most,
        };
        drop(timeout(at_most, woken).await);
    }
}
