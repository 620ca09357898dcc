//! Takes rows in, a transaction for each batch. A mark in the file says that there are more to come.

use super::{MARK, SqliteTransfer, export::count, is_marked, to_milliseconds};
use crate::{
    connection::{open_reader, open_writer},
    error::{Fault, NoAnswer, of_commit, unless_referenced},
    images::{Columns, write_renditions},
    rows::instant,
};
use async_trait::async_trait;
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};
use std::sync::{Arc, PoisonError};
use tokio::task::spawn_blocking;
use wareroom_domain::{Event, EventPosition, ImageOwner, MessageId, Product, ProductId, Stamped, User, UserId};
use wareroom_ports::{
    Census, DeadLetter, Import, Message, Record, StoreError, Table, TransferError,
    message::{SCHEMA, encode_event},
    transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState},
};

/// What a batch may fail with, within the connection's thread.
enum Trouble {
    Fault(Fault),
    Transfer(TransferError),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<TransferError> for Trouble {
    fn from(error: TransferError) -> Self {
        Self::Transfer(error)
    }
}

impl From<Trouble> for TransferError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Fault(fault) => Self::Store(fault.into()),
            Trouble::Transfer(error) => error,
        }
    }
}

impl SqliteTransfer {
    /// Writes all of it, or nothing; to the end, also when nobody waits for it any more.
    async fn write(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(), Trouble> + Send + 'static,
    ) -> Result<(), TransferError> {
        let (path, busy_wait, writer) = (self.path.clone(), self.busy_wait, Arc::clone(&self.writer));
        let written = spawn_blocking(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match &mut *writer {
                Some(open) => open,
                none => {
                    let opened = open_writer(&path, busy_wait);
                    none.insert(opened.map_err(|error| Fault::Store(StoreError::Backend(error.into())))?)
                }
            };
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            work(&transaction)?;
            transaction.commit().map_err(of_commit)?;
            Ok::<_, Trouble>(())
        });
        Ok(written.await.map_err(|_| StoreError::from(NoAnswer))??)
    }
}

#[async_trait]
impl Import for SqliteTransfer {
    async fn begin(&self) -> Result<(), TransferError> {
        self.write(|transaction| {
            if is_marked(transaction)? {
                return Ok(());
            }
            for table in Table::ALL {
                if transaction.query_one(count(table), [], |row| row.get::<_, u64>(0))? > 0 {
                    return Err(TransferError::NotEmpty(table).into());
                }
            }
            let mark = format!("CREATE TABLE {MARK} (begun_at TEXT NOT NULL) STRICT");
            Ok(transaction.execute_batch(&mark)?)
        })
        .await
    }

    async fn put(&self, rows: &[Record]) -> Result<(), TransferError> {
        let rows = rows.to_vec();
        self.write(move |transaction| {
            if !is_marked(transaction)? {
                return Err(TransferError::NotBegun.into());
            }
            Ok(rows.iter().try_for_each(|row| insert(transaction, row))?)
        })
        .await
    }

    async fn finish(&self, census: &Census) -> Result<(), TransferError> {
        let newest =
            [("users", census.newest_user.map(UserId::get)), ("products", census.newest_product.map(ProductId::get))];
        self.write(move |transaction| {
            for (table, newest) in newest {
                let Some(newest) = newest else { continue };
                let raise = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1";
                if transaction.execute(raise, (table, newest))? == 0 {
                    transaction.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, newest))?;
                }
            }
            Ok(transaction.execute_batch(&format!("DROP TABLE IF EXISTS {MARK}"))?)
        })
        .await
    }

    async fn unfinished(&self) -> Result<bool, StoreError> {
        let (path, busy_wait) = (self.path.clone(), self.busy_wait);
        let read = spawn_blocking(move || {
            if !path.exists() {
                return Ok(false);
            }
            let connection = open_reader(&path, busy_wait).map_err(|error| StoreError::Backend(error.into()))?;
            is_marked(&connection).map_err(|error| Fault::from(error).into())
        });
        read.await.map_err(|_| NoAnswer)?
    }
}

/// Inserts a row, unless one of its identity is there.
fn insert(connection: &Connection, row: &Record) -> Result<(), Fault> {
    match row {
        Record::User(user) => insert_user(connection, user),
        Record::Product(product) => insert_product(connection, product),
        Record::Image(stored) => insert_image(connection, stored),
        Record::Blob(stored) => insert_blob(connection, stored),
        Record::Job(stored) => insert_job(connection, stored),
        Record::Event(position, event) => insert_event(connection, *position, event),
        Record::DeadLetter(stored) => insert_letter(connection, stored),
        Record::IdempotencyKey(stored) => insert_request(connection, stored),
    }
}

fn insert_user(connection: &Connection, user: &User) -> Result<(), Fault> {
    let sql = "INSERT INTO users (id, first_name, last_name, first_name_folded, last_name_folded, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
    let values = (
        user.id.get(),
        user.first_name.as_str(),
        user.last_name.as_str(),
        user.first_name.folded(),
        user.last_name.folded(),
        instant(user.created_at),
    );
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn insert_product(connection: &Connection, product: &Product) -> Result<(), Fault> {
    let sql = "INSERT INTO products
                   (id, owner_id, name, name_folded, description, price_hundredths, revision, version, created_at,
                    updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING";
    let values = (
        product.id.get(),
        product.owner.get(),
        product.name.as_str(),
        product.name.folded(),
        product.description.as_str(),
        product.price.hundredths(),
        product.revision.0,
        product.version.0,
        instant(product.created_at),
        instant(product.updated_at),
    );
    connection.prepare_cached(sql)?.execute(values).map_err(unless_referenced("user"))?;
    Ok(())
}

fn insert_image(connection: &Connection, StoredImage { image, saved_at }: &StoredImage) -> Result<(), Fault> {
    let sql = "INSERT INTO images
                   (id, product_id, position, alt, source_kind, url, filename, content_type, source_bytes, sha256, state,
                    next_attempt_at, width, height, reason, detail, attempts, fence, created_at, saved_at)
               VALUES
                   (:id, :product_id, :position, :alt, :source_kind, :url, :filename, :content_type, :source_bytes,
                    :sha256, :state, :next_attempt_at, :width, :height, :reason, :detail, :attempts, :fence, :created_at,
                    :saved_at)
               ON CONFLICT (id) DO NOTHING";
    let (ImageOwner::Product(product), columns) = (image.owner, Columns::of(image));
    let inserted = connection
        .prepare_cached(sql)?
        .execute(&*columns.with(named_params! {
            ":product_id": product.get(),
            ":created_at": instant(image.created_at),
            ":saved_at": to_milliseconds(*saved_at),
        }))
        .map_err(unless_referenced("product"))?;
    if inserted == 0 { Ok(()) } else { write_renditions(connection, image) }
}

fn insert_blob(connection: &Connection, stored: &StoredBlob) -> Result<(), Fault> {
    let sql = "INSERT INTO blobs (key, references_count, claimed_until, condemned) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (key) DO NOTHING";
    let StoredBlob { key, references, claimed_until, condemned } = stored;
    let values = (key.to_string(), references, to_milliseconds(*claimed_until), condemned);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn insert_job(connection: &Connection, StoredJob { message, due_at }: &StoredJob) -> Result<(), Fault> {
    let sql = "INSERT INTO jobs (id, lane, kind, schema, body, at, request_id, traceparent, due_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
    let values = (
        message.id.0,
        message.lane.as_str(),
        &message.kind,
        message.schema,
        message.body.as_ref(),
        instant(message.at),
        &message.trace.request_id,
        &message.trace.traceparent,
        to_milliseconds(*due_at),
    );
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn insert_event(connection: &Connection, position: EventPosition, event: &Stamped<Event>) -> Result<(), Fault> {
    let sql = "INSERT INTO events (position, id, at, schema, product_id, body, request_id, traceparent)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING";
    let values = (
        position.0,
        event.id.0,
        instant(event.at),
        SCHEMA,
        event.body.product().map(|(product, _)| product.get()),
        encode_event(&event.body),
        &event.trace.request_id,
        &event.trace.traceparent,
    );
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn insert_letter(connection: &Connection, stored: &StoredDeadLetter) -> Result<(), Fault> {
    let sql = "INSERT INTO dead_letters
                   (id, lane, kind, schema, body, image_id, product_id, owner_id, host, reason, detail, attempts, at,
                    request_id, traceparent, marked)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
               ON CONFLICT (id) DO NOTHING";
    let StoredDeadLetter { letter, marked } = stored;
    let message = message_of(letter);
    let values = (
        letter.id.0,
        message.lane.as_str(),
        message.kind,
        message.schema,
        message.body.as_ref(),
        letter.image.0,
        letter.product.map(ProductId::get),
        letter.owner.map(UserId::get),
        &letter.host,
        letter.failure.reason.code(),
        &letter.failure.detail,
        letter.attempts.0,
        instant(letter.at),
        &letter.trace.request_id,
        &letter.trace.traceparent,
        marked,
    );
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The job as it travels, of which a dead letter keeps what it is.
fn message_of(letter: &DeadLetter) -> Message {
    Message::of(&Stamped { id: MessageId(letter.id.0), at: letter.at, trace: letter.trace.clone(), body: letter.job })
}

/// The proof of a reservation is drawn anew: whoever had it is gone.
fn insert_request(connection: &Connection, stored: &StoredKey) -> Result<(), Fault> {
    let sql = "INSERT INTO idempotency_keys (scope, key, fingerprint, at, leased_until, token, answer)
               VALUES (?1, ?2, ?3, ?4, ?5, iif(?5 IS NULL, NULL, random() & 9223372036854775807), ?6)
               ON CONFLICT (scope, key) DO NOTHING";
    let (until, answer) = match &stored.state {
        StoredKeyState::Running(until) => (Some(to_milliseconds(*until)), None),
        StoredKeyState::Answered(answer) => (None, Some(answer.as_ref())),
    };
    let (key, fingerprint) = (&stored.key, stored.fingerprint.to_string());
    let values = (&key.scope, &key.key, fingerprint, instant(stored.at), until, answer);
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
