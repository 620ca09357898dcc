//! Injects faults into ports.

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wareroom_domain::{BlobKey, RenditionSpec};
use wareroom_ports::{
    Blob, BlobError, BlobListing, BlobMeta, BlobStore, CodecError, CodecLimits, ImageCodec, Inspected, Rendering,
    Store, StoreError, UnitOfWork,
};

/// A switch: while it is on, whatever is behind it fails.
#[derive(Clone, Debug, Default)]
pub struct Fault(Arc<AtomicBool>);

impl Fault {
    /// Turns the fault on or off.
    pub fn set(&self, on: bool) {
        self.0.store(on, Ordering::SeqCst);
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A port that fails while its fault is on.
#[derive(Clone)]
pub struct Flaky<P: ?Sized> {
    port: Arc<P>,
    fault: Fault,
}

impl<P: ?Sized> Flaky<P> {
    /// Puts the fault before the port.
    pub fn new(port: Arc<P>, fault: Fault) -> Self {
        Self { port, fault }
    }
}

#[async_trait]
impl Store for Flaky<dyn Store> {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        if self.fault.is_on() { Err(StoreError::Backend("the store is gone".into())) } else { self.port.begin().await }
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.fault.is_on() { Err(StoreError::Backend("the store is gone".into())) } else { self.port.check().await }
    }
}

impl Flaky<dyn BlobStore> {
    fn pass(&self) -> Result<(), BlobError> {
        if self.fault.is_on() { Err(BlobError::Unavailable("the blob store is gone".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl BlobStore for Flaky<dyn BlobStore> {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.pass()?;
        self.port.put(key, bytes).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        self.pass()?;
        self.port.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.pass()?;
        self.port.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.pass()?;
        self.port.delete(key).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        match self.pass() {
            Ok(()) => self.port.list(after),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.pass()?;
        self.port.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.pass()?;
        self.port.check().await
    }
}

/// A codec that answers that it took too long while its fault is on.
#[async_trait]
impl ImageCodec for Flaky<dyn ImageCodec> {
    fn revision(&self) -> &str {
        self.port.revision()
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        self.port.inspect(source, limits).await
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        if self.fault.is_on() { Err(CodecError::Timeout) } else { self.port.render(source, specs, limits).await }
    }
}

/// A codec that never answers while its fault is on.
pub struct Stalling {
    codec: Arc<dyn ImageCodec>,
    fault: Fault,
}

impl Stalling {
    /// Puts the fault before the codec.
    pub fn new(codec: Arc<dyn ImageCodec>, fault: Fault) -> Self {
        Self { codec, fault }
    }
}

#[async_trait]
impl ImageCodec for Stalling {
    fn revision(&self) -> &str {
        self.codec.revision()
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        self.codec.inspect(source, limits).await
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        if self.fault.is_on() {
            std::future::pending::<()>().await;
        }
        self.codec.render(source, specs, limits).await
    }
}
