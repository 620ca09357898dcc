//! The committed rows that are found in more than one way, each with its indexes. Knows nothing of units of work.

use bytes::Bytes;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use tokio::time::Instant;
use wareroom_domain::{BlobKey, DeadLetterId, Image, ImageId, ImageOwner, ImageState, Sha256};
use wareroom_ports::{DeadLetter, IdempotencyKey};

/// An image and the moment it was saved, by the store's clock.
#[derive(Clone)]
pub(crate) struct ImageRow {
    pub(crate) image: Image,
    pub(crate) saved: Instant,
}

impl ImageRow {
    pub(crate) fn processing(&self) -> bool {
        matches!(self.image.state, ImageState::Processing)
    }
}

/// Images: by id, by owner in order of position, and those in `Processing` by when they were saved.
#[derive(Default)]
pub(crate) struct Images {
    rows: HashMap<ImageId, ImageRow>,
    placed: BTreeSet<(ImageOwner, u32, ImageId)>,
    processing: BTreeSet<(Instant, ImageId)>,
}

impl Images {
    pub(crate) fn get(&self, id: ImageId) -> Option<&ImageRow> {
        self.rows.get(&id)
    }

    pub(crate) fn put(&mut self, row: ImageRow) {
        let id = row.image.id;
        self.remove(id);
        self.placed.insert((row.image.owner, row.image.position, id));
        if row.processing() {
            self.processing.insert((row.saved, id));
        }
        self.rows.insert(id, row);
    }

    pub(crate) fn remove(&mut self, id: ImageId) {
        if let Some(row) = self.rows.remove(&id) {
            self.placed.remove(&(row.image.owner, row.image.position, id));
            self.processing.remove(&(row.saved, id));
        }
    }

    /// All of them, in no order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &ImageRow> {
        self.rows.values()
    }

    /// By position, then by id.
    pub(crate) fn of_owner(&self, owner: ImageOwner) -> impl Iterator<Item = &ImageRow> {
        let first = (owner, 0, ImageId(uuid::Uuid::nil()));
        let last = (owner, u32::MAX, ImageId(uuid::Uuid::max()));
        self.placed.range(first..=last).filter_map(|(_, _, id)| self.rows.get(id))
    }

    /// Images in `Processing`, those first that were saved first.
    pub(crate) fn processing(&self) -> impl Iterator<Item = (Instant, ImageId)> {
        self.processing.iter().copied()
    }
}

/// What is known of a blob's users.
#[derive(Clone, Copy, Default)]
pub(crate) struct BlobRow {
    pub(crate) references: u64,
    pub(crate) claimed_until: Option<Instant>,
    pub(crate) condemned: bool,
}

/// The register of blobs: by key, and those that nothing refers to.
#[derive(Default)]
pub(crate) struct Blobs {
    rows: BTreeMap<BlobKey, BlobRow>,
    unreferenced: BTreeSet<BlobKey>,
}

impl Blobs {
    pub(crate) fn get(&self, key: &BlobKey) -> Option<&BlobRow> {
        self.rows.get(key)
    }

    pub(crate) fn put(&mut self, key: BlobKey, row: BlobRow) {
        if row.references == 0 {
            self.unreferenced.insert(key);
        } else {
            self.unreferenced.remove(&key);
        }
        self.rows.insert(key, row);
    }

    pub(crate) fn remove(&mut self, key: &BlobKey) {
        self.rows.remove(key);
        self.unreferenced.remove(key);
    }

    /// All of them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&BlobKey, &BlobRow)> {
        self.rows.iter()
    }

    /// Blobs without a reference, claimed and condemned ones included.
    pub(crate) fn unreferenced(&self) -> impl Iterator<Item = (&BlobKey, &BlobRow)> {
        self.unreferenced.iter().filter_map(|key| self.rows.get_key_value(key))
    }
}

/// A dead letter, and whether it is to be replayed.
#[derive(Clone)]
pub(crate) struct LetterRow {
    pub(crate) letter: DeadLetter,
    pub(crate) marked: bool,
}

/// Dead letters: by id, by image in the order they were given up, all in that order, and those that are marked in it.
#[derive(Default)]
pub(crate) struct Letters {
    rows: BTreeMap<DeadLetterId, LetterRow>,
    by_image: BTreeSet<(ImageId, Timestamp, DeadLetterId)>,
    by_age: BTreeSet<(Timestamp, DeadLetterId)>,
    marked: BTreeSet<(Timestamp, DeadLetterId)>,
}

impl Letters {
    pub(crate) fn get(&self, id: DeadLetterId) -> Option<&LetterRow> {
        self.rows.get(&id)
    }

    pub(crate) fn put(&mut self, row: LetterRow) {
        let LetterRow { letter, marked } = &row;
        self.remove(letter.id);
        self.by_image.insert((letter.image, letter.at, letter.id));
        self.by_age.insert((letter.at, letter.id));
        if *marked {
            self.marked.insert((letter.at, letter.id));
        }
        self.rows.insert(letter.id, row);
    }

    pub(crate) fn remove(&mut self, id: DeadLetterId) {
        if let Some(LetterRow { letter, .. }) = self.rows.remove(&id) {
            self.by_image.remove(&(letter.image, letter.at, id));
            self.by_age.remove(&(letter.at, id));
            self.marked.remove(&(letter.at, id));
        }
    }

    /// Oldest first.
    pub(crate) fn of_image(&self, image: ImageId) -> impl Iterator<Item = &DeadLetter> {
        let first = (image, Timestamp::MIN, DeadLetterId(uuid::Uuid::nil()));
        let last = (image, Timestamp::MAX, DeadLetterId(uuid::Uuid::max()));
        self.by_image.range(first..=last).filter_map(|(_, _, id)| self.letter(*id))
    }

    /// Those that were given up before a moment, oldest first.
    pub(crate) fn before(&self, moment: Timestamp) -> impl Iterator<Item = DeadLetterId> {
        self.by_age.range(..(moment, DeadLetterId(uuid::Uuid::nil()))).map(|(_, id)| *id)
    }

    /// Newest first, from behind a place on.
    pub(crate) fn newest_first(&self, after: Option<(Timestamp, DeadLetterId)>) -> impl Iterator<Item = &DeadLetter> {
        let end = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_age.range((Bound::Unbounded, end)).rev().filter_map(|(_, id)| self.letter(*id))
    }

    /// Those that are marked, oldest first.
    pub(crate) fn marked(&self) -> impl Iterator<Item = &DeadLetter> {
        self.marked.iter().filter_map(|(_, id)| self.letter(*id))
    }

    /// All of them, by id, with their marks.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &LetterRow> {
        self.rows.values()
    }

    /// All of them, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = &DeadLetter> {
        self.rows.values().map(|row| &row.letter)
    }

    fn letter(&self, id: DeadLetterId) -> Option<&DeadLetter> {
        self.rows.get(&id).map(|row| &row.letter)
    }
}

/// A request that showed a key, and how far it came.
#[derive(Clone)]
pub(crate) struct KeyRow {
    pub(crate) fingerprint: Sha256,
    pub(crate) at: Timestamp,
    pub(crate) state: KeyState,
}

#[derive(Clone)]
pub(crate) enum KeyState {
    Running { token: u64, until: Instant },
    Answered(Bytes),
}

impl KeyRow {
    pub(crate) fn running(&self, now: Instant) -> bool {
        matches!(self.state, KeyState::Running { until, .. } if until > now)
    }
}

/// The keys of requests: by name, and by when the request came.
#[derive(Default)]
pub(crate) struct Keys {
    rows: HashMap<IdempotencyKey, KeyRow>,
    by_age: BTreeSet<(Timestamp, IdempotencyKey)>,
}

impl Keys {
    pub(crate) fn get(&self, key: &IdempotencyKey) -> Option<&KeyRow> {
        self.rows.get(key)
    }

    pub(crate) fn put(&mut self, key: IdempotencyKey, row: KeyRow) {
        self.remove(&key);
        self.by_age.insert((row.at, key.clone()));
        self.rows.insert(key, row);
    }

    pub(crate) fn remove(&mut self, key: &IdempotencyKey) {
        if let Some(row) = self.rows.remove(key) {
            self.by_age.remove(&(row.at, key.clone()));
        }
    }

    /// All of them, in no order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&IdempotencyKey, &KeyRow)> {
        self.rows.iter()
    }

    /// Those whose request came before a moment, oldest first.
    pub(crate) fn before(&self, moment: Timestamp) -> impl Iterator<Item = (&IdempotencyKey, &KeyRow)> {
        let older = self.by_age.iter().take_while(move |(at, _)| *at < moment);
        older.filter_map(|(_, key)| self.rows.get_key_value(key))
    }
}
