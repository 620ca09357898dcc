//! One moment of the database, read by a connection of its own for as long as it takes.

use super::PostgresTransfer;
use crate::{
    dead_letter_list::{letter_columns, to_dead_letter},
    error::of_statement,
    pipeline::{Step, step},
    rows::{
        checked, get, image_columns, limit, number, product_columns, to_event, to_image, to_key, to_message, to_number,
        to_product, to_user,
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use tokio_postgres::{Client, Row};
use uuid::Uuid;
use wareroom_domain::{EventPosition, ProductId, Sha256, UserId};
use wareroom_ports::{
    Census, Export, IdempotencyKey, Place, Record, Snapshot, StoreError, Table,
    transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState},
};

type Result<T> = std::result::Result<T, StoreError>;

/// A transaction has no moment before it has read something.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";

const USERS: &str = "SELECT id, first_name, last_name, created_at FROM users WHERE id > $1 ORDER BY id LIMIT $2";

const PRODUCTS: &str =
    concat!("SELECT ", product_columns!(), " FROM products p WHERE p.id > $1 ORDER BY p.id LIMIT $2");

const IMAGES: &str =
    concat!("SELECT ", image_columns!(), ", i.saved_at FROM images i WHERE i.id > $1 ORDER BY i.id LIMIT $2");

const BLOBS: &str =
    "SELECT key, references_count, claimed_until, condemned FROM blobs WHERE key > $1 ORDER BY key LIMIT $2";

const JOBS: &str = "SELECT id, lane, kind, schema, body, at, request_id, traceparent, due_at FROM jobs
     WHERE id > $1 ORDER BY id LIMIT $2";

const EVENTS: &str = "SELECT position, id, at, schema, body, request_id, traceparent FROM events
     WHERE position > $1 ORDER BY position LIMIT $2";

const LETTERS: &str =
    concat!("SELECT ", letter_columns!(), ", marked FROM dead_letters WHERE id > $1 ORDER BY id LIMIT $2");

const REQUESTS: &str = "SELECT scope, key, fingerprint, at, leased_until, answer FROM idempotency_keys
     WHERE (scope, key) > ($1, $2) ORDER BY scope, key LIMIT $3";

const CENSUS: &str = "SELECT (SELECT count(*) FROM users) AS users,
            (SELECT count(*) FROM products) AS products,
            (SELECT count(*) FROM images) AS images,
            (SELECT count(*) FROM blobs) AS blobs,
            (SELECT count(*) FROM jobs) AS jobs,
            (SELECT count(*) FROM events) AS events,
            (SELECT count(*) FROM dead_letters) AS dead_letters,
            (SELECT count(*) FROM idempotency_keys) AS idempotency_keys,
            coalesce(pg_sequence_last_value(pg_get_serial_sequence('users', 'id')::regclass), 0) AS newest_user,
            coalesce(pg_sequence_last_value(pg_get_serial_sequence('products', 'id')::regclass), 0) AS newest_product";

/// A connection within a transaction that only reads; it ends with it.
struct Moment(Client);

#[async_trait]
impl Export for PostgresTransfer {
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        let client = self.connect().await?;
        client.batch_execute(BEGIN).await.map_err(of_statement)?;
        Ok(Box::new(Moment(client)))
    }
}

impl Moment {
    async fn read(&self, step: Step, to_record: impl Fn(&Row) -> Result<Record>) -> Result<Vec<Record>> {
        let rows = self.0.query(&*step.sql, &step.values()).await.map_err(of_statement)?;
        rows.iter().map(to_record).collect()
    }
}

#[async_trait]
impl Snapshot for Moment {
    async fn page(&mut self, after: &Place, most: usize) -> Result<Vec<Record>> {
        let most = limit(most);
        // No identity of ours is of zeros alone.
        let uuid = |id: Option<Uuid>| id.unwrap_or(Uuid::nil());
        match after {
            Place::Users(id) => {
                let user = |row: &Row| Ok(Record::User(to_user(row)?));
                self.read(step!(USERS, id.map_or(0, UserId::get), most), user).await
            }
            Place::Products(id) => {
                let product = |row: &Row| Ok(Record::Product(to_product(row)?));
                self.read(step!(PRODUCTS, id.map_or(0, ProductId::get), most), product).await
            }
            Place::Images(id) => self.read(step!(IMAGES, uuid(id.map(|id| id.0)), most), image).await,
            Place::Blobs(key) => {
                let key = key.map_or_else(String::new, |key| key.to_string());
                self.read(step!(BLOBS, key, most), blob).await
            }
            Place::Jobs(id) => self.read(step!(JOBS, uuid(id.map(|id| id.0)), most), job).await,
            Place::Events(EventPosition(position)) => self.read(step!(EVENTS, to_number(*position), most), event).await,
            Place::DeadLetters(id) => self.read(step!(LETTERS, uuid(id.map(|id| id.0)), most), letter).await,
            Place::IdempotencyKeys(key) => {
                let key = key.clone().unwrap_or_else(|| IdempotencyKey { scope: String::new(), key: String::new() });
                self.read(step!(REQUESTS, key.scope, key.key, most), request).await
            }
        }
    }

    async fn census(&mut self) -> Result<Census> {
        let row = self.0.query_one(CENSUS, &[]).await.map_err(of_statement)?;
        let counted = |table| Ok((table, number(&row, column(table))?));
        Ok(Census {
            rows: Table::ALL.into_iter().map(counted).collect::<Result<_>>()?,
            newest_user: UserId::new(get(&row, "newest_user")?).ok(),
            newest_product: ProductId::new(get(&row, "newest_product")?).ok(),
        })
    }
}

/// Where a table's count stands, under the table's own name.
pub(super) const fn column(table: Table) -> &'static str {
    match table {
        Table::Users => "users",
        Table::Products => "products",
        Table::Images => "images",
        Table::Blobs => "blobs",
        Table::Jobs => "jobs",
        Table::Events => "events",
        Table::DeadLetters => "dead_letters",
        Table::IdempotencyKeys => "idempotency_keys",
    }
}

fn image(row: &Row) -> Result<Record> {
    Ok(Record::Image(Box::new(StoredImage { image: to_image(row)?, saved_at: get(row, "saved_at")? })))
}

fn blob(row: &Row) -> Result<Record> {
    Ok(Record::Blob(StoredBlob {
        key: to_key(row)?,
        references: number(row, "references_count")?,
        claimed_until: get(row, "claimed_until")?,
        condemned: get(row, "condemned")?,
    }))
}

fn job(row: &Row) -> Result<Record> {
    Ok(Record::Job(StoredJob { message: to_message(row)?, due_at: get(row, "due_at")? }))
}

fn event(row: &Row) -> Result<Record> {
    Ok(Record::Event(EventPosition(number(row, "position")?), to_event(row)?))
}

fn letter(row: &Row) -> Result<Record> {
    Ok(Record::DeadLetter(Box::new(StoredDeadLetter { letter: to_dead_letter(row)?, marked: get(row, "marked")? })))
}

fn request(row: &Row) -> Result<Record> {
    let answer: Option<Vec<u8>> = get(row, "answer")?;
    let state = match answer {
        Some(answer) => StoredKeyState::Answered(Bytes::from(answer)),
        None => StoredKeyState::Running(get(row, "leased_until")?),
    };
    Ok(Record::IdempotencyKey(StoredKey {
        key: IdempotencyKey { scope: get(row, "scope")?, key: get(row, "key")? },
        fingerprint: checked("fingerprint", get::<&str>(row, "fingerprint")?.parse::<Sha256>())?,
        at: get(row, "at")?,
        state,
    }))
}
