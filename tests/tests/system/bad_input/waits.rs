//! Servers that are not to be asked at once again, and what clients see meanwhile.

use super::house::House;
use futures::future::join_all;
use serde_json::Value;
use std::time::Duration;
use wareroom_test_kit::{Encoding, OriginPage, Picture};

pub(super) async fn servers_are_left_alone_as_long_as_they_ask(house: &House) {
    let rows = [(429, 2, "http_busy", 10), (503, 1, "http_5xx", 12)];
    join_all(rows.map(|(status, seconds, code, seed)| one(house, status, Duration::from_secs(seconds), code, seed)))
        .await;
}

async fn one(house: &House, status: u16, asked: Duration, code: &str, seed: u64) {
    let (late, beside) = (Picture::new(seed, 640, 480), Picture::new(seed + 1, 640, 480));
    let path = format!("/later/{status}");
    let then = Box::new(OriginPage::image(late.encode(Encoding::WebP)));
    let page = OriginPage::Recovers { failures: 1, failing: Box::new(OriginPage::later(status, asked)), then };
    let product = house.product("late", &[house.page(&path, page), house.sound(beside)]).await;

    // While it waits, everybody can see that it does, why and until when; nobody waits with it.
    let images = house.until(product, 0, |image| image["next_attempt_at"] != Value::Null).await;
    let error = &images[0]["error"];
    assert_eq!((&images[0]["status"], &images[0]["attempts"]), (&"pending".into(), &1.into()), "{images:#?}");
    assert_eq!(error["code"], code, "{images:#?}");
    assert!(error["detail"].as_str().unwrap().contains(&status.to_string()), "{images:#?}");
    house.until(product, 1, |image| image["status"] == "ready").await;

    let images = house.settled(product).await;
    house.assert_shows(&images[0], late).await;
    house.assert_shows(&images[1], beside).await;
    assert_eq!((&images[0]["attempts"], &images[0]["next_attempt_at"]), (&2.into(), &Value::Null), "{images:#?}");
    let [first, second] = house.origin.moments(&path)[..] else { panic!("{status}: it was not asked twice") };
    assert!(second - first >= asked, "{status}: asked again after {:?}", second - first);
}

pub(super) async fn servers_that_recover_are_asked_until_they_do(house: &House) {
    let picture = Picture::new(14, 640, 480);
    let well = || OriginPage::image(picture.encode(Encoding::Png));
    let breaks_off = OriginPage::BreaksOff(picture.encode(Encoding::Png));
    let packed = OriginPage::gzip("image/png", &picture.encode(Encoding::Png));
    let far = house.page("/recovering/far", well());
    let pages = [
        ("/recovering/at-once", well(), 1),
        ("/recovering/packed", packed, 1),
        ("/recovering/redirected", OriginPage::Redirect(far), 1),
        ("/recovering/once", OriginPage::recovering(1, 500, well()), 2),
        ("/recovering/twice", OriginPage::recovering(2, 502, well()), 3),
        (
            "/recovering/from-breaking-off",
            OriginPage::Recovers { failures: 1, failing: Box::new(breaks_off), then: Box::new(well()) },
            2,
        ),
    ];
    let urls = pages.clone().map(|(path, page, _)| house.page(path, page));
    let product = house.product("recovering", &urls).await;
    let images = house.settled(product).await;
    assert_eq!(images.len(), pages.len());
    for ((path, _, attempts), image) in pages.into_iter().zip(images) {
        house.assert_shows(&image, picture).await;
        assert_eq!(
            (image["attempts"].as_u64(), house.origin.requests(path)),
            (Some(attempts as u64), attempts),
            "{path}"
        );
    }
}
