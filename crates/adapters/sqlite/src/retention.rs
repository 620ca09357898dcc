//! Removes what was kept long enough, outside units of work.

use crate::{SqliteStore, clock::now, connection::checkpoint, error::Fault, events, rows::instant};
use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;
use wareroom_ports::{Kept, Retention, StoreError};

fn expired(connection: &Connection, what: Kept, before: &str) -> Result<u64, Fault> {
    let count = match what {
        Kept::IdempotencyKeys => connection
            .prepare_cached(
                "SELECT count(*) FROM idempotency_keys
                 WHERE at < ?1 AND (leased_until IS NULL OR leased_until <= ?2)",
            )?
            .query_one((before, now(connection)?), |row| row.get(0))?,
        Kept::Events => events::expired(connection, before, usize::MAX)?.count,
        Kept::DeadLetters => connection
            .prepare_cached("SELECT count(*) FROM dead_letters WHERE at < ?1")?
            .query_one([before], |row| row.get(0))?,
    };
    Ok(count)
}

fn remove_expired(connection: &Connection, what: Kept, before: &str, limit: usize) -> Result<u64, Fault> {
    let rows = i64::try_from(limit).unwrap_or(i64::MAX);
    let removed = match what {
        Kept::IdempotencyKeys => connection
            .prepare_cached(
                "DELETE FROM idempotency_keys
                 WHERE rowid IN (SELECT rowid FROM idempotency_keys
                                 WHERE at < ?1 AND (leased_until IS NULL OR leased_until <= ?2)
                                 ORDER BY at, rowid LIMIT ?3)",
            )?
            .execute((before, now(connection)?, rows))?,
        Kept::Events => events::remove(connection, &events::expired(connection, before, limit)?)?,
        Kept::DeadLetters => connection
            .prepare_cached(
                "DELETE FROM dead_letters
                 WHERE seq IN (SELECT seq FROM dead_letters WHERE at < ?1 ORDER BY at, id LIMIT ?2)",
            )?
            .execute((before, rows))?,
    };
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}

#[async_trait]
impl Retention for SqliteStore {
    async fn expired(&self, what: Kept, before: Timestamp) -> Result<u64, StoreError> {
        let before = instant(before);
        self.shared
            .read(move |connection| {
                let moment = connection.transaction()?;
                expired(&moment, what, &before)
            })
            .await
    }

    async fn remove_expired(&self, what: Kept, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let before = instant(before);
        self.shared.write(move |connection| remove_expired(connection, what, &before, limit)).await
    }

    /// What removals freed is used again by the file itself, which does not shrink; the write-ahead log does.
    async fn compact(&self) -> Result<(), StoreError> {
        let whole = self.shared.tend(|connection| Ok(checkpoint(connection)?)).await?;
        if !whole {
            tracing::debug!("somebody reads what the write-ahead log holds; it stays as long as it is");
        }
        Ok(())
    }
}
