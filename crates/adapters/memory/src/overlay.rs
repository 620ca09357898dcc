//! The rows of one table that an open unit of work has changed, laid over those that are committed.
//!
//! Readers look at the committed rows alone, so they never see what may yet be rolled back; rolling back is to drop the
//! overlay; and a unit costs what it touches, not what the store holds.

use std::collections::BTreeMap;

/// Written and removed rows, by key.
pub(crate) struct Overlay<K, V>(BTreeMap<K, Option<V>>);

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V> Overlay<K, V> {
    /// The row as the unit sees it, given the committed one.
    pub(crate) fn get<'a>(&'a self, key: &K, committed: Option<&'a V>) -> Option<&'a V> {
        match self.0.get(key) {
            Some(changed) => changed.as_ref(),
            None => committed,
        }
    }

    pub(crate) fn put(&mut self, key: K, row: V) {
        self.0.insert(key, Some(row));
    }

    pub(crate) fn remove(&mut self, key: K) {
        self.0.insert(key, None);
    }

    /// Whether the unit wrote or removed this row, so that the committed one no longer counts.
    pub(crate) fn covers(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// The rows the unit wrote, by key.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().filter_map(|(key, row)| row.as_ref().map(|row| (key, row)))
    }

    /// Everything the unit did: `None` for a removed row.
    pub(crate) fn into_changes(self) -> impl Iterator<Item = (K, Option<V>)> {
        self.0.into_iter()
    }
}
