//! A blob store that stands still between the files of an upload and its rows.

use async_trait::async_trait;
use bytes::Bytes;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

/// A blob store that puts, and then waits until it is let go on.
pub(super) struct Standing {
    pub(super) blobs: Arc<dyn BlobStore>,
    pub(super) let_go: Arc<Semaphore>,
}

#[async_trait]
impl BlobStore for Standing {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.blobs.put(key, bytes).await?;
        drop(self.let_go.acquire().await);
        Ok(())
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.blobs.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.blobs.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.blobs.delete(key).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.blobs.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.blobs.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.blobs.check().await
    }
}
