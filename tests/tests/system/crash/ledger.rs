//! What the clients know: what they asked for, and what was acknowledged.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// What a client knows of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The connection was lost before the answer: stored or not.
    Unknown,
    /// It was answered with 201.
    Acknowledged,
}

/// What all clients know: for each acknowledged product the seeds of the pictures that were uploaded to it.
#[derive(Default)]
pub(super) struct Ledger {
    products: Mutex<BTreeMap<i64, BTreeMap<u64, Known>>>,
}

impl Ledger {
    pub(super) fn product_acknowledged(&self, product: i64) {
        let twice = self.products.lock().unwrap().insert(product, BTreeMap::new());
        assert_eq!(twice, None, "the id {product} was given twice");
    }

    pub(super) fn image(&self, product: i64, seed: u64, known: Known) {
        self.products.lock().unwrap().get_mut(&product).unwrap().insert(seed, known);
    }

    pub(super) fn products(&self) -> BTreeMap<i64, BTreeMap<u64, Known>> {
        self.products.lock().unwrap().clone()
    }
}
