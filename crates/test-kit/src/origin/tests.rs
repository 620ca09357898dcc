//! What clients of the origin see.

use super::{Origin, OriginPage, Trap};
use bytes::Bytes;
use std::time::Duration;
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(300);

async fn get(url: &str) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    client.get(url).send().await
}

/// Sets a page and asks for it.
async fn answered(page: OriginPage) -> (Origin, reqwest::Result<reqwest::Response>) {
    let origin = Origin::start().await;
    origin.put("/page", page);
    let answer = get(&origin.url("/page?size=large")).await;
    (origin, answer)
}

async fn body(page: OriginPage) -> reqwest::Result<Bytes> {
    let (_origin, answer) = answered(page).await;
    answer?.bytes().await
}

#[tokio::test]
async fn bytes_come_as_they_were_set() {
    let image = Bytes::from_static(b"\x89PNG and more");
    let (origin, answer) = answered(OriginPage::image(image.clone())).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"image/png".parse().unwrap()));
    assert_eq!(answer.bytes().await.unwrap(), image);
    assert_eq!(get(&origin.url("/other")).await.unwrap().status(), 404);
    assert_eq!((origin.requests("/page"), origin.requests("/other"), origin.requests("/nobody")), (1, 1, 0));
}

#[tokio::test]
async fn large_bodies_are_announced_or_not() {
    for announced in [true, false] {
        let (_origin, answer) = answered(OriginPage::Large { bytes: 3_000_001, announced }).await;
        let answer = answer.unwrap();
        assert_eq!(answer.content_length(), announced.then_some(3_000_001));
        assert_eq!(answer.bytes().await.unwrap().len(), 3_000_001);
    }
}

#[tokio::test]
async fn what_does_not_end_does_not_end() {
    let trickle = OriginPage::Trickle { bytes: Bytes::from(vec![1; 100]), pause: Duration::from_millis(20) };
    let misannounced = OriginPage::Misannounced { bytes: Bytes::from_static(b"image"), length: 6 };
    for page in [trickle, misannounced, OriginPage::Silence] {
        assert!(timeout(SHORT, body(page.clone())).await.is_err(), "{page:?}");
    }
    let (_origin, answer) = answered(OriginPage::Endless).await;
    let (mut answer, mut taken) = (answer.unwrap(), 0);
    while taken < 10_000_000 {
        taken += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn what_breaks_off_is_an_error_and_more_than_announced_is_not_read() {
    assert!(body(OriginPage::BreaksOff(Bytes::from_static(b"image"))).await.is_err());
    let more = OriginPage::Misannounced { bytes: Bytes::from_static(b"image and more"), length: 5 };
    assert_eq!(&body(more).await.unwrap()[..], b"image");
}

#[tokio::test]
async fn redirects_lead_on_or_back() {
    let (_origin, answer) = answered(OriginPage::Redirect("http://example/".to_owned())).await;
    assert_eq!(answer.unwrap().headers()["location"], "http://example/");
    let (_origin, answer) = answered(OriginPage::RedirectLoop).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (302, &"/page".parse().unwrap()));
}

#[tokio::test]
async fn packed_bodies_say_so_and_are_small() {
    let (_origin, answer) = answered(OriginPage::gzip_bomb(10_000_000)).await;
    let answer = answer.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    assert!(answer.bytes().await.unwrap().len() < 20_000);
}

#[tokio::test]
async fn a_page_that_recovers_fails_as_often_as_it_was_told() {
    let origin = Origin::start().await;
    let well = || OriginPage::image(Bytes::from_static(b"image"));
    let statuses = async || {
        let mut statuses = vec![];
        for _ in 0..4 {
            statuses.push(get(&origin.url("/")).await.unwrap().status().as_u16());
        }
        statuses
    };
    origin.put("/", OriginPage::recovering(2, 503, well()));
    assert_eq!(statuses().await, [503, 503, 200, 200]);
    let failing = Box::new(OriginPage::later(429, Duration::from_secs(2)));
    origin.put(
        "/",
        OriginPage::Recovers { failures: 1, failing, then: Box::new(OriginPage::recovering(1, 500, well())) },
    );
    assert_eq!(statuses().await, [429, 500, 200, 200]);
    let moments = origin.moments("/");
    assert_eq!((moments.len(), moments.is_sorted()), (8, true));
}

#[tokio::test]
async fn a_trap_counts_who_steps_into_it() {
    let trap = Trap::start().await;
    assert_eq!(trap.connections(), 0);
    assert!(timeout(SHORT * 10, get(&trap.url("/"))).await.expect("it hangs up").is_err());
    assert_eq!(trap.connections(), 1);
}

#[tokio::test]
async fn an_origin_that_is_dropped_is_gone() {
    let origin = Origin::start().await;
    origin.put("/", OriginPage::Silence);
    let url = origin.url("/");
    let waiting = tokio::spawn({
        let url = url.clone();
        async move { get(&url).await }
    });
    while origin.requests("/") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(origin);
    assert!(timeout(SHORT * 10, waiting).await.expect("it hangs up").unwrap().is_err());
    assert!(get(&url).await.is_err());
}
