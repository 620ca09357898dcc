//! What things are called within a server.
//!
//! The `run_id` of the server that holds it is part of every name: what a snapshot or a replica brings along has another
//! one, and is never read. Value and tombstone of a key share a hash tag, so that a cluster keeps them on one node.

use wareroom_ports::CacheKey;

/// The names of one key on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) value: String,
    pub(crate) tombstone: String,
}

impl Names {
    pub(crate) fn of(prefix: &str, run_id: &str, key: &CacheKey) -> Self {
        let name = |kind| format!("{prefix}{run_id}:{kind}:{{{}}}", key.0);
        Self { value: name('v'), tombstone: name('t') }
    }
}

/// What is gone when the server was emptied.
pub(crate) fn mark(prefix: &str, run_id: &str) -> String {
    format!("{prefix}{run_id}:mark")
}

/// Where news are told.
pub(crate) fn channel(prefix: &str) -> String {
    format!("{prefix}invalidations")
}

/// Which slot of a cluster a key is in, whichever node has it.
pub(crate) fn slot(key: &CacheKey) -> u16 {
    fred::util::redis_keyslot(format!("{{{}}}", key.0).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_tombstone_are_on_one_node_wherever_that_is() {
        let slot_of = |name: &str| fred::util::redis_keyslot(name.as_bytes());
        for key in ["product:1", "product:2", "a key with } in it", ""] {
            let key = CacheKey(key.to_owned());
            let (one, other) = (Names::of("wareroom:", "a1", &key), Names::of("wareroom:", "b2", &key));
            if !key.0.is_empty() {
                assert_eq!(slot_of(&one.value), slot(&key));
                assert_eq!(slot_of(&one.value), slot_of(&one.tombstone));
                assert_eq!(slot_of(&one.value), slot_of(&other.value));
            }
            assert_ne!(one, other);
            assert_ne!(one.value, one.tombstone);
        }
    }
}
