//! What the clients know: everything that they asked for, under the key that they asked with, and what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A product that a client asked for by a name that nobody else uses.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Its id, once it was acknowledged; before that nothing is known.
    pub(super) id: Option<i64>,
    /// The pictures that were acknowledged with it or after it.
    pub(super) seeds: BTreeSet<u64>,
}

/// How requests went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) requests: usize,
    /// How often nothing was known of one, so that it was sent again with the same key.
    pub(super) unknown: usize,
}

/// What all clients know.
#[derive(Default)]
pub(super) struct Ledger {
    products: Mutex<BTreeMap<String, Entry>>,
    refused: Mutex<BTreeSet<String>>,
    counts: Mutex<Counts>,
}

impl Ledger {
    /// A product was asked for and acknowledged, with these pictures.
    pub(super) fn acknowledged(&self, name: &str, id: i64, seeds: &[u64]) {
        let entry = Entry { id: Some(id), seeds: seeds.iter().copied().collect() };
        let known = self.products.lock().unwrap().insert(name.to_owned(), entry);
        assert!(known.is_none(), "{name} was asked for twice");
    }

    /// Pictures were added to it.
    pub(super) fn added(&self, name: &str, seeds: &[u64]) {
        self.products.lock().unwrap().get_mut(name).unwrap().seeds.extend(seeds);
    }

    /// A product was refused for good: it must not be there.
    pub(super) fn refused(&self, name: &str) {
        self.refused.lock().unwrap().insert(name.to_owned());
    }

    pub(super) fn count(&self, unknown: usize) {
        let mut counts = self.counts.lock().unwrap();
        counts.requests += 1;
        counts.unknown += unknown;
    }

    pub(super) fn products(&self) -> BTreeMap<String, Entry> {
        self.products.lock().unwrap().clone()
    }

    pub(super) fn refusals(&self) -> BTreeSet<String> {
        self.refused.lock().unwrap().clone()
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap()
    }

    pub(super) fn images(&self) -> usize {
        self.products.lock().unwrap().values().map(|entry| entry.seeds.len()).sum()
    }
}
