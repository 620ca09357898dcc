//! A codec that a test holds up: whoever renders waits until the test says how it goes on.

use async_trait::async_trait;
use bytes::Bytes;
use fastrand::Rng;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use wareroom_domain::RenditionSpec;
use wareroom_memory::MemoryImage;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendering};

/// How a rendering that was held up goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoesOn {
    /// As if nothing had been.
    Well,
    /// It makes renditions of another picture: should they be stored, it would be seen.
    WithAnotherPicture,
    /// It finds that the image is damaged, which is for good.
    Damaged,
    /// It finds that it took too long, which is worth another attempt.
    TooLate,
}

/// The other picture.
pub(super) fn another_picture() -> Bytes {
    MemoryImage::filled(16, 8, [99, 98, 97]).encode()
}

/// Says when and how a rendering goes on.
#[async_trait]
pub(super) trait Holds: Send + Sync {
    async fn held(&self) -> GoesOn;
}

/// Holds every rendering until it is opened.
#[derive(Debug)]
pub(super) struct Gate {
    arrived: watch::Sender<usize>,
    opened: watch::Sender<Option<GoesOn>>,
}

impl Gate {
    pub(super) fn closed() -> Arc<Self> {
        Arc::new(Self { arrived: watch::Sender::new(0), opened: watch::Sender::new(None) })
    }

    /// Waits until a rendering is held.
    pub(super) async fn holds_one(&self) {
        let mut arrived = self.arrived.subscribe();
        let held = arrived.wait_for(|arrived| *arrived > 0);
        tokio::time::timeout(Duration::from_secs(30), held).await.unwrap().unwrap();
    }

    pub(super) fn open(&self, goes_on: GoesOn) {
        self.opened.send_replace(Some(goes_on));
    }
}

#[async_trait]
impl Holds for Gate {
    async fn held(&self) -> GoesOn {
        self.arrived.send_modify(|arrived| *arrived += 1);
        let mut opened = self.opened.subscribe();
        let opened = opened.wait_for(Option::is_some).await.unwrap();
        opened.unwrap()
    }
}

/// Holds every third rendering for up to three leases, and lets every eighth fail.
pub(super) struct Moods {
    random: Mutex<Rng>,
    lease: Duration,
}

impl Moods {
    pub(super) fn new(random: Rng, lease: Duration) -> Arc<Self> {
        Arc::new(Self { random: Mutex::new(random), lease })
    }
}

#[async_trait]
impl Holds for Moods {
    async fn held(&self) -> GoesOn {
        let (hold, fails) = {
            let mut random = self.random.lock().unwrap();
            let hold = if random.u8(..3) == 0 { self.lease.mul_f64(3.0 * random.f64()) } else { Duration::ZERO };
            (hold, random.u8(..8) == 0)
        };
        tokio::time::sleep(hold).await;
        if fails { GoesOn::TooLate } else { GoesOn::Well }
    }
}

/// A codec behind whoever holds it up.
pub(super) struct HeldCodec {
    pub(super) codec: Arc<dyn ImageCodec>,
    pub(super) holds: Arc<dyn Holds>,
}

#[async_trait]
impl ImageCodec for HeldCodec {
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
        match self.holds.held().await {
            GoesOn::Well => self.codec.render(source, specs, limits).await,
            GoesOn::WithAnotherPicture => self.codec.render(another_picture(), specs, limits).await,
            GoesOn::Damaged => Err(CodecError::Damaged("by the test".to_owned())),
            GoesOn::TooLate => Err(CodecError::Timeout),
        }
    }
}
