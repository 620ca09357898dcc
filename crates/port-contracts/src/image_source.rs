//! `ImageSource`: fetches from servers of the fixture's own, some of them hostile.

use crate::patience::{LONG, comes, within};
use async_trait::async_trait;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use wareroom_domain::{ImageUrl, Sha256};
use wareroom_ports::{FetchLimits, Fetched, ImageSource, SourceError};

/// A source to be held to account, with a server that it may reach and one that it may not.
#[async_trait]
pub trait ImageSourceFixture: Send + Sync + Sized + 'static {
    /// A source, and servers that run for as long as the fixture is kept.
    async fn fresh() -> Self;

    /// The source.
    fn source(&self) -> Arc<dyn ImageSource>;

    /// The URL of a path, such as `/a`, at the server that may be reached.
    fn url(&self, path: &str) -> ImageUrl;

    /// Puts a page under a path of that server.
    fn serve(&self, path: &str, page: Page);

    /// The URL of an address that is not allowed, where something listens nevertheless.
    fn blocked(&self) -> ImageUrl;

    /// How often something connected there.
    fn trapped(&self) -> usize;

    /// A URL whose host nobody knows.
    fn unknown_name(&self) -> ImageUrl;

    /// A URL of an allowed address where nothing listens.
    fn nobody_there(&self) -> ImageUrl;

    /// The SHA-256 of some bytes.
    fn sha256(&self, bytes: &[u8]) -> Sha256;
}

/// What a server answers with.
#[derive(Clone, Debug)]
pub enum Page {
    /// Success, and these bytes.
    Body(Bytes),
    /// Success, and these bytes, compressed.
    Packed(Bytes),
    /// A redirect to there.
    Redirect(ImageUrl),
    /// A status, and when to come again.
    Status(u16, Option<Duration>),
    /// Success, and a body that never ends.
    Endless,
    /// Success, and a body of which a byte comes now and then, for ever.
    Trickle,
    /// Nothing, the connection kept open.
    Silent,
    /// Success, and these bytes, although more were announced.
    BreaksOff(Bytes),
}

/// The one list of cases of [`image_source`](crate::image_source).
#[macro_export]
macro_rules! image_source_cases {
    ($then:path, $given:tt) => {
        $then! { image_source $given
            a_blocked_address_is_not_connected_to
            a_redirect_to_a_blocked_address_is_not_followed
            three_redirects_are_followed
            a_fourth_redirect_is_too_many
            one_byte_beyond_the_limit_is_too_large
            a_body_without_end_is_too_large
            what_unpacks_to_more_than_the_limit_is_too_large
            a_slow_server_is_given_up_in_time
            a_silent_server_is_given_up_in_time
            a_body_comes_in_full_with_its_hash
            a_body_that_breaks_off_is_an_error
            a_status_is_told
            when_to_come_again_is_told
            a_name_that_nobody_knows_is_dns
            a_server_that_is_not_there_is_unreachable
            a_slow_server_holds_up_no_other_fetch
        }
    };
}

/// Tests that hold an [`ImageSourceFixture`] to every case of [`image_source`](crate::image_source).
#[macro_export]
macro_rules! image_source_suite {
    ($fixture:ty) => {
        $crate::image_source_cases!($crate::tests, ($fixture));
    };
}

image_source_cases!(names, ());

const LIMITS: FetchLimits = FetchLimits { bytes: 1_000_000, total: LONG };

async fn fetch<F: ImageSourceFixture>(
    fixture: &F,
    url: &ImageUrl,
    limits: FetchLimits,
) -> Result<Fetched, SourceError> {
    within("fetch answers", fixture.source().fetch(url, &limits)).await
}

/// Bytes in which no piece is like another.
fn varied(length: u32) -> Bytes {
    (0..length).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

/// Puts redirects under `/1` to `/<hops>`, each to the one before, and a page under `/0`.
fn chain<F: ImageSourceFixture>(fixture: &F, hops: usize) -> ImageUrl {
    fixture.serve("/0", Page::Body(varied(10)));
    for hop in 1..=hops {
        fixture.serve(&format!("/{hop}"), Page::Redirect(fixture.url(&format!("/{}", hop - 1))));
    }
    fixture.url(&format!("/{hops}"))
}

/// `fetch` MUST NOT open a connection to an address that is not allowed: not even to find out what is there.
pub async fn a_blocked_address_is_not_connected_to<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    assert_refused!(fetch(&fixture, &fixture.blocked(), LIMITS).await, SourceError::BlockedAddress);
    assert_eq!(fixture.trapped(), 0, "something connected to the blocked address");
}

/// `fetch` MUST NOT open a connection to an address that is not allowed, redirects included.
pub async fn a_redirect_to_a_blocked_address_is_not_followed<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    fixture.serve("/out", Page::Redirect(fixture.blocked()));
    fixture.serve("/further", Page::Redirect(fixture.url("/out")));
    for path in ["/out", "/further"] {
        assert_refused!(fetch(&fixture, &fixture.url(path), LIMITS).await, SourceError::BlockedAddress);
        assert_eq!(fixture.trapped(), 0, "something connected to the blocked address");
    }
}

/// `fetch` MUST follow three redirects.
pub async fn three_redirects_are_followed<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    for hops in 0..=3 {
        let url = chain(&fixture, hops);
        let fetched = fetch(&fixture, &url, LIMITS).await.expect("what the redirects lead to");
        assert_eq!(fetched.bytes, varied(10), "after {hops} redirects");
    }
}

/// `fetch` MUST follow no more than three redirects, in a circle or not.
pub async fn a_fourth_redirect_is_too_many<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    let url = chain(&fixture, 4);
    assert_refused!(fetch(&fixture, &url, LIMITS).await, SourceError::TooManyRedirects);
    fixture.serve("/circle", Page::Redirect(fixture.url("/circle")));
    assert_refused!(fetch(&fixture, &fixture.url("/circle"), LIMITS).await, SourceError::TooManyRedirects);
}

/// `fetch` MUST answer `TooLarge` beyond the limit, and a body of just the limit in full.
pub async fn one_byte_beyond_the_limit_is_too_large<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    let limits = FetchLimits { bytes: 100_000, ..LIMITS };
    fixture.serve("/just", Page::Body(varied(100_000)));
    fixture.serve("/beyond", Page::Body(varied(100_001)));
    let fetched = fetch(&fixture, &fixture.url("/just"), limits).await.expect("a body of just the limit");
    assert_eq!(fetched.bytes, varied(100_000));
    let outcome = fetch(&fixture, &fixture.url("/beyond"), limits).await;
    assert_refused!(outcome, SourceError::TooLarge { limit: 100_000 });
}

/// `fetch` MUST answer `TooLarge` without going on to the end, which may never come.
pub async fn a_body_without_end_is_too_large<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    fixture.serve("/endless", Page::Endless);
    let outcome = fetch(&fixture, &fixture.url("/endless"), LIMITS).await;
    assert_refused!(outcome, SourceError::TooLarge { limit: 1_000_000 });
}

/// `fetch` MUST count again what was unpacked: little arrives, much comes out.
pub async fn what_unpacks_to_more_than_the_limit_is_too_large<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    let zeros = |length| Bytes::from(vec![0; length]);
    fixture.serve("/fits", Page::Packed(zeros(1_000_000)));
    fixture.serve("/bomb", Page::Packed(zeros(50_000_000)));
    let fetched = fetch(&fixture, &fixture.url("/fits"), LIMITS).await.expect("a body that fits when unpacked");
    assert_eq!(fetched.bytes, zeros(1_000_000));
    assert_eq!(fetched.sha256, fixture.sha256(&zeros(1_000_000)), "the hash is that of what was unpacked");
    let outcome = fetch(&fixture, &fixture.url("/bomb"), LIMITS).await;
    assert_refused!(outcome, SourceError::TooLarge { limit: 1_000_000 });
}

async fn given_up_in_time<F: ImageSourceFixture>(page: Page) {
    let fixture = F::fresh().await;
    fixture.serve("/", page);
    let hurry = FetchLimits { total: Duration::from_millis(300), ..LIMITS };
    assert_refused!(fetch(&fixture, &fixture.url("/"), hurry).await, SourceError::Timeout);
}

/// `fetch` MUST end within `limits.total`, however slowly a server answers: that something still comes is no excuse.
pub async fn a_slow_server_is_given_up_in_time<F: ImageSourceFixture>() {
    given_up_in_time::<F>(Page::Trickle).await;
}

/// `fetch` MUST end within `limits.total`, however silent a server is.
pub async fn a_silent_server_is_given_up_in_time<F: ImageSourceFixture>() {
    given_up_in_time::<F>(Page::Silent).await;
}

/// `fetch` MUST answer a body in full with its own hash.
pub async fn a_body_comes_in_full_with_its_hash<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    for length in [0, 1, 65_537, 900_000] {
        let path = format!("/{length}");
        fixture.serve(&path, Page::Body(varied(length)));
        let fetched = fetch(&fixture, &fixture.url(&path), LIMITS).await.expect("a body");
        assert_eq!(fetched.sha256, fixture.sha256(&varied(length)));
        assert!(fetched.bytes == varied(length), "{} bytes instead of {length}", fetched.bytes.len());
    }
}

/// `fetch` MUST NOT answer a part for the whole.
pub async fn a_body_that_breaks_off_is_an_error<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    fixture.serve("/", Page::BreaksOff(varied(1000)));
    assert_refused!(fetch(&fixture, &fixture.url("/"), LIMITS).await, SourceError::Unreachable(_));
}

async fn status_of<F: ImageSourceFixture>(
    fixture: &F,
    status: u16,
    retry_after: Option<Duration>,
) -> (u16, Option<Duration>) {
    fixture.serve("/", Page::Status(status, retry_after));
    match fetch(fixture, &fixture.url("/"), LIMITS).await {
        Err(SourceError::Status { status, retry_after }) => (status, retry_after),
        other => panic!("expected the status {status}, got {other:?}"),
    }
}

/// `fetch` MUST answer any status but success as `Status`.
pub async fn a_status_is_told<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    for status in [304, 400, 401, 404, 410, 429, 500, 502, 503] {
        assert_eq!(status_of(&fixture, status, None).await, (status, None));
    }
}

/// `fetch` MUST tell what a 429 or 503 says of when to come again, and nothing of the kind from others.
pub async fn when_to_come_again_is_told<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    let wait = Some(Duration::from_mins(2));
    for (status, told) in [(429, wait), (503, wait), (404, None), (500, None)] {
        assert_eq!(status_of(&fixture, status, wait).await, (status, told));
    }
}

/// `fetch` MUST tell a name that is not known as `Dns`.
pub async fn a_name_that_nobody_knows_is_dns<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    assert_refused!(fetch(&fixture, &fixture.unknown_name(), LIMITS).await, SourceError::Dns(_));
}

/// `fetch` MUST tell a server that is not there as `Unreachable`.
pub async fn a_server_that_is_not_there_is_unreachable<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    assert_refused!(fetch(&fixture, &fixture.nobody_there(), LIMITS).await, SourceError::Unreachable(_));
}

/// Calls MUST NOT wait for one another, and one that is dropped leaves the source fit.
pub async fn a_slow_server_holds_up_no_other_fetch<F: ImageSourceFixture>() {
    let fixture = F::fresh().await;
    fixture.serve("/silent", Page::Silent);
    fixture.serve("/quick", Page::Body(varied(10)));
    let silent = fixture.url("/silent");
    let source = fixture.source();
    let mut waiting = tokio::spawn(async move { source.fetch(&silent, &LIMITS).await });
    assert!(comes(&mut waiting).await.is_none(), "a silent server answered");
    fetch(&fixture, &fixture.url("/quick"), LIMITS).await.expect("a fetch beside one that waits");
    waiting.abort();
    waiting.await.expect_err("a fetch that was dropped");
    fetch(&fixture, &fixture.url("/quick"), LIMITS).await.expect("a fetch after one that was dropped");
}
