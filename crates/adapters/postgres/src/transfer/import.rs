//! Takes rows in, a transaction for each batch. A mark in the database says that there are more to come.

use super::{PostgresTransfer, export::column, insert::insert};
use crate::{
    error::{is_lost, of_statement},
    pipeline::Step,
};
use async_trait::async_trait;
use futures::future::try_join_all;
use std::collections::HashMap;
use tokio::sync::MutexGuard;
use tokio_postgres::{Client, Error, Transaction, types::ToSql};
use wareroom_domain::{ProductId, UserId};
use wareroom_ports::{Census, Import, Record, StoreError, Table, TransferError};

/// Held for as long as the connection lasts: of two who copy into one database, the second is told that it is busy.
const LOCK: &str = "SELECT pg_try_advisory_lock(1463898701, 3)";

/// A table of its own, which no schema has.
const MARK: &str = "CREATE TABLE unfinished_copy (begun_at timestamptz NOT NULL DEFAULT clock_timestamp())";
const MARKED: &str = "SELECT to_regclass('unfinished_copy') IS NOT NULL";
const UNMARK: &str = "DROP TABLE IF EXISTS unfinished_copy";

/// Raises what gives ids to the newest of those told, those that are there, and those that were given before.
macro_rules! raise {
    ($table:literal) => {
        concat!(
            "SELECT setval(ids.name, ids.newest) FROM (
                 SELECT pg_get_serial_sequence('",
            $table,
            "', 'id')::regclass AS name,
                        greatest($1::bigint, (SELECT max(id) FROM ",
            $table,
            "), pg_sequence_last_value(pg_get_serial_sequence('",
            $table,
            "', 'id')::regclass)) AS newest
             ) AS ids WHERE ids.newest > 0"
        )
    };
}

fn store(error: Error) -> TransferError {
    TransferError::Store(of_statement(error))
}

async fn yes(client: &impl Asked, sql: &str) -> Result<bool, TransferError> {
    client.ask(sql).await.map_err(store)
}

/// Who can be asked for a single truth: a connection, or a transaction.
trait Asked {
    async fn ask(&self, sql: &str) -> Result<bool, Error>;
}

impl Asked for Client {
    async fn ask(&self, sql: &str) -> Result<bool, Error> {
        self.query_one(sql, &[]).await?.try_get(0)
    }
}

impl Asked for Transaction<'_> {
    async fn ask(&self, sql: &str) -> Result<bool, Error> {
        self.query_one(sql, &[]).await?.try_get(0)
    }
}

impl PostgresTransfer {
    /// The connection that writes, a new one when there is none or it was lost; nobody else's meanwhile.
    async fn writer(&self) -> Result<MutexGuard<'_, Option<Client>>, TransferError> {
        let mut writer = self.writer.lock().await;
        if writer.as_ref().is_none_or(Client::is_closed) {
            let client = self.connect().await?;
            if !yes(&client, LOCK).await? {
                return Err(StoreError::Busy.into());
            }
            *writer = Some(client);
        }
        Ok(writer)
    }
}

async fn commit(transaction: Transaction<'_>) -> Result<(), TransferError> {
    transaction
        .commit()
        .await
        .map_err(|error| if is_lost(&error) { StoreError::Unknown(Box::new(error)).into() } else { store(error) })
}

/// All statements one behind the other, answered together.
async fn run(transaction: &Transaction<'_>, steps: &[Step]) -> Result<(), Error> {
    let mut prepared = HashMap::new();
    for step in steps {
        if !prepared.contains_key(&step.sql) {
            prepared.insert(step.sql.clone(), transaction.prepare(&step.sql).await?);
        }
    }
    let values: Vec<Vec<&(dyn ToSql + Sync)>> = steps.iter().map(Step::values).collect();
    let sent = steps.iter().zip(&values).filter_map(|(step, values)| {
        let statement = prepared.get(&step.sql)?;
        Some(transaction.execute(statement, values))
    });
    try_join_all(sent).await.map(drop)
}

#[async_trait]
impl Import for PostgresTransfer {
    async fn begin(&self) -> Result<(), TransferError> {
        let mut writer = self.writer().await?;
        let Some(client) = writer.as_mut() else { return Err(TransferError::NotBegun) };
        let transaction = client.transaction().await.map_err(store)?;
        if yes(&transaction, MARKED).await? {
            return Ok(());
        }
        for table in Table::ALL {
            if yes(&transaction, &format!("SELECT EXISTS (SELECT 1 FROM {})", column(table))).await? {
                return Err(TransferError::NotEmpty(table));
            }
        }
        transaction.batch_execute(MARK).await.map_err(store)?;
        commit(transaction).await
    }

    async fn put(&self, rows: &[Record]) -> Result<(), TransferError> {
        let mut writer = self.writer().await?;
        let Some(client) = writer.as_mut() else { return Err(TransferError::NotBegun) };
        let transaction = client.transaction().await.map_err(store)?;
        if !yes(&transaction, MARKED).await? {
            return Err(TransferError::NotBegun);
        }
        let steps: Vec<Step> = rows.iter().map(insert).collect();
        run(&transaction, &steps).await.map_err(store)?;
        commit(transaction).await
    }

    async fn finish(&self, census: &Census) -> Result<(), TransferError> {
        let mut writer = self.writer().await?;
        let Some(client) = writer.as_mut() else { return Err(TransferError::NotBegun) };
        let transaction = client.transaction().await.map_err(store)?;
        let newest = [
            (raise!("users"), census.newest_user.map_or(0, UserId::get)),
            (raise!("products"), census.newest_product.map_or(0, ProductId::get)),
        ];
        for (raise, newest) in newest {
            transaction.query(raise, &[&newest]).await.map_err(store)?;
        }
        transaction.batch_execute(UNMARK).await.map_err(store)?;
        commit(transaction).await?;
        // So that the first lists are planned for what is there, and not for what was there before.
        client.batch_execute("ANALYZE").await.map_err(store)
    }

    async fn unfinished(&self) -> Result<bool, StoreError> {
        self.connect().await?.ask(MARKED).await.map_err(of_statement)
    }
}
