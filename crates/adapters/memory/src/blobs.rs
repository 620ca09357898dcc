//! Blobs in memory.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore, ListedBlob};

/// Bytes, and when they were put.
struct Kept {
    bytes: Bytes,
    since: Instant,
}

/// A blob store in memory.
#[derive(Default)]
pub struct MemoryBlobs {
    blobs: RwLock<BTreeMap<BlobKey, Kept>>,
}

impl Kept {
    fn listed(&self, key: BlobKey) -> ListedBlob {
        ListedBlob { meta: BlobMeta { key, bytes: self.bytes.len() as u64 }, age: self.since.elapsed() }
    }
}

impl MemoryBlobs {
    /// The names of all blobs, in order. For tests.
    pub fn keys(&self) -> Vec<BlobKey> {
        self.blobs.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn find(&self, key: &BlobKey) -> Option<Bytes> {
        self.blobs.read().unwrap_or_else(PoisonError::into_inner).get(key).map(|kept| kept.bytes.clone())
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        // A copy: the bytes may be a small part of a request's buffer, which would be kept whole for as long as they are.
        let bytes = Bytes::copy_from_slice(&bytes);
        let kept = Kept { bytes, since: Instant::now() };
        self.blobs.write().unwrap_or_else(PoisonError::into_inner).insert(*key, kept);
        Ok(())
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        let Some(whole) = self.find(key) else { return Ok(None) };
        let part = within(range, whole.len());
        let meta = BlobMeta { key: *key, bytes: whole.len() as u64 };
        let range = part.start as u64..part.end as u64;
        let body = (!part.is_empty()).then(|| Ok(whole.slice(part)));
        Ok(Some(Blob { meta, range, body: futures::stream::iter(body).boxed() }))
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        Ok(self.find(key).map(|bytes| BlobMeta { key: *key, bytes: bytes.len() as u64 }))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.blobs.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        Ok(())
    }

    /// All that is there at the time of the call.
    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        let after = after.map(BlobKey::to_string);
        let mut listed: Vec<(String, ListedBlob)> = self
            .blobs
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(key, kept)| (key.to_string(), kept.listed(*key)))
            .filter(|(name, _)| after.as_ref().is_none_or(|after| name > after))
            .collect();
        listed.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        futures::stream::iter(listed.into_iter().map(|(_, listed)| Ok(listed))).boxed()
    }

    /// A put is all or nothing here: none leaves anything behind.
    async fn leftovers(&self, _: Duration, _: bool) -> Result<u64, BlobError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), BlobError> {
        Ok(())
    }
}

/// The part of `length` bytes that a range asks for.
fn within(range: Option<Range<u64>>, length: usize) -> Range<usize> {
    let Some(range) = range else { return 0..length };
    let cut = |at: u64| usize::try_from(at).unwrap_or(length).min(length);
    let start = cut(range.start);
    start..cut(range.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        assert_eq!(within(None, 5), 0..5);
        assert_eq!(within(Some(1..3), 5), 1..3);
        assert_eq!(within(Some(3..u64::MAX), 5), 3..5);
        assert_eq!(within(Some(5..9), 5), 5..5);
        assert_eq!(within(Some(7..9), 5), 5..5);
        #[expect(clippy::reversed_empty_ranges, reason = "what a careless caller may ask for")]
        let backwards = 4..2;
        assert_eq!(within(Some(backwards), 5), 4..4);
    }
}
