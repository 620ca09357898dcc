//! Rendered answers, kept in this process. It sits below authorisation: an answer carries its owner, and the use case
//! decides on each hit.
//!
//! An answer that was read before a write must not be kept after it. Two things see to that. A tombstone with the new
//! version stays where the answer was: nothing older is put over it. And because the cache may forget a tombstone to
//! make room, every read takes the number of announcements before it begins: if its product, or one that shares its
//! mark, was announced since, what it read is not kept. Sharing a mark costs a miss, never a stale answer.

use bytes::Bytes;
use metrics::{Counter, counter};
use moka::ops::compute::Op;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use wareroom_domain::{ProductId, UserId, Version};
use wareroom_ports::Invalidation;

const MARKS: usize = 1024;

/// An answer of up to this many bytes counts as one entry, a larger one as several.
const ENTRY_BYTES: usize = 4096;

/// A rendered answer with all that is needed to give it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) version: Version,
    pub(crate) owner: UserId,
    pub(crate) etag: String,
    pub(crate) body: Bytes,
    /// Whether an image is pending or processing, so that asking again soon makes sense.
    pub(crate) unsettled: bool,
}

/// The moment a read began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadBegun(u64);

#[derive(Clone)]
enum Slot {
    Answer(Arc<Kept>, ReadBegun),
    Tombstone(Version),
}

/// The answers to `GET /products/{id}`.
pub(crate) struct NearCache {
    slots: Option<Cache<ProductId, Slot>>,
    /// Counts announcements.
    announced: AtomicU64,
    /// Which announcement was the last about one of the products that share the mark.
    marks: Box<[AtomicU64]>,
    /// Which announcement was the last about everything.
    everything: AtomicU64,
    hits: Counter,
    misses: Counter,
}

impl NearCache {
    /// Room for so many answers, each kept for `ttl` at most. None at all when there is room for 0.
    pub(crate) fn new(entries: u64, ttl: Duration) -> Self {
        let weigh = |_: &ProductId, slot: &Slot| match slot {
            Slot::Answer(kept, _) => u32::try_from(1 + kept.body.len() / ENTRY_BYTES).unwrap_or(u32::MAX),
            Slot::Tombstone(_) => 1,
        };
        let slots =
            (entries > 0).then(|| Cache::builder().max_capacity(entries).weigher(weigh).time_to_live(ttl).build());
        let result = |result: &'static str| counter!("wareroom_near_cache_total", "result" => result);
        Self {
            slots,
            announced: AtomicU64::new(0),
            marks: (0..MARKS).map(|_| AtomicU64::new(0)).collect(),
            everything: AtomicU64::new(0),
            hits: result("hit"),
            misses: result("miss"),
        }
    }

    pub(crate) fn get(&self, id: ProductId) -> Option<Arc<Kept>> {
        match self.slots.as_ref()?.get(&id)? {
            Slot::Answer(kept, begun) if begun.0 >= self.everything.load(SeqCst) => {
                self.hits.increment(1);
                Some(kept)
            }
            _ => None,
        }
    }

    /// To be called before the read whose answer is to be kept: a miss.
    pub(crate) fn begin_read(&self) -> ReadBegun {
        if self.slots.is_some() {
            self.misses.increment(1);
        }
        ReadBegun(self.announced.load(SeqCst))
    }

    /// Keeps an answer, unless something newer is known; tells whether it did.
    pub(crate) fn keep(&self, begun: ReadBegun, id: ProductId, answer: &Arc<Kept>) -> bool {
        let Some(slots) = &self.slots else { return false };
        let mut kept = false;
        slots.entry(id).and_compute_with(|entry| {
            let known = entry.map(|entry| match entry.value() {
                Slot::Answer(known, _) => known.version,
                Slot::Tombstone(version) => *version,
            });
            let missed = self.mark(id).load(SeqCst).max(self.everything.load(SeqCst)) > begun.0;
            kept = !missed && known.is_none_or(|known| known <= answer.version);
            if kept { Op::Put(Slot::Answer(Arc::clone(answer), begun)) } else { Op::Nop }
        });
        kept
    }

    /// Forgets what a write made old.
    pub(crate) fn forget(&self, change: Invalidation) {
        let Some(slots) = &self.slots else { return };
        let now = self.announced.fetch_add(1, SeqCst) + 1;
        match change {
            Invalidation::Product(id, version) => {
                self.mark(id).fetch_max(now, SeqCst);
                slots.entry(id).and_compute_with(|entry| match entry.map(moka::Entry::into_value) {
                    Some(Slot::Answer(known, _)) if known.version >= version => Op::Nop,
                    Some(Slot::Tombstone(known)) if known >= version => Op::Nop,
                    _ => Op::Put(Slot::Tombstone(version)),
                });
            }
            Invalidation::Everything => {
                self.everything.fetch_max(now, SeqCst);
                slots.invalidate_all();
            }
        }
    }

    fn mark(&self, id: ProductId) -> &AtomicU64 {
        &self.marks[usize::try_from(id.get()).unwrap_or_default() % MARKS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: u64) -> NearCache {
        NearCache::new(entries, Duration::from_mins(1))
    }

    fn id(number: i64) -> ProductId {
        ProductId::new(number).unwrap()
    }

    fn answer(version: u64) -> Arc<Kept> {
        Arc::new(Kept {
            version: Version(version),
            owner: UserId::new(1).unwrap(),
            etag: format!("\"1.{version}\""),
            body: Bytes::from(version.to_string()),
            unsettled: false,
        })
    }

    fn version(near: &NearCache, number: i64) -> Option<u64> {
        near.get(id(number)).map(|kept| kept.version.0)
    }

    #[test]
    fn a_reader_that_began_before_a_write_does_not_bring_the_old_answer_back() {
        let near = cache(10);
        let slow = near.begin_read();
        near.forget(Invalidation::Product(id(1), Version(2)));
        assert!(!near.keep(slow, id(1), &answer(1)));
        assert_eq!(version(&near, 1), None);
        assert!(near.keep(near.begin_read(), id(1), &answer(2)));
        assert_eq!(version(&near, 1), Some(2));
    }

    #[test]
    fn an_old_answer_from_a_lagging_source_is_refused_whenever_its_read_began() {
        let near = cache(10);
        near.forget(Invalidation::Product(id(1), Version(2)));
        assert!(!near.keep(near.begin_read(), id(1), &answer(1)));
        assert!(near.keep(near.begin_read(), id(1), &answer(3)));
        assert!(!near.keep(near.begin_read(), id(1), &answer(2)));
        assert_eq!(version(&near, 1), Some(3));
    }

    #[test]
    fn a_tombstone_that_was_forgotten_is_not_missed() {
        let near = cache(1);
        let slow = near.begin_read();
        near.forget(Invalidation::Product(id(1), Version(2)));
        let slots = near.slots.as_ref().unwrap();
        slots.invalidate(&id(1));
        slots.run_pending_tasks();
        assert!(!near.keep(slow, id(1), &answer(1)));
    }

    #[test]
    fn an_announcement_of_what_is_kept_already_changes_nothing() {
        let near = cache(10);
        assert!(near.keep(near.begin_read(), id(1), &answer(2)));
        near.forget(Invalidation::Product(id(1), Version(2)));
        near.forget(Invalidation::Product(id(2), Version(9)));
        assert_eq!(version(&near, 1), Some(2));
        near.forget(Invalidation::Product(id(1), Version(3)));
        assert_eq!(version(&near, 1), None);
    }

    #[test]
    fn everything_goes_and_so_does_what_was_being_read() {
        let near = cache(10);
        assert!(near.keep(near.begin_read(), id(1), &answer(1)));
        let slow = near.begin_read();
        near.forget(Invalidation::Everything);
        assert_eq!(version(&near, 1), None);
        assert!(!near.keep(slow, id(2), &answer(1)));
        assert!(near.keep(near.begin_read(), id(2), &answer(1)));
    }

    #[test]
    fn without_room_nothing_is_kept() {
        let near = cache(0);
        assert!(!near.keep(near.begin_read(), id(1), &answer(1)));
        near.forget(Invalidation::Everything);
        assert_eq!(version(&near, 1), None);
    }

    #[test]
    fn a_large_answer_counts_as_several() {
        let near = cache(2);
        let large = Arc::new(Kept { body: vec![0; 4 * ENTRY_BYTES].into(), ..(*answer(1)).clone() });
        near.keep(near.begin_read(), id(1), &large);
        near.slots.as_ref().unwrap().run_pending_tasks();
        assert_eq!(version(&near, 1), None);
    }

    /// Writers raise the stored version, then announce it; slow readers keep what they read. After an announcement
    /// nobody may be given an older version.
    #[test]
    fn no_reader_is_given_what_was_announced_as_old() {
        const PRODUCTS: i64 = 4;
        let near = cache(3);
        let stored: Vec<AtomicU64> = (0..PRODUCTS).map(|_| AtomicU64::new(1)).collect();
        let announced: Vec<AtomicU64> = (0..PRODUCTS).map(|_| AtomicU64::new(1)).collect();
        let at = |number: i64| usize::try_from(number - 1).unwrap();
        let hits = AtomicU64::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for turn in 0..20_000 {
                    let number = 1 + turn % PRODUCTS;
                    let next = stored[at(number)].fetch_add(1, SeqCst) + 1;
                    near.forget(Invalidation::Product(id(number), Version(next)));
                    announced[at(number)].store(next, SeqCst);
                    if turn % 1000 == 0 {
                        near.forget(Invalidation::Everything);
                    }
                }
            });
            for reader in 0..3 {
                let (near, stored, announced, hits) = (&near, &stored, &announced, &hits);
                scope.spawn(move || {
                    for turn in 0..20_000 {
                        let number = 1 + (turn + reader) % PRODUCTS;
                        let floor = announced[at(number)].load(SeqCst);
                        if let Some(found) = version(near, number) {
                            assert!(found >= floor, "product {number}: {found} after {floor} was announced");
                            hits.fetch_add(1, SeqCst);
                            continue;
                        }
                        let begun = near.begin_read();
                        let read = stored[at(number)].load(SeqCst);
                        if turn % 3 == 0 {
                            std::thread::yield_now();
                        }
                        near.keep(begun, id(number), &answer(read));
                    }
                });
            }
        });
        assert!(hits.into_inner() > 0, "the readers never met a kept answer");
    }
}
