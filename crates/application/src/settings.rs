//! The limits and times that use cases work with.

use crate::Retain;
use std::time::Duration;
use wareroom_domain::{Attempts, RenditionSpec, default_renditions};
use wareroom_ports::CodecLimits;

/// The limits and times that use cases work with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is made of every image.
    pub renditions: Vec<RenditionSpec>,
    /// The most bytes that one image may have, as it is sent or unpacked.
    pub image_max_bytes: u64,
    /// The most images that a product may have.
    pub images_per_product: usize,
    /// How long fetching an image from its URL may take.
    pub download_timeout: Duration,
    /// How long a server's wish to be left alone is respected at most.
    pub retry_after_max: Duration,
    /// How many bytes must be free for new images to be accepted, and for those in flight to go on.
    pub min_free_space: u64,
    /// How many jobs may wait in the outbox for new images to be accepted; 0 for any number. What is accepted between two
    /// looks, about a second apart in each process, may go beyond it.
    pub outbox_limit: u64,
    /// How far the codec may go with one image.
    pub codec: CodecLimits,
    /// The waits before the second, third ... attempt at an image; one attempt more than there are waits is made.
    pub back_off: Vec<Duration>,
    /// How long blobs that are about to be named are kept from the collector.
    pub blob_claim: Duration,
    /// After how long an attempt that did not end is taken for dead, its job having gone missing.
    pub rescue_after: Duration,
    /// How long a request with an idempotency key keeps others from doing it in its place. One that takes longer may be
    /// taken over, and then stores nothing itself.
    pub idempotency_lease: Duration,
    /// How long a job is on loan to the relay.
    pub relay_lease: Duration,
    /// For how long things are kept that are not kept for good.
    pub retain: Retain,
    /// How many jobs, events or rows one step takes at most.
    pub batch: usize,
    /// How many dead letters one step replays at most.
    pub replay_batch: usize,
}

impl Settings {
    /// How many attempts an image gets.
    pub fn attempts(&self) -> Attempts {
        Attempts(u32::try_from(self.back_off.len() + 1).unwrap_or(u32::MAX))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            renditions: default_renditions(),
            image_max_bytes: 20_000_000,
            images_per_product: 20,
            download_timeout: Duration::from_secs(15),
            retry_after_max: Duration::from_hours(1),
            min_free_space: 500_000_000,
            outbox_limit: 100_000,
            codec: CodecLimits { pixels: 50_000_000, time: Duration::from_mins(1) },
            back_off: [1, 5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            blob_claim: Duration::from_hours(1),
            rescue_after: Duration::from_mins(12),
            idempotency_lease: Duration::from_mins(1),
            relay_lease: Duration::from_secs(30),
            retain: Retain::default(),
            batch: 100,
            replay_batch: 25,
        }
    }
}
