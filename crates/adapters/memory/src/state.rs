//! What is committed, and what an open unit of work would change of it.

use crate::overlay::Overlay;
use crate::tables::{BlobRow, Blobs, ImageRow, Images, KeyRow, Keys, LetterRow, Letters};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use wareroom_domain::{BlobKey, DeadLetterId, Event, ImageId, Product, ProductId, Stamped, User, UserId};
use wareroom_ports::{IdempotencyKey, Message, StoreError};

/// Everything that is committed but the jobs, which [`Lending`](crate::lending::Lending) keeps.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) users: HashMap<UserId, User>,
    pub(crate) products: HashMap<ProductId, Product>,
    pub(crate) images: Images,
    pub(crate) blobs: Blobs,
    pub(crate) dead_letters: Letters,
    pub(crate) keys: Keys,
    pub(crate) log: Log,
    /// A copy was begun and not finished.
    pub(crate) unfinished: bool,
    pub(crate) newest_product: AtomicI64,
    pub(crate) newest_user: AtomicI64,
    newest_token: AtomicU64,
}

/// Committed events: those that wait for a position, and those that have one, which is their index, from 1, and as many
/// more as were removed before them.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) waiting: VecDeque<Stamped<Event>>,
    pub(crate) removed: u64,
    pub(crate) placed: VecDeque<Stamped<Event>>,
}

impl Log {
    /// Removes events from the beginning, at most all that have a position.
    pub(crate) fn remove_first(&mut self, count: usize) {
        let removed = self.placed.drain(..count.min(self.placed.len())).count();
        self.removed += removed as u64;
    }
}

/// What one unit of work would change.
#[derive(Default)]
pub(crate) struct Staged {
    pub(crate) users: Overlay<UserId, User>,
    pub(crate) products: Overlay<ProductId, Product>,
    pub(crate) images: Overlay<ImageId, ImageRow>,
    pub(crate) blobs: Overlay<BlobKey, BlobRow>,
    pub(crate) dead_letters: Overlay<DeadLetterId, LetterRow>,
    pub(crate) keys: Overlay<IdempotencyKey, KeyRow>,
    pub(crate) jobs: Vec<(Message, Duration)>,
    pub(crate) events: Vec<Stamped<Event>>,
}

impl State {
    /// An id that nobody was ever given: one whose unit is rolled back is spent too.
    pub(crate) fn new_product_id(&self) -> Result<ProductId, StoreError> {
        ProductId::new(self.newest_product.fetch_add(1, Ordering::Relaxed) + 1).map_err(|_| StoreError::Full)
    }

    /// As [`new_product_id`](Self::new_product_id), for users.
    pub(crate) fn new_user_id(&self) -> Result<UserId, StoreError> {
        UserId::new(self.newest_user.fetch_add(1, Ordering::Relaxed) + 1).map_err(|_| StoreError::Full)
    }

    /// A token that nobody was ever given.
    pub(crate) fn new_token(&self) -> u64 {
        self.newest_token.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Makes a unit's changes the committed ones, but for its jobs, which are handed back.
    pub(crate) fn apply(&mut self, staged: Staged) -> Vec<(Message, Duration)> {
        let Staged { users, products, images, blobs, dead_letters, keys, jobs, events } = staged;
        apply_to_map(&mut self.users, users);
        apply_to_map(&mut self.products, products);
        for (id, row) in images.into_changes() {
            match row {
                Some(row) => self.images.put(row),
                None => self.images.remove(id),
            }
        }
        for (key, row) in blobs.into_changes() {
            match row {
                Some(row) => self.blobs.put(key, row),
                None => self.blobs.remove(&key),
            }
        }
        for (id, row) in dead_letters.into_changes() {
            match row {
                Some(row) => self.dead_letters.put(row),
                None => self.dead_letters.remove(id),
            }
        }
        for (key, row) in keys.into_changes() {
            match row {
                Some(row) => self.keys.put(key, row),
                None => self.keys.remove(&key),
            }
        }
        self.log.waiting.extend(events);
        jobs
    }
}

fn apply_to_map<K: Ord + std::hash::Hash, V>(rows: &mut HashMap<K, V>, changes: Overlay<K, V>) {
    for (key, row) in changes.into_changes() {
        match row {
            Some(row) => rows.insert(key, row),
            None => rows.remove(&key),
        };
    }
}
