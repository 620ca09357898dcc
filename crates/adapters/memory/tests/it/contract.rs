//! The promises of every port, by the adapter that this crate has for it.

use bytes::Bytes;
use sha2::Digest;
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_memory::{
    CountingIds, FixedClock, LocalInvalidations, MemoryBlobs, MemoryCache, MemoryCodec, MemoryConfig, MemoryImage,
    MemoryPage, MemoryQueue, MemorySource, MemorySpace, MemoryStore,
};
use wareroom_port_contracts::{
    async_trait,
    blobs::BlobsFixture,
    cache::CacheFixture,
    clock::ClockFixture,
    codec::{CodecFixture, Features, Picture},
    dead_letter_queries::DeadLetterQueriesFixture,
    events::EventsFixture,
    ids::IdsFixture,
    image_source::{ImageSourceFixture, Page},
    invalidations::InvalidationsFixture,
    outbox::OutboxFixture,
    queries::QueriesFixture,
    queue::QueueFixture,
    space::SpaceFixture,
    store::StoreFixture,
    transfer::TransferFixture,
    user_queries::UserQueriesFixture,
};
use wareroom_ports::{
    BlobStore, Cache, Clock, DeadLetterQueries, EventLog, Export, Ids, ImageCodec, ImageSource, Import, Invalidations,
    OutboxRelay, ProductQueries, Queue, Retention, Space, Store, UserQueries,
};

struct OverStore(Arc<MemoryStore>);

#[async_trait]
impl StoreFixture for OverStore {
    async fn fresh(begin_wait: Duration) -> Self {
        Self(Arc::new(MemoryStore::new(MemoryConfig { begin_wait, ..MemoryConfig::default() })))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.0) as _
    }
}

impl OutboxFixture for OverStore {
    fn relay(&self) -> Arc<dyn OutboxRelay> {
        Arc::clone(&self.0) as _
    }

    fn events(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.0) as _
    }
}

impl EventsFixture for OverStore {
    fn events(&self) -> Arc<dyn EventLog> {
        Arc::clone(&self.0) as _
    }

    fn retention(&self) -> Arc<dyn Retention> {
        Arc::clone(&self.0) as _
    }
}

impl TransferFixture for OverStore {
    fn export(&self) -> Arc<dyn Export> {
        Arc::clone(&self.0) as _
    }

    fn import(&self) -> Arc<dyn Import> {
        Arc::clone(&self.0) as _
    }
}

impl QueriesFixture for OverStore {
    fn queries(&self) -> Arc<dyn ProductQueries> {
        Arc::clone(&self.0) as _
    }
}

impl UserQueriesFixture for OverStore {
    fn users(&self) -> Arc<dyn UserQueries> {
        Arc::clone(&self.0) as _
    }
}

impl DeadLetterQueriesFixture for OverStore {
    fn dead_letters(&self) -> Arc<dyn DeadLetterQueries> {
        Arc::clone(&self.0) as _
    }
}

wareroom_port_contracts::store_suite!(OverStore);
wareroom_port_contracts::blob_refs_suite!(OverStore);
wareroom_port_contracts::dead_letters_suite!(OverStore);
wareroom_port_contracts::idempotency_suite!(OverStore);
wareroom_port_contracts::outbox_suite!(OverStore);
wareroom_port_contracts::events_suite!(OverStore);
wareroom_port_contracts::retention_suite!(OverStore);
wareroom_port_contracts::transfer_suite!(OverStore);
wareroom_port_contracts::queries_suite!(OverStore);
wareroom_port_contracts::user_queries_suite!(OverStore);
wareroom_port_contracts::dead_letter_queries_suite!(OverStore);

/// The store's own queue.
mod own {
    use super::{Arc, Duration, MemoryConfig, MemoryStore, Queue, QueueFixture, async_trait};

    struct OwnQueue(Arc<MemoryStore>);

    #[async_trait]
    impl QueueFixture for OwnQueue {
        async fn fresh(lease: Duration) -> Self {
            Self(Arc::new(MemoryStore::new(MemoryConfig { lease, ..MemoryConfig::default() })))
        }

        fn queue(&self) -> Arc<dyn Queue> {
            Arc::clone(&self.0) as _
        }
    }

    wareroom_port_contracts::queue_suite!(OwnQueue);
}

/// The broker.
mod broker {
    use super::{Arc, Duration, MemoryQueue, Queue, QueueFixture, async_trait};

    struct Broker(Arc<MemoryQueue>);

    #[async_trait]
    impl QueueFixture for Broker {
        async fn fresh(lease: Duration) -> Self {
            Self(Arc::new(MemoryQueue::new(lease)))
        }

        fn queue(&self) -> Arc<dyn Queue> {
            Arc::clone(&self.0) as _
        }
    }

    wareroom_port_contracts::queue_suite!(Broker);
}

struct OverCache(Arc<MemoryCache>);

#[async_trait]
impl CacheFixture for OverCache {
    async fn fresh() -> Self {
        Self(Arc::new(MemoryCache::new(100)))
    }

    fn cache(&self) -> Arc<dyn Cache> {
        Arc::clone(&self.0) as _
    }
}

wareroom_port_contracts::cache_suite!(OverCache);

struct OverInvalidations(Arc<LocalInvalidations>);

#[async_trait]
impl InvalidationsFixture for OverInvalidations {
    async fn fresh() -> Self {
        Self(Arc::default())
    }

    fn invalidations(&self) -> Arc<dyn Invalidations> {
        Arc::clone(&self.0) as _
    }
}

wareroom_port_contracts::invalidations_suite!(OverInvalidations);

struct OverBlobs(Arc<MemoryBlobs>);

#[async_trait]
impl BlobsFixture for OverBlobs {
    async fn fresh() -> Self {
        Self(Arc::default())
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.0) as _
    }

    async fn leave_behind(&self) -> u64 {
        0
    }
}

wareroom_port_contracts::blobs_suite!(OverBlobs);

struct OverCodec;

#[async_trait]
impl CodecFixture for OverCodec {
    async fn fresh() -> Self {
        Self
    }

    fn codec(&self) -> Arc<dyn ImageCodec> {
        Arc::new(MemoryCodec)
    }

    fn features(&self) -> Features {
        Features { enforces_time: true }
    }

    fn image(&self, picture: &Picture, orientation: u8, metadata: &[u8]) -> Bytes {
        let (width, height) = (picture.width, picture.height);
        let (metadata, pixels) = (Bytes::copy_from_slice(metadata), Bytes::copy_from_slice(&picture.rgb));
        MemoryImage { width, height, orientation, metadata, pixels }.encode()
    }

    fn decode(&self, rendition: &Bytes) -> Picture {
        match MemoryImage::decode(rendition) {
            Ok(MemoryImage { width, height, pixels, .. }) => Picture { width, height, rgb: pixels.to_vec() },
            Err(error) => panic!("no rendition: {error}"),
        }
    }

    fn huge(&self) -> Bytes {
        MemoryImage { width: 50_000, height: 50_000, ..MemoryImage::filled(1, 1, [0; 3]) }.encode()
    }

    fn no_image(&self) -> Bytes {
        Bytes::from_static(b"<!doctype html><title>not found</title>")
    }

    fn unsupported(&self) -> Bytes {
        Bytes::from_static(b"%PDF-1.7\n")
    }

    fn truncated(&self) -> Bytes {
        let whole = MemoryImage::filled(64, 48, [9; 3]).encode();
        whole.slice(..whole.len() / 2)
    }

    fn media_type(&self) -> &'static str {
        "image/x-wareroom-memory"
    }
}

wareroom_port_contracts::codec_suite!(OverCodec);

struct OverClock(Arc<FixedClock>);

#[async_trait]
impl ClockFixture for OverClock {
    async fn fresh() -> Self {
        Self(Arc::new(FixedClock::new(jiff::Timestamp::UNIX_EPOCH + Duration::from_nanos(1_999))))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as _
    }
}

wareroom_port_contracts::clock_suite!(OverClock);

struct OverIds(Arc<CountingIds>);

#[async_trait]
impl IdsFixture for OverIds {
    async fn fresh() -> Self {
        Self(Arc::default())
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::clone(&self.0) as _
    }
}

wareroom_port_contracts::ids_suite!(OverIds);

/// Room for as much again as the suite writes.
struct OverSpace(MemorySpace);

#[async_trait]
impl SpaceFixture for OverSpace {
    async fn fresh() -> Self {
        let space = MemorySpace::new();
        space.set(Some(64 << 20));
        Self(space)
    }

    fn space(&self) -> Arc<dyn Space> {
        Arc::new(self.0.clone())
    }

    async fn write(&self, bytes: u64) {
        self.0.set(Some((64 << 20) - bytes));
    }

    async fn delete(&self) {
        self.0.set(Some(64 << 20));
    }
}

wareroom_port_contracts::space_suite!(OverSpace);

struct OverWeb(Arc<MemorySource>);

fn web_url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[async_trait]
impl ImageSourceFixture for OverWeb {
    async fn fresh() -> Self {
        let web = MemorySource::new();
        web.put(web_url("http://blocked.example/"), MemoryPage::Blocked);
        web.put(web_url("http://gone.example/"), MemoryPage::Unreachable);
        Self(Arc::new(web))
    }

    fn source(&self) -> Arc<dyn ImageSource> {
        Arc::clone(&self.0) as _
    }

    fn url(&self, path: &str) -> ImageUrl {
        web_url(&format!("http://web.example{path}"))
    }

    fn serve(&self, path: &str, page: Page) {
        let page = match page {
            Page::Body(bytes) => MemoryPage::Body(bytes),
            Page::Packed(bytes) => MemoryPage::Packed(bytes),
            Page::Redirect(url) => MemoryPage::Redirect(url),
            Page::Status(status, retry_after) => MemoryPage::Status(status, retry_after),
            Page::Endless => MemoryPage::Endless,
            Page::Trickle => MemoryPage::Trickle,
            Page::Silent => MemoryPage::Silent,
            Page::BreaksOff(_) => MemoryPage::BreaksOff,
        };
        self.0.put(self.url(path), page);
    }

    fn blocked(&self) -> ImageUrl {
        web_url("http://blocked.example/")
    }

    fn trapped(&self) -> usize {
        self.0.requests(&self.blocked())
    }

    fn unknown_name(&self) -> ImageUrl {
        web_url("http://unknown.example/")
    }

    fn nobody_there(&self) -> ImageUrl {
        web_url("http://gone.example/")
    }

    fn sha256(&self, bytes: &[u8]) -> Sha256 {
        Sha256(sha2::Sha256::digest(bytes).into())
    }
}

wareroom_port_contracts::image_source_suite!(OverWeb);
