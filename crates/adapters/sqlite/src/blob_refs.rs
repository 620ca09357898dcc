//! The register of blobs in use, in a unit of work.

use crate::{
    clock::{milliseconds, now},
    error::Fault,
    rows::to_key,
    unit::Unit,
};
use async_trait::async_trait;
use rusqlite::{Connection, ToSql};
use std::time::Duration;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobRefs, StoreError};

/// Runs a statement for each key; `Conflict` when it finds no row for one of them.
fn for_each(connection: &Connection, sql: &str, keys: &[BlobKey], more: &[&dyn ToSql]) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    for key in keys.iter().map(BlobKey::to_string) {
        let values: Vec<&dyn ToSql> = [&key as &dyn ToSql].into_iter().chain(more.iter().copied()).collect();
        if statement.execute(&*values)? == 0 {
            return Err(StoreError::Conflict.into());
        }
    }
    Ok(())
}

#[async_trait]
impl BlobRefs for Unit {
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.call(move |connection| {
            let until = now(connection)?.saturating_add(milliseconds(lease));
            for_each(
                connection,
                "INSERT INTO blobs (key, claimed_until) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET claimed_until = max(claimed_until, excluded.claimed_until)
                 WHERE condemned = 0",
                &keys,
                &[&until],
            )
        })
        .await
    }

    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.call(move |connection| {
            for_each(
                connection,
                "UPDATE blobs SET references_count = references_count + 1 WHERE key = ?1 AND condemned = 0",
                &keys,
                &[],
            )
        })
        .await
    }

    /// A reference that is not there cannot be dropped: whoever tries has read something that changed since.
    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.call(move |connection| {
            for_each(
                connection,
                "UPDATE blobs SET references_count = references_count - 1 WHERE key = ?1 AND references_count > 0",
                &keys,
                &[],
            )
        })
        .await
    }

    async fn condemn(&mut self, limit: usize) -> Result<Vec<BlobKey>, StoreError> {
        self.call(move |connection| {
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            connection
                .prepare_cached(
                    "UPDATE blobs SET condemned = 1
                     WHERE key IN (SELECT key FROM blobs
                                   WHERE references_count = 0 AND condemned = 0 AND claimed_until <= ?1
                                   ORDER BY claimed_until LIMIT ?2)",
                )?
                .execute((now(connection)?, limit))?;
            let mut select = connection.prepare_cached("SELECT key FROM blobs WHERE condemned = 1 ORDER BY key")?;
            let keys = select.query_map([], to_key)?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let keys = keys.to_vec();
        self.call(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM blobs WHERE key = ?1 AND condemned = 1")?;
            for key in &keys {
                delete.execute([key.to_string()])?;
            }
            Ok(())
        })
        .await
    }
}
