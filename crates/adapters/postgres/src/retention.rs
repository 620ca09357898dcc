//! Removes what was kept long enough, between units of work.

use crate::{
    PostgresStore, events,
    pipeline::step,
    rows::{count, instant, limit},
};
use async_trait::async_trait;
use jiff::Timestamp;
use wareroom_ports::{Kept, Retention, StoreError};

const EXPIRED_KEYS: &str = "SELECT count(*) AS count FROM idempotency_keys
     WHERE at < $1 AND (leased_until IS NULL OR leased_until <= statement_timestamp())";

const REMOVE_KEYS: &str = "WITH expired AS MATERIALIZED (
         SELECT scope, key FROM idempotency_keys
         WHERE at < $1 AND (leased_until IS NULL OR leased_until <= statement_timestamp())
         ORDER BY at, scope, key LIMIT $2 FOR UPDATE SKIP LOCKED
     ), removed AS (
         DELETE FROM idempotency_keys USING expired
         WHERE idempotency_keys.scope = expired.scope AND idempotency_keys.key = expired.key
         RETURNING 1
     )
     SELECT count(*) AS count FROM removed";

const EXPIRED_LETTERS: &str = "SELECT count(*) AS count FROM dead_letters WHERE at < $1";

const REMOVE_LETTERS: &str = "WITH removed AS (
         DELETE FROM dead_letters
         WHERE seq IN (SELECT seq FROM dead_letters WHERE at < $1 ORDER BY at, id LIMIT $2)
         RETURNING 1
     )
     SELECT count(*) AS count FROM removed";

#[async_trait]
impl Retention for PostgresStore {
    async fn expired(&self, what: Kept, before: Timestamp) -> Result<u64, StoreError> {
        let ask = match what {
            Kept::IdempotencyKeys => step!(EXPIRED_KEYS, instant(before)),
            Kept::Events => events::expired(before),
            Kept::DeadLetters => step!(EXPIRED_LETTERS, instant(before)),
        };
        count(&self.shared.read(&[ask]).await?.pop().unwrap_or_default())
    }

    async fn remove_expired(&self, what: Kept, before: Timestamp, most: usize) -> Result<u64, StoreError> {
        let remove = match what {
            Kept::IdempotencyKeys => step!(REMOVE_KEYS, instant(before), limit(most)),
            Kept::Events => events::remove(before, most),
            Kept::DeadLetters => step!(REMOVE_LETTERS, instant(before), limit(most)),
        };
        count(&self.shared.write(&[remove]).await?.pop().unwrap_or_default())
    }

    /// The server sees to it by itself.
    async fn compact(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
