//! A web in memory: pages under URLs, fetched as from the real one, with all that servers do wrong.

use crate::deadline;
use async_trait::async_trait;
use bytes::Bytes;
use sha2::Digest;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

const REDIRECTS: usize = 3;
/// How much of an endless body arrives at a time, in bytes.
const PIECE: u64 = 1 << 16;
/// How long a slow server takes for a byte.
const PAUSE: Duration = Duration::from_millis(10);

/// What is at a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryPage {
    /// These bytes.
    Body(Bytes),
    /// These bytes, of which a single one arrives, the rest comes of unpacking.
    Packed(Bytes),
    /// Another URL.
    Redirect(ImageUrl),
    /// A status other than success, and when to come again.
    Status(u16, Option<Duration>),
    /// A body without end.
    Endless,
    /// A body without end, a byte every ten milliseconds.
    Trickle,
    /// A server that takes the request and never answers.
    Silent,
    /// A body that ends before all of it was sent.
    BreaksOff,
    /// Nothing: the host has no server.
    Unreachable,
    /// An address that is not allowed.
    Blocked,
}

/// Images from a web in memory. A URL without a page has a host that nobody knows.
#[derive(Debug, Default)]
pub struct MemorySource {
    pages: Mutex<BTreeMap<ImageUrl, MemoryPage>>,
    requests: Mutex<BTreeMap<ImageUrl, usize>>,
}

impl MemorySource {
    /// A web without a page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a page under a URL, in the place of what was there.
    pub fn put(&self, url: ImageUrl, page: MemoryPage) {
        locked(&self.pages).insert(url, page);
    }

    /// How often a server was asked for a URL.
    pub fn requests(&self, url: &ImageUrl) -> usize {
        locked(&self.requests).get(url).copied().unwrap_or_default()
    }

    /// What is at a URL; the server is asked when there is one and it may be.
    fn request(&self, url: &ImageUrl) -> Result<MemoryPage, SourceError> {
        let page = locked(&self.pages).get(url).cloned().ok_or_else(|| SourceError::Dns("no page in memory".into()))?;
        if !matches!(page, MemoryPage::Blocked | MemoryPage::Unreachable) {
            *locked(&self.requests).entry(url.clone()).or_default() += 1;
        }
        Ok(page)
    }

    async fn follow(&self, url: &ImageUrl, limit: u64) -> Result<Fetched, SourceError> {
        let mut page = self.request(url)?;
        for _ in 0..REDIRECTS {
            let MemoryPage::Redirect(next) = &page else { break };
            page = self.request(next)?;
        }
        received(page, limit).await
    }
}

/// Nothing is left half done under these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn received(page: MemoryPage, limit: u64) -> Result<Fetched, SourceError> {
    match page {
        MemoryPage::Body(bytes) | MemoryPage::Packed(bytes) => {
            if bytes.len() as u64 > limit {
                return Err(SourceError::TooLarge { limit });
            }
            let sha256 = Sha256(sha2::Sha256::digest(&bytes).into());
            Ok(Fetched { bytes, sha256 })
        }
        MemoryPage::Endless => Err(without_end(limit, PIECE, Duration::ZERO).await),
        MemoryPage::Trickle => Err(without_end(limit, 1, PAUSE).await),
        MemoryPage::Silent => std::future::pending().await,
        MemoryPage::Status(status, retry_after) => {
            let retry_after = retry_after.filter(|_| matches!(status, 429 | 503));
            Err(SourceError::Status { status, retry_after })
        }
        MemoryPage::BreaksOff => Err(SourceError::Unreachable("the body broke off".into())),
        MemoryPage::Unreachable => Err(SourceError::Unreachable("no server in memory".into())),
        MemoryPage::Blocked => Err(SourceError::BlockedAddress),
        MemoryPage::Redirect(_) => Err(SourceError::TooManyRedirects),
    }
}

/// Takes in what does not end until it is too much.
async fn without_end(limit: u64, piece: u64, pause: Duration) -> SourceError {
    let mut arrived = 0_u64;
    while arrived <= limit {
        sleep(pause).await;
        arrived = arrived.saturating_add(piece);
    }
    SourceError::TooLarge { limit }
}

#[async_trait]
impl ImageSource for MemorySource {
    async fn fetch(&self, url: &ImageUrl, limits: &FetchLimits) -> Result<Fetched, SourceError> {
        let until = deadline::after(Instant::now(), limits.total);
        timeout_at(until, self.follow(url, limits.bytes)).await.unwrap_or(Err(SourceError::Timeout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ImageUrl {
        ImageUrl::new(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_asked_for_is_counted_and_what_is_blocked_is_not_asked() {
        let (web, limits) = (MemorySource::new(), FetchLimits { bytes: 10, total: Duration::from_secs(15) });
        let (start, house) = (url("http://a.example/"), url("http://10.0.0.1/"));
        web.put(start.clone(), MemoryPage::Redirect(house.clone()));
        web.put(house.clone(), MemoryPage::Blocked);
        assert!(matches!(web.fetch(&start, &limits).await, Err(SourceError::BlockedAddress)));
        assert_eq!((web.requests(&start), web.requests(&house)), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_too_large_when_there_is_time_for_it() {
        let web = MemorySource::new();
        let slow = url("http://a.example/");
        web.put(slow.clone(), MemoryPage::Trickle);
        let limits = |total| FetchLimits { bytes: 10, total };
        let outcome = web.fetch(&slow, &limits(Duration::from_millis(105))).await;
        assert!(matches!(outcome, Err(SourceError::Timeout)), "{outcome:?}");
        let outcome = web.fetch(&slow, &limits(Duration::MAX)).await;
        assert!(matches!(outcome, Err(SourceError::TooLarge { limit: 10 })), "{outcome:?}");
    }
}
