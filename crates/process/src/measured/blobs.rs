//! Putting, getting and deleting bytes, measured. A get is over when its bytes begin to come.

use super::call::Call;
use async_trait::async_trait;
use bytes::Bytes;
use std::{ops::Range, sync::Arc, time::Duration};
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

pub(super) struct MeasuredBlobs {
    inner: Arc<dyn BlobStore>,
    put: Call,
    get: Call,
    head: Call,
    delete: Call,
}

impl MeasuredBlobs {
    pub(super) fn new(inner: Arc<dyn BlobStore>) -> Self {
        let call = |name| Call::new("blobs", name);
        Self { inner, put: call("put"), get: call("get"), head: call("head"), delete: call("delete") }
    }
}

#[async_trait]
impl BlobStore for MeasuredBlobs {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.put.time(self.inner.put(key, bytes)).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.get.time(self.inner.get(key, range)).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.head.time(self.inner.head(key)).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.delete.time(self.inner.delete(key)).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.inner.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.inner.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.inner.check().await
    }
}
