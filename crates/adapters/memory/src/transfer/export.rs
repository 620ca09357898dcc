//! A moment of the store, copied: it is small enough, or it would not be in memory.

use super::to_timestamp;
use crate::lending::Lending;
use crate::state::State;
use crate::store::MemoryStore;
use crate::tables::{KeyRow, KeyState};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use wareroom_domain::{EventPosition, ProductId, UserId};
use wareroom_ports::transfer::{StoredBlob, StoredDeadLetter, StoredImage, StoredJob, StoredKey, StoredKeyState};
use wareroom_ports::{Census, Export, IdempotencyKey, Place, Record, Snapshot, StoreError, Table};

struct Moment {
    rows: BTreeMap<Table, Vec<Record>>,
    census: Census,
}

#[async_trait]
impl Export for MemoryStore {
    /// Takes the writer's place for a moment, so that no unit is half there.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let _writer = self.writer().await?;
        let state = self.shared.read();
        Ok(Box::new(Moment::of(&state, &self.shared.jobs)))
    }
}

impl Moment {
    fn of(state: &State, jobs: &Lending) -> Self {
        let rows: BTreeMap<Table, Vec<Record>> =
            Table::ALL.into_iter().map(|table| (table, rows_of(table, state, jobs))).collect();
        let mut census = Census {
            rows: rows.iter().map(|(table, rows)| (*table, rows.len() as u64)).collect(),
            newest_user: UserId::new(state.newest_user.load(Ordering::Relaxed)).ok(),
            newest_product: ProductId::new(state.newest_product.load(Ordering::Relaxed)).ok(),
        };
        *census.rows.entry(Table::Events).or_default() += state.log.waiting.len() as u64;
        Self { rows, census }
    }
}

/// In the order of their places.
fn rows_of(table: Table, state: &State, jobs: &Lending) -> Vec<Record> {
    let mut rows: Vec<Record> = match table {
        Table::Users => state.users.values().cloned().map(Record::User).collect(),
        Table::Products => state.products.values().cloned().map(Record::Product).collect(),
        Table::Images => {
            let stored = state.images.rows();
            stored
                .map(|row| StoredImage { image: row.image.clone(), saved_at: to_timestamp(row.saved) })
                .map(|stored| Record::Image(Box::new(stored)))
                .collect()
        }
        Table::Blobs => {
            let stored = state.blobs.rows().map(|(key, row)| StoredBlob {
                key: *key,
                references: row.references,
                claimed_until: row.claimed_until.map_or(Timestamp::UNIX_EPOCH, to_timestamp),
                condemned: row.condemned,
            });
            stored.map(Record::Blob).collect()
        }
        Table::Jobs => {
            let stored = jobs.all().into_iter();
            stored.map(|(message, due)| Record::Job(StoredJob { message, due_at: to_timestamp(due) })).collect()
        }
        Table::Events => {
            let positions = (state.log.removed + 1..).map(EventPosition);
            positions.zip(state.log.placed.iter().cloned()).map(|(at, event)| Record::Event(at, event)).collect()
        }
        Table::DeadLetters => {
            let stored = state.dead_letters.rows();
            stored
                .map(|row| StoredDeadLetter { letter: row.letter.clone(), marked: row.marked })
                .map(|stored| Record::DeadLetter(Box::new(stored)))
                .collect()
        }
        Table::IdempotencyKeys => state.keys.rows().map(|(key, row)| key_of(key, row)).collect(),
    };
    rows.sort_by_cached_key(|row| order(&row.place()));
    rows
}

fn key_of(key: &IdempotencyKey, row: &KeyRow) -> Record {
    let state = match &row.state {
        KeyState::Running { until, .. } => StoredKeyState::Running(to_timestamp(*until)),
        KeyState::Answered(answer) => StoredKeyState::Answered(answer.clone()),
    };
    Record::IdempotencyKey(StoredKey { key: key.clone(), fingerprint: row.fingerprint, at: row.at, state })
}

/// What places of one table are in order by; a beginning is before all of them.
fn order(place: &Place) -> Option<(Vec<u8>, Vec<u8>)> {
    let number = |id: i64| id.to_be_bytes().to_vec();
    let uuid = |id: uuid::Uuid| id.as_bytes().to_vec();
    match place {
        Place::Users(id) => id.map(|id| (number(id.get()), vec![])),
        Place::Products(id) => id.map(|id| (number(id.get()), vec![])),
        Place::Images(id) => id.map(|id| (uuid(id.0), vec![])),
        Place::Blobs(key) => key.map(|key| (key.to_string().into_bytes(), vec![])),
        Place::Jobs(id) => id.map(|id| (uuid(id.0), vec![])),
        Place::Events(EventPosition(at)) => (*at > 0).then(|| (at.to_be_bytes().to_vec(), vec![])),
        Place::DeadLetters(id) => id.map(|id| (uuid(id.0), vec![])),
        Place::IdempotencyKeys(key) => {
            key.as_ref().map(|key| (key.scope.clone().into_bytes(), key.key.clone().into_bytes()))
        }
    }
}

/// The table that a place is of.
const fn table_of(place: &Place) -> Table {
    match place {
        Place::Users(_) => Table::Users,
        Place::Products(_) => Table::Products,
        Place::Images(_) => Table::Images,
        Place::Blobs(_) => Table::Blobs,
        Place::Jobs(_) => Table::Jobs,
        Place::Events(_) => Table::Events,
        Place::DeadLetters(_) => Table::DeadLetters,
        Place::IdempotencyKeys(_) => Table::IdempotencyKeys,
    }
}

#[async_trait]
impl Snapshot for Moment {
    async fn page(&mut self, after: &Place, limit: usize) -> Result<Vec<Record>, StoreError> {
        let rows = self.rows.get(&table_of(after)).map_or(&[][..], Vec::as_slice);
        let place = order(after);
        let first = rows.partition_point(|row| order(&row.place()) <= place);
        Ok(rows.iter().skip(first).take(limit).cloned().collect())
    }

    async fn census(&mut self) -> Result<Census, StoreError> {
        Ok(self.census.clone())
    }
}
