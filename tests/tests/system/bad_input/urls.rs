//! URLs that lead to nothing, to no image, or to no end. Each stands between two sound ones at a product of its own.

use super::house::{DOWNLOAD, House};
use bytes::Bytes;
use futures::future::join_all;
use std::time::Duration;
use wareroom_test_kit::{Encoding, OriginPage, Picture};

/// A URL and what it leads to.
struct Row {
    name: &'static str,
    url: String,
    reasons: &'static [&'static str],
    /// How often each attempt asks the origin for the URL's own path.
    requests: u64,
}

/// The path that a row's page is served on.
fn path(name: &str) -> String {
    format!("/bad/{}", name.replace(' ', "-"))
}

fn rows(house: &House) -> Vec<Row> {
    let served = |name, page, reasons| Row { name, url: house.page(&path(name), page), reasons, requests: 1 };
    let elsewhere = |name, url: &str, reasons| Row { name, url: url.to_owned(), reasons, requests: 0 };
    let image = Picture::new(1, 300, 200).encode(Encoding::Png);
    let pause = DOWNLOAD * 10 / u32::try_from(image.len()).unwrap();
    let announced = |announced| OriginPage::Large { bytes: 30_000_000, announced };
    vec![
        served("nothing there", OriginPage::status(404), &["http_404"]),
        served("forbidden", OriginPage::status(403), &["http_4xx"]),
        served("gone", OriginPage::status(410), &["http_4xx"]),
        served("an error for ever", OriginPage::status(500), &["http_5xx"]),
        served("overloaded for ever", OriginPage::later(503, Duration::ZERO), &["http_5xx"]),
        served("a page for people", OriginPage::html(), &["not_an_image"]),
        served("a page said to be an image", OriginPage::body("image/jpeg", html()), &["not_an_image"]),
        served("nothing at all", OriginPage::body("image/jpeg", Bytes::new()), &["not_an_image"]),
        served("30 MB announced", announced(true), &["too_large"]),
        served("30 MB not announced", announced(false), &["too_large"]),
        served("a bomb", OriginPage::gzip_bomb(200_000_000), &["too_large"]),
        served("endless", OriginPage::Endless, &["too_large", "timeout"]),
        served("a slow trickle", OriginPage::Trickle { bytes: image.clone(), pause }, &["timeout"]),
        served("silence", OriginPage::Silence, &["timeout"]),
        served("more announced than sent", misannounced(&image, 1), &["timeout"]),
        served("less announced than sent", misannounced(&image, -100), &["truncated"]),
        served("breaks off", OriginPage::BreaksOff(image), &["unreachable"]),
        Row { requests: 4, ..served("a redirect loop", OriginPage::RedirectLoop, &["too_many_redirects"]) },
        served("a redirect into the trap", OriginPage::Redirect(house.trap.url("/image")), &["blocked_address"]),
        served("a redirect to a file", OriginPage::Redirect("file:///etc/passwd".to_owned()), &["blocked_address"]),
        elsewhere("the trap", &house.trap.url("/image"), &["blocked_address"]),
        elsewhere("an unknown host", "http://nobody.invalid/image.png", &["dns"]),
        elsewhere("nobody listens", &nobody(), &["unreachable"]),
    ]
}

fn html() -> Bytes {
    Bytes::from_static(wareroom_test_kit::samples::HTML)
}

fn misannounced(image: &Bytes, more: i64) -> OriginPage {
    OriginPage::Misannounced { bytes: image.clone(), length: (image.len() as u64).strict_add_signed(more) }
}

/// The URL of a port that was free a moment ago.
fn nobody() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/image.png", free.local_addr().unwrap())
}

pub(super) async fn each_ends_with_its_reason(house: &House) {
    join_all(rows(house).into_iter().zip((100..).step_by(2)).map(|(row, seed)| one(house, row, seed))).await;
}

async fn one(house: &House, row: Row, seed: u64) {
    let (before, behind) = (Picture::new(seed, 640, 480), Picture::new(seed + 1, 480, 640));
    let urls = [house.sound(before), row.url.clone(), house.sound(behind)];
    let product = house.product(row.name, &urls).await;
    let images = house.settled(product).await;
    let shown: Vec<_> = images.iter().map(|image| image["source"]["url"].as_str().unwrap()).collect();
    assert_eq!(shown, urls, "{}", row.name);
    house.assert_shows(&images[0], before).await;
    house.assert_shows(&images[2], behind).await;
    let attempts = house.assert_failed(&images[1], row.reasons);
    let requests = house.origin.requests(&path(row.name)) as u64;
    assert_eq!(requests, attempts * row.requests, "{}: {attempts} attempts", row.name);
}

/// Sound images of another product are ready while the slow ones of this one are still being tried.
pub(super) async fn another_product_is_not_delayed(house: &House) {
    let slow: Vec<_> = (0..10).map(|number| house.page(&format!("/slow/{number}"), OriginPage::Silence)).collect();
    let slow = house.product("slow", &slow).await;
    let picture = Picture::new(2, 640, 480);
    let quick = house.product("quick", &[house.sound(picture)]).await;
    house.assert_shows(&house.settled(quick).await[0], picture).await;
    let ended = house.images_of(slow).await.iter().filter(|image| image["status"] == "failed").count();
    assert_eq!(ended, 0, "the slow ones ended first");
    for image in house.settled(slow).await {
        house.assert_failed(&image, &["timeout"]);
    }
}
