//! A source of images that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use sha2::Digest;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_memory::{MemoryPage, MemorySource};
use wareroom_port_contracts::image_source::{CASES, ImageSourceFixture, Page};
use wareroom_port_contracts::image_source_cases;
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    LooksWhatIsThere,
    FollowsIntoTheHouse,
    FollowsTwoRedirects,
    FollowsFourRedirects,
    CutsAtTheLimit,
    WaitsForTheEnd,
    CountsOnlyWhatArrives,
    IsPatientWhileSomethingComes,
    IsPatientWithSilence,
    HashesNothing,
    AnswersWhatItHas,
    TakesAnyStatusForSuccess,
    ForgetsWhenToComeAgain,
    CallsUnknownUnreachable,
    CallsUnreachableUnknown,
    FetchesOneAtATime,
}

/// A web, kept a second time as it was asked for, so that a fault can strike where it should and nowhere else.
struct Wrong {
    web: MemorySource,
    pages: Mutex<HashMap<ImageUrl, Page>>,
    trapped: AtomicUsize,
    turn: tokio::sync::Mutex<()>,
    fault: Option<Fault>,
}

impl Wrong {
    fn page(&self, url: &ImageUrl) -> Option<Page> {
        self.pages.lock().unwrap().get(url).cloned()
    }

    /// How many redirects begin at a URL, as far as anybody asks, and where the fourth leads.
    fn redirects(&self, url: &ImageUrl) -> (usize, ImageUrl) {
        let mut at = url.clone();
        for hops in 0..4 {
            match self.page(&at) {
                Some(Page::Redirect(next)) => at = next,
                _ => return (hops, at),
            }
        }
        (4, at)
    }
}

fn fetched(bytes: Bytes) -> Fetched {
    let sha256 = sha256(&bytes);
    Fetched { bytes, sha256 }
}

fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

#[async_trait]
impl ImageSource for Wrong {
    async fn fetch(&self, url: &ImageUrl, limits: &FetchLimits) -> Result<Fetched, SourceError> {
        let _turn = match self.fault {
            Some(Fault::FetchesOneAtATime) => Some(self.turn.lock().await),
            _ => None,
        };
        let (page, redirects) = (self.page(url), self.redirects(url));
        let patient = match (self.fault, &page) {
            (Some(Fault::IsPatientWhileSomethingComes), Some(Page::Trickle))
            | (Some(Fault::IsPatientWithSilence), Some(Page::Silent)) => Duration::from_hours(1),
            _ => limits.total,
        };
        let outcome = self.web.fetch(url, &FetchLimits { total: patient, ..*limits }).await;
        match (self.fault, outcome, page) {
            (Some(Fault::LooksWhatIsThere), Err(SourceError::BlockedAddress), None)
            | (Some(Fault::FollowsIntoTheHouse), Err(SourceError::BlockedAddress), Some(_)) => {
                self.trapped.fetch_add(1, Ordering::SeqCst);
                Err(SourceError::BlockedAddress)
            }
            (Some(Fault::FollowsTwoRedirects), Ok(_), _) if redirects.0 > 2 => Err(SourceError::TooManyRedirects),
            (Some(Fault::FollowsFourRedirects), Err(SourceError::TooManyRedirects), _) => {
                self.web.fetch(&redirects.1, limits).await
            }
            (Some(Fault::CutsAtTheLimit), Err(SourceError::TooLarge { limit }), Some(Page::Body(bytes))) => {
                Ok(fetched(bytes.slice(..usize::try_from(limit).unwrap())))
            }
            (Some(Fault::WaitsForTheEnd), Err(SourceError::TooLarge { .. }), Some(Page::Endless)) => {
                Err(SourceError::Timeout)
            }
            (Some(Fault::CountsOnlyWhatArrives), Err(_), Some(Page::Packed(bytes)))
            | (Some(Fault::AnswersWhatItHas), Err(_), Some(Page::BreaksOff(bytes))) => Ok(fetched(bytes)),
            (Some(Fault::HashesNothing), Ok(fetched), _) => Ok(Fetched { sha256: Sha256([0; 32]), ..fetched }),
            (Some(Fault::TakesAnyStatusForSuccess), Err(SourceError::Status { .. }), _) => Ok(fetched(Bytes::new())),
            (Some(Fault::ForgetsWhenToComeAgain), Err(SourceError::Status { status, .. }), _) => {
                Err(SourceError::Status { status, retry_after: None })
            }
            (Some(Fault::CallsUnknownUnreachable), Err(SourceError::Dns(why)), _) => Err(SourceError::Unreachable(why)),
            (Some(Fault::CallsUnreachableUnknown), Err(SourceError::Unreachable(why)), _) => Err(SourceError::Dns(why)),
            (_, outcome, _) => outcome,
        }
    }
}

struct Fixture(Arc<Wrong>);

fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).expect("a URL")
}

#[async_trait]
impl ImageSourceFixture for Fixture {
    async fn fresh() -> Self {
        let web = MemorySource::new();
        web.put(url("http://blocked.example/"), MemoryPage::Blocked);
        web.put(url("http://gone.example/"), MemoryPage::Unreachable);
        let (pages, trapped, turn) = (Mutex::default(), AtomicUsize::default(), tokio::sync::Mutex::default());
        Self(Arc::new(Wrong { web, pages, trapped, turn, fault: fault() }))
    }

    fn source(&self) -> Arc<dyn ImageSource> {
        Arc::clone(&self.0) as _
    }

    fn url(&self, path: &str) -> ImageUrl {
        url(&format!("http://web.example{path}"))
    }

    fn serve(&self, path: &str, page: Page) {
        let there = match page.clone() {
            Page::Body(bytes) => MemoryPage::Body(bytes),
            Page::Packed(bytes) => MemoryPage::Packed(bytes),
            Page::Redirect(url) => MemoryPage::Redirect(url),
            Page::Status(status, retry_after) => MemoryPage::Status(status, retry_after),
            Page::Endless => MemoryPage::Endless,
            Page::Trickle => MemoryPage::Trickle,
            Page::Silent => MemoryPage::Silent,
            Page::BreaksOff(_) => MemoryPage::BreaksOff,
        };
        self.0.web.put(self.url(path), there);
        self.0.pages.lock().unwrap().insert(self.url(path), page);
    }

    fn blocked(&self) -> ImageUrl {
        url("http://blocked.example/")
    }

    fn trapped(&self) -> usize {
        self.0.web.requests(&self.blocked()) + self.0.trapped.load(Ordering::SeqCst)
    }

    fn unknown_name(&self) -> ImageUrl {
        url("http://unknown.example/")
    }

    fn nobody_there(&self) -> ImageUrl {
        url("http://gone.example/")
    }

    fn sha256(&self, bytes: &[u8]) -> Sha256 {
        sha256(bytes)
    }
}

image_source_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_image_source_notices_its_fault() {
    let faults = [
        ("a_blocked_address_is_not_connected_to", Fault::LooksWhatIsThere),
        ("a_redirect_to_a_blocked_address_is_not_followed", Fault::FollowsIntoTheHouse),
        ("three_redirects_are_followed", Fault::FollowsTwoRedirects),
        ("a_fourth_redirect_is_too_many", Fault::FollowsFourRedirects),
        ("one_byte_beyond_the_limit_is_too_large", Fault::CutsAtTheLimit),
        ("a_body_without_end_is_too_large", Fault::WaitsForTheEnd),
        ("what_unpacks_to_more_than_the_limit_is_too_large", Fault::CountsOnlyWhatArrives),
        ("a_slow_server_is_given_up_in_time", Fault::IsPatientWhileSomethingComes),
        ("a_silent_server_is_given_up_in_time", Fault::IsPatientWithSilence),
        ("a_body_comes_in_full_with_its_hash", Fault::HashesNothing),
        ("a_body_that_breaks_off_is_an_error", Fault::AnswersWhatItHas),
        ("a_status_is_told", Fault::TakesAnyStatusForSuccess),
        ("when_to_come_again_is_told", Fault::ForgetsWhenToComeAgain),
        ("a_name_that_nobody_knows_is_dns", Fault::CallsUnknownUnreachable),
        ("a_server_that_is_not_there_is_unreachable", Fault::CallsUnreachableUnknown),
        ("a_slow_server_holds_up_no_other_fetch", Fault::FetchesOneAtATime),
    ];
    prove("image_source", CASES, &image_source(), &faults);
}
