//! What every process was told already, as far as it is known here. Bounded: what finds no room is told again.
//!
//! Knows no server.

use std::collections::HashMap;
use wareroom_domain::{ProductId, Version};
use wareroom_ports::Invalidation;

pub(crate) struct Told {
    versions: HashMap<ProductId, Version>,
    room: usize,
}

impl Told {
    pub(crate) fn new(room: usize) -> Self {
        Self { versions: HashMap::new(), room }
    }

    /// Each process heard of it, or knows that it missed something.
    pub(crate) fn remember(&mut self, change: Invalidation) {
        let Invalidation::Product(id, version) = change else { return };
        if self.versions.len() >= self.room && !self.versions.contains_key(&id) {
            self.versions.clear();
        }
        let known = self.versions.entry(id).or_insert(version);
        *known = version.max(*known);
    }

    /// Whether nobody has to be told any more.
    pub(crate) fn knows(&self, change: Invalidation) -> bool {
        match change {
            Invalidation::Product(id, version) => self.versions.get(&id).is_some_and(|known| *known >= version),
            Invalidation::Everything => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(id: i64, version: u64) -> Invalidation {
        Invalidation::Product(ProductId::new(id).unwrap(), Version(version))
    }

    #[test]
    fn what_was_told_and_what_is_older_is_known_and_nothing_else() {
        let mut told = Told::new(10);
        for change in [product(1, 7), product(1, 6), Invalidation::Everything] {
            told.remember(change);
        }
        assert!(told.knows(product(1, 7)) && told.knows(product(1, 2)));
        assert!(!told.knows(product(1, 8)) && !told.knows(product(2, 1)));
        assert!(!told.knows(Invalidation::Everything), "it says something else each time");
    }

    #[test]
    fn products_without_end_do_not_fill_the_memory() {
        let mut told = Told::new(3);
        for id in 1..100 {
            told.remember(product(id, 1));
            assert!(told.knows(product(id, 1)) && told.versions.len() <= 3);
        }
    }
}
