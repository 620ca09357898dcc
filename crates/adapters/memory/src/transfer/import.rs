//! Takes rows in: each batch is looked at first, and then stored under one lock.

use super::to_instant;
use crate::lending::Lending;
use crate::state::State;
use crate::store::MemoryStore;
use crate::tables::{BlobRow, ImageRow, KeyRow, KeyState, LetterRow};
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::atomic::Ordering;
use wareroom_domain::{EventPosition, ProductId, UserId};
use wareroom_ports::transfer::{StoredKey, StoredKeyState};
use wareroom_ports::{Census, Import, Record, StoreError, Table, TransferError};

#[async_trait]
impl Import for MemoryStore {
    async fn begin(&self) -> Result<(), TransferError> {
        let _writer = self.writer().await?;
        let mut state = self.shared.write();
        if !state.unfinished {
            let filled = Table::ALL.into_iter().find(|table| !is_empty(*table, &state, &self.shared.jobs));
            filled.map_or(Ok(()), |table| Err(TransferError::NotEmpty(table)))?;
            state.unfinished = true;
        }
        Ok(())
    }

    async fn put(&self, rows: &[Record]) -> Result<(), TransferError> {
        let _writer = self.writer().await?;
        let mut state = self.shared.write();
        if !state.unfinished {
            return Err(TransferError::NotBegun);
        }
        look_at(rows, &state)?;
        for row in rows {
            store(row.clone(), &mut state, &self.shared.jobs);
        }
        Ok(())
    }

    async fn finish(&self, census: &Census) -> Result<(), TransferError> {
        let _writer = self.writer().await?;
        let mut state = self.shared.write();
        let newest_user = state.users.keys().copied().max().max(census.newest_user);
        let newest_product = state.products.keys().copied().max().max(census.newest_product);
        state.newest_user.fetch_max(newest_user.map_or(0, UserId::get), Ordering::Relaxed);
        state.newest_product.fetch_max(newest_product.map_or(0, ProductId::get), Ordering::Relaxed);
        state.unfinished = false;
        Ok(())
    }

    async fn unfinished(&self) -> Result<bool, StoreError> {
        Ok(self.shared.read().unfinished)
    }
}

fn is_empty(table: Table, state: &State, jobs: &Lending) -> bool {
    match table {
        Table::Users => state.users.is_empty(),
        Table::Products => state.products.is_empty(),
        Table::Images => state.images.rows().next().is_none(),
        Table::Blobs => state.blobs.rows().next().is_none(),
        Table::Jobs => jobs.len() == 0,
        Table::Events => state.log.waiting.is_empty() && state.log.placed.is_empty(),
        Table::DeadLetters => state.dead_letters.rows().next().is_none(),
        Table::IdempotencyKeys => state.keys.rows().next().is_none(),
    }
}

/// An error when one of the rows names what is not there, or leaves a gap in the log.
fn look_at(rows: &[Record], state: &State) -> Result<(), StoreError> {
    let (mut users, mut products) = (HashSet::new(), HashSet::new());
    let mut head = (state.log.removed + state.log.placed.len() as u64, state.log.placed.is_empty());
    for row in rows {
        match row {
            Record::User(user) => drop(users.insert(user.id)),
            Record::Product(product) => {
                if !users.contains(&product.owner) && !state.users.contains_key(&product.owner) {
                    return Err(StoreError::UnknownReference("user"));
                }
                products.insert(product.id);
            }
            Record::Image(stored) => {
                let owner = stored.image.owner.product();
                if !owner.is_none_or(|id| products.contains(&id) || state.products.contains_key(&id)) {
                    return Err(StoreError::UnknownReference("product"));
                }
            }
            Record::Event(EventPosition(at), _) => {
                let (newest, empty) = head;
                if *at > newest + 1 && !empty {
                    return Err(StoreError::Backend("an event is missing before one that was put".into()));
                }
                head = (newest.max(*at), false);
            }
            Record::Blob(_) | Record::Job(_) | Record::DeadLetter(_) | Record::IdempotencyKey(_) => {}
        }
    }
    Ok(())
}

/// Stores a row, unless one of its identity is there.
fn store(row: Record, state: &mut State, jobs: &Lending) {
    match row {
        Record::User(user) => drop(state.users.entry(user.id).or_insert(user)),
        Record::Product(product) => drop(state.products.entry(product.id).or_insert(product)),
        Record::Image(stored) => {
            if state.images.get(stored.image.id).is_none() {
                state.images.put(ImageRow { saved: to_instant(stored.saved_at), image: stored.image });
            }
        }
        Record::Blob(stored) => {
            if state.blobs.get(&stored.key).is_none() {
                let claimed_until = Some(to_instant(stored.claimed_until));
                let row = BlobRow { references: stored.references, claimed_until, condemned: stored.condemned };
                state.blobs.put(stored.key, row);
            }
        }
        Record::Job(stored) => jobs.add_due(stored.message, to_instant(stored.due_at)),
        Record::Event(EventPosition(at), event) => {
            if state.log.placed.is_empty() {
                state.log.removed = at.saturating_sub(1);
            }
            if at > state.log.removed + state.log.placed.len() as u64 {
                state.log.placed.push_back(event);
            }
        }
        Record::DeadLetter(stored) => {
            if state.dead_letters.get(stored.letter.id).is_none() {
                state.dead_letters.put(LetterRow { letter: stored.letter, marked: stored.marked });
            }
        }
        Record::IdempotencyKey(StoredKey { key, fingerprint, at, state: reached }) => {
            if state.keys.get(&key).is_none() {
                let reached = match reached {
                    StoredKeyState::Running(until) => {
                        KeyState::Running { token: state.new_token(), until: to_instant(until) }
                    }
                    StoredKeyState::Answered(answer) => KeyState::Answered(answer),
                };
                state.keys.put(key, KeyRow { fingerprint, at, state: reached });
            }
        }
    }
}
