//! One moment of the file, read by a connection of its own for as long as it takes.

use super::{SqliteTransfer, to_moment};
use crate::{
    connection::open_reader,
    dead_letter_list::to_dead_letter,
    error::{Fault, NoAnswer},
    images::renditions,
    rows::{checked, to_event, to_image, to_instant, to_key, to_message, to_product, to_user},
};
use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, Row, ToSql};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;
use uuid::Uuid;
use wareroom_domain::{EventPosition, ProductId, Sha256, UserId};
use wareroom_ports::{
    Census, Export, IdempotencyKey, Place, Record, Snapshot, StoreError, Table,
    transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState},
};

/// A connection within a transaction that only reads.
struct Moment(Arc<Mutex<Connection>>);

#[async_trait]
impl Export for SqliteTransfer {
    async fn snapshot(&self) -> std::result::Result<Box<dyn Snapshot>, StoreError> {
        let (path, busy_wait) = (self.path.clone(), self.busy_wait);
        let opened = spawn_blocking(move || {
            let connection = open_reader(&path, busy_wait).map_err(|error| StoreError::Backend(Box::new(error)))?;
            // A transaction has no moment before it has read something.
            connection.execute_batch("BEGIN; SELECT count(*) FROM schema_migrations")?;
            Ok::<_, Fault>(Moment(Arc::new(Mutex::new(connection))))
        });
        Ok(Box::new(opened.await.map_err(|_| NoAnswer)??))
    }
}

impl Moment {
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, StoreError> {
        let connection = Arc::clone(&self.0);
        let read = spawn_blocking(move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(read.await.map_err(|_| NoAnswer)?.map_err(Fault::from)?)
    }
}

#[async_trait]
impl Snapshot for Moment {
    async fn page(&mut self, after: &Place, limit: usize) -> std::result::Result<Vec<Record>, StoreError> {
        let after = after.clone();
        self.read(move |connection| page(connection, &after, i64::try_from(limit).unwrap_or(i64::MAX))).await
    }

    async fn census(&mut self) -> std::result::Result<Census, StoreError> {
        self.read(census).await
    }
}

fn page(connection: &Connection, after: &Place, limit: i64) -> Result<Vec<Record>> {
    let read = |sql, place: &dyn ToSql, to_record: fn(&Connection, &Row<'_>) -> Result<Record>| {
        let mut select = connection.prepare_cached(sql)?;
        select.query_map((place, limit), |row| to_record(connection, row))?.collect()
    };
    // Nothing is before an empty text, nor before no bytes.
    let bytes = |id: Option<Uuid>| id.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    match after {
        Place::Users(id) => {
            let sql = "SELECT * FROM users WHERE id > ?1 ORDER BY id LIMIT ?2";
            read(sql, &id.map_or(0, UserId::get), |_, row| Ok(Record::User(to_user(row)?)))
        }
        Place::Products(id) => {
            let sql = "SELECT * FROM products WHERE id > ?1 ORDER BY id LIMIT ?2";
            read(sql, &id.map_or(0, ProductId::get), |_, row| Ok(Record::Product(to_product(row)?)))
        }
        Place::Images(id) => {
            read("SELECT * FROM images WHERE id > ?1 ORDER BY id LIMIT ?2", &bytes(id.map(|id| id.0)), image)
        }
        Place::Blobs(key) => {
            let key = key.map_or_else(String::new, |key| key.to_string());
            read("SELECT * FROM blobs WHERE key > ?1 ORDER BY key LIMIT ?2", &key, blob)
        }
        Place::Jobs(id) => {
            read("SELECT * FROM jobs WHERE id > ?1 ORDER BY id LIMIT ?2", &bytes(id.map(|id| id.0)), job)
        }
        Place::Events(EventPosition(position)) => {
            let sql = "SELECT * FROM events WHERE position > ?1 ORDER BY position LIMIT ?2";
            read(sql, &i64::try_from(*position).unwrap_or(i64::MAX), |_, row| {
                Ok(Record::Event(EventPosition(row.get("position")?), to_event(row)?))
            })
        }
        Place::DeadLetters(id) => {
            let sql = "SELECT * FROM dead_letters WHERE id > ?1 ORDER BY id LIMIT ?2";
            read(sql, &bytes(id.map(|id| id.0)), letter)
        }
        Place::IdempotencyKeys(key) => {
            let (scope, key) = key.as_ref().map_or(("", ""), |key| (&key.scope, &key.key));
            let sql = "SELECT * FROM idempotency_keys WHERE (scope, key) > (?1, ?2) ORDER BY scope, key LIMIT ?3";
            let mut select = connection.prepare_cached(sql)?;
            select.query_map((scope, key, limit), request)?.collect()
        }
    }
}

fn image(connection: &Connection, row: &Row<'_>) -> Result<Record> {
    let image = to_image(row, |id| renditions(connection, id))?;
    Ok(Record::Image(Box::new(StoredImage { image, saved_at: to_moment(row.get("saved_at")?) })))
}

fn blob(_: &Connection, row: &Row<'_>) -> Result<Record> {
    Ok(Record::Blob(StoredBlob {
        key: to_key(row)?,
        references: row.get("references_count")?,
        claimed_until: to_moment(row.get("claimed_until")?),
        condemned: row.get("condemned")?,
    }))
}

fn job(_: &Connection, row: &Row<'_>) -> Result<Record> {
    Ok(Record::Job(StoredJob { message: to_message(row)?, due_at: to_moment(row.get("due_at")?) }))
}

fn letter(_: &Connection, row: &Row<'_>) -> Result<Record> {
    Ok(Record::DeadLetter(Box::new(StoredDeadLetter { letter: to_dead_letter(row)?, marked: row.get("marked")? })))
}

fn request(row: &Row<'_>) -> Result<Record> {
    let (fingerprint, answer): (String, Option<Vec<u8>>) = (row.get("fingerprint")?, row.get("answer")?);
    let state = match answer {
        Some(answer) => StoredKeyState::Answered(Bytes::from(answer)),
        None => StoredKeyState::Running(to_moment(row.get("leased_until")?)),
    };
    Ok(Record::IdempotencyKey(StoredKey {
        key: IdempotencyKey { scope: row.get("scope")?, key: row.get("key")? },
        fingerprint: checked(row, "fingerprint", fingerprint.parse::<Sha256>())?,
        at: to_instant(row, "at")?,
        state,
    }))
}

/// What counts the rows of a table, and what else it tells.
pub(super) const fn count(table: Table) -> &'static str {
    match table {
        Table::Users => "SELECT count(*) FROM users",
        Table::Products => "SELECT count(*) FROM products",
        Table::Images => "SELECT count(*) FROM images",
        Table::Blobs => "SELECT count(*) FROM blobs",
        Table::Jobs => "SELECT count(*) FROM jobs",
        Table::Events => "SELECT count(*) FROM events",
        Table::DeadLetters => "SELECT count(*) FROM dead_letters",
        Table::IdempotencyKeys => "SELECT count(*) FROM idempotency_keys",
    }
}

fn census(connection: &Connection) -> Result<Census> {
    let counted = |table| Ok((table, connection.query_one(count(table), [], |row| row.get::<_, u64>(0))?));
    let newest = |name: &str| -> Result<i64> {
        let sql = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
        Ok(connection.query_one(sql, [name], |row| row.get(0)).optional()?.unwrap_or_default())
    };
    Ok(Census {
        rows: Table::ALL.into_iter().map(counted).collect::<Result<_>>()?,
        newest_user: UserId::new(newest("users")?).ok(),
        newest_product: ProductId::new(newest("products")?).ok(),
    })
}
