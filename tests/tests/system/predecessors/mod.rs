//! What the systems before this one got wrong, one test for each: on the real binary, asked from outside like anybody else.
//!
//! Each is small and says the one thing. Where another test goes much further, the comment names it.

mod shop;

use reqwest::Method;
use serde_json::{Value, json};
use shop::{LIMIT, Shop};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Encoding, Origin, OriginPage, Picture, Stack, Trap};

/// Images may come from this machine.
const NEAR: [&str; 2] = ["--image-source-allow", "127.0.0.1/32"];

fn picture(seed: u64) -> Picture {
    Picture::new(seed, 640, 480)
}

fn page(picture: Picture) -> OriginPage {
    OriginPage::image(picture.encode(Encoding::Jpeg))
}

fn put(origin: &Origin, path: &str, page: OriginPage) -> String {
    origin.put(path, page);
    origin.url(path)
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// One parameter as it stands in a URL.
fn query(name: &str, value: &str) -> String {
    let url = reqwest::Url::parse_with_params("http://a.example", [(name, value)]).unwrap();
    url.query().unwrap().to_owned()
}

/// The crash test kills at every stage, and `durability` looks at the order of the system calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_lost_between_insert_and_publish() {
    let mut shop = Shop::open(&["--stop-at", "answer:1"]).await;
    let product = shop.product(&[]).await;
    // So large that the first process has no time to end it.
    let large = Picture::new(1, 2400, 1800);
    let (client, file) = (shop.client.clone(), ("kettle.png".to_owned(), large.encode(Encoding::Png)));
    let unanswered = tokio::spawn(async move { client.upload(product, vec![file]).await });
    shop.stops_at("answer").await;
    let shop = shop.reopened(&[]).await;
    assert!(unanswered.await.unwrap().is_err(), "it was answered");
    let images = shop.settled(product).await;
    assert_eq!(images.len(), 1);
    shop.assert_shows(&images[0], large).await;
}

/// `frozen` does the same to workers that only seem dead.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_before_its_outcome_is_stored() {
    let mut shop = Shop::open(&["--stop-at", "commit:1"]).await;
    let product = shop.product(&[]).await;
    let file = ("kettle.png".to_owned(), picture(1).encode(Encoding::Png));
    shop.client.upload(product, vec![file]).await.unwrap().expect(201);
    shop.stops_at("commit").await;
    let shop = shop.reopened(&[]).await;
    let images = shop.settled(product).await;
    shop.assert_shows(&images[0], picture(1)).await;
    assert_eq!(images[0]["attempts"], 2, "the one that was cut off counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_message_does_not_loop_for_ever() {
    // One attempt, and one after the only back-off.
    const DEADLY: [&str; 4] = ["--back-off", "10ms", "--stop-at", "decode:1"];
    let mut shop = Shop::open(&DEADLY).await;
    let product = shop.product(&[]).await;
    let file = ("kettle.png".to_owned(), picture(1).encode(Encoding::Png));
    shop.client.upload(product, vec![file]).await.unwrap().expect(201);
    for _ in 0..2 {
        shop.stops_at("decode").await;
        shop = shop.reopened(&DEADLY).await;
    }
    // It would die a third time if there were a third attempt.
    let images = shop.settled(product).await;
    assert_eq!((&images[0]["status"], &images[0]["error"]["code"]), (&json!("failed"), &json!("poison")));
    let letters = shop.get("/dead-letters").await.data(200);
    assert_eq!((letters.as_array().unwrap().len(), &letters[0]["reason"]), (1, &json!("poison")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_has_what_a_replay_needs() {
    let (origin, shop) = (Origin::start().await, Shop::open(&NEAR).await);
    let product = shop.product(&[put(&origin, "/kettle.jpg", OriginPage::status(404))]).await;
    let image = shop.settled(product).await.remove(0);
    let letter = shop.get("/dead-letters").await.data(200)[0].take();
    let told = ["product_id", "image_id", "user_id", "reason", "host", "attempts"].map(|field| letter[field].clone());
    let expected = json!([product, image["id"], shop.user, "http_404", "127.0.0.1", 1]);
    assert_eq!(Value::from(told.to_vec()), expected, "{letter:#}");
    assert_eq!(letter["detail"], image["error"]["detail"]);

    origin.put("/kettle.jpg", page(picture(1)));
    let replay = format!("/dead-letters/{}/retry", letter["id"].as_str().unwrap());
    assert_eq!(shop.ask(Method::POST, &replay, "").await.status, 202);
    let mended = shop.settled(product).await.remove(0);
    assert_eq!(mended["id"], image["id"]);
    shop.assert_shows(&mended, picture(1)).await;
    assert_eq!(shop.get("/dead-letters").await.data(200), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_slot_does_not_sleep_between_retries() {
    let origin = Origin::start().await;
    let one = ["--worker-concurrency", "1", "--download-concurrency", "1", "--back-off", "1h"];
    let shop = Shop::open(&[&NEAR[..], &one].concat()).await;
    // More than there are slots, so that none is left if each waits in one.
    let overloaded: Vec<_> =
        (0..5).map(|number| put(&origin, &format!("/{number}.jpg"), OriginPage::status(503))).collect();
    let waiting = shop.product(&overloaded).await;
    let all_wait = async || {
        let images = shop.get(&format!("/products/{waiting}")).await.data(200)["images"].take();
        images.as_array().unwrap().iter().all(|image| image["next_attempt_at"].is_string())
    };
    until("each is tried, and waits", &all_wait).await;
    let quick = shop.product(&[put(&origin, "/quick.jpg", page(picture(1)))]).await;
    shop.assert_shows(&shop.settled(quick).await[0], picture(1)).await;
    assert!(all_wait().await, "they were given up, so that nothing waited");
}

/// The near cache's own tests let readers and writers race.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_worker_changed_is_not_hidden_by_the_cache() {
    let (origin, shop) = (Origin::start().await, Shop::open(&[&NEAR[..], &["--cache-ttl", "1h"]].concat()).await);
    let late = OriginPage::later(503, Duration::from_secs(1));
    let late = OriginPage::Recovers { failures: 1, failing: Box::new(late), then: Box::new(page(picture(1))) };
    let product = shop.product(&[put(&origin, "/kettle.jpg", late)]).await;
    let path = format!("/products/{product}");
    let mut kept = false;
    for _ in 0..20 {
        let told = shop.get(&path).await;
        kept |= told.header("cache-status").contains("hit") && told.data(200)["images_summary"]["pending"] == 1;
    }
    assert!(kept, "the product was never kept as it was before");
    shop.assert_shows(&shop.settled(product).await[0], picture(1)).await;
}

/// The document has one success schema for each operation, and `conformance` holds every recorded answer against it.
#[tokio::test(flavor = "multi_thread")]
async fn one_endpoint_has_one_answer_shape() {
    let mut shop = Shop::open(&[]).await;
    let input = json!({"user_id": shop.user, "product_name": "Kettle", "product_price": 18.99}).to_string();
    let created = shop.ask(Method::POST, "/products", &input).await.data(201);
    assert_eq!(shop.get("/products").await.data(200), json!([created]), "in a list");
    let (mut texts, mut origins) = (BTreeSet::new(), BTreeSet::new());
    for settings in [&[][..], &["--near-cache", "0"], &["--cache-url", "none:"]] {
        shop = shop.reopened(settings).await;
        for _ in 0..3 {
            let told = shop.get("/products/1").await;
            assert_eq!(told.data(200), created, "{settings:?}");
            origins.insert(told.header("cache-status").to_owned());
            texts.insert(told.text);
        }
    }
    let mut everywhere = BTreeSet::from(["wareroom; fwd=miss", "wareroom; hit; detail=near"]);
    if Stack::of_run() != Stack::Postgres {
        everywhere.insert("wareroom; hit; detail=shared");
    }
    assert_eq!(origins, everywhere.into_iter().map(str::to_owned).collect());
    assert_eq!(texts.len(), 1, "{texts:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_cached_for_ever() {
    let shop = Shop::open(&["--cache-ttl", "1s"]).await;
    let path = format!("/products/{}", shop.product(&[]).await);
    let from_cache = async || shop.get(&path).await.header("cache-status").contains("hit");
    until("it is cached", &from_cache).await;
    sleep(Duration::from_millis(2_500)).await;
    assert!(!from_cache().await, "nobody changed it, and it is older than it may be");
}

/// `bad_input` has servers that misbehave in every other way.
#[tokio::test(flavor = "multi_thread")]
async fn downloads_have_a_time_limit_a_size_limit_and_a_pixel_limit() {
    let limits = ["--download-timeout", "500ms", "--image-max-bytes", "1MB", "--image-max-pixels", "300000"];
    let settings = [&NEAR[..], &limits, &["--back-off", "10ms"]].concat();
    let (origin, shop) = (Origin::start().await, Shop::open(&settings).await);
    let large = OriginPage::Large { bytes: 1_000_001, announced: false };
    let rows = [
        ("/silent.jpg", OriginPage::Silence, "timeout"),
        ("/large.jpg", large, "too_large"),
        ("/wide.jpg", page(picture(1)), "too_many_pixels"),
    ];
    let urls = rows.clone().map(|(path, page, _)| put(&origin, path, page));
    let images = shop.settled(shop.product(&urls).await).await;
    let reasons: Vec<_> = images.iter().map(|image| image["error"]["code"].as_str().unwrap_or_default()).collect();
    assert_eq!(reasons, rows.map(|(_, _, reason)| reason));
}

/// The download adapter is tried with every spelling of every such address.
#[tokio::test(flavor = "multi_thread")]
async fn downloads_do_not_reach_the_private_network() {
    let (origin, trap, mut shop) = (Origin::start().await, Trap::start().await, Shop::open(&[]).await);
    let image = put(&origin, "/kettle.jpg", page(picture(1)));
    let blocked = |images: &[Value]| images.iter().all(|image| image["error"]["code"] == "blocked_address");
    let product = shop.product(&[image, trap.url("/kettle.jpg")]).await;
    assert!(blocked(&shop.settled(product).await), "by default");
    assert_eq!(origin.requests("/kettle.jpg"), 0);

    shop = shop.reopened(&NEAR).await;
    let led_on = put(&origin, "/redirect", OriginPage::Redirect(trap.url("/kettle.jpg")));
    let product = shop.product(&[led_on]).await;
    assert!(blocked(&shop.settled(product).await), "by a redirect of a server that is allowed");
    assert_eq!((origin.requests("/redirect"), trap.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_is_not_named_after_the_last_part_of_its_url() {
    let (origin, shop) = (Origin::start().await, Shop::open(&NEAR).await);
    let mut products = vec![];
    for seed in 1..=2 {
        let url = put(&origin, &format!("/{seed}/photo.jpg"), page(picture(seed)));
        let product = shop.product(&[url]).await;
        let file = ("photo.jpg".to_owned(), picture(10 + seed).encode(Encoding::Jpeg));
        shop.client.upload(product, vec![file]).await.unwrap().expect(201);
        products.push((product, seed));
    }
    for (product, seed) in products {
        let images = shop.settled(product).await;
        shop.assert_shows(&images[0], picture(seed)).await;
        shop.assert_shows(&images[1], picture(10 + seed)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_is_not_re_uploaded_as_compressed() {
    let shop = Shop::open(&[]).await;
    let product = shop.product(&[]).await;
    let large = Picture::new(1, 2400, 1800);
    let original = large.encode(Encoding::Jpeg);
    shop.client.upload(product, vec![("kettle.jpg".to_owned(), original.clone())]).await.unwrap().expect(201);
    let image = shop.settled(product).await.remove(0);
    for rendition in image["renditions"].as_array().unwrap() {
        let (_, bytes) = shop.client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
        assert!(bytes.len() < original.len(), "{} bytes of {}", bytes.len(), original.len());
        assert!(image::load_from_memory(&bytes).unwrap().width() < large.width, "{rendition:#}");
        assert_eq!(large.differs_from(&bytes), None, "{rendition:#}");
    }
    let compressed = shop.get(&format!("/products/{product}")).await.data(200)["compressed_product_images"].take();
    assert_eq!(compressed, json!([image["renditions"][2]["url"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_image_does_not_hide_the_others() {
    let (origin, shop) = (Origin::start().await, Shop::open(&NEAR).await);
    let pages = [page(picture(1)), OriginPage::html(), page(picture(3))];
    let urls: Vec<_> = (1..).zip(pages).map(|(number, page)| put(&origin, &format!("/{number}.jpg"), page)).collect();
    let images = shop.settled(shop.product(&urls).await).await;
    shop.assert_shows(&images[0], picture(1)).await;
    assert_eq!((&images[1]["status"], &images[1]["error"]["code"]), (&json!("failed"), &json!("not_an_image")));
    shop.assert_shows(&images[2], picture(3)).await;
}

/// The domain has price in = price out as a property.
#[tokio::test(flavor = "multi_thread")]
async fn price_is_neither_dropped_nor_a_float() {
    let mut shop = Shop::open(&[]).await;
    let rows =
        [("19.99", "19.99"), ("0.07", "0.07"), ("18.990", "18.99"), ("99999999.99", "99999999.99"), ("0", "0.0")];
    for (number, (sent, told)) in (1..).zip(rows) {
        let input = format!(r#"{{"user_id":{},"product_name":"x","product_price":{sent}}}"#, shop.user);
        assert_eq!(shop.ask(Method::POST, "/products", &input).await.status, 201, "{sent}");
        let path = format!("/products/{number}");
        assert_eq!(shop.ask(Method::PATCH, &path, r#"{"product_name":"y"}"#).await.status, 200, "{sent}");
        shop = shop.reopened(&[]).await;
        let text = shop.get(&path).await.text;
        assert!(text.contains(&format!("\"product_price\":{told},")), "{sent}: {text}");
    }
    for refused in ["1.005", "\"19.99\"", "99999999.991", "-0.01", "null"] {
        let input = format!(r#"{{"user_id":{},"product_name":"x","product_price":{refused}}}"#, shop.user);
        let told = shop.ask(Method::POST, "/products", &input).await;
        assert_eq!(told.status, 422, "{refused}: {}", told.text);
        assert!(told.text.contains("\"/product_price\""), "{refused}: {}", told.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_is_not_built_from_strings() {
    let shop = Shop::open(&[]).await;
    let hostile =
        ["'; DROP TABLE products; --", "x' OR '1'='1", "\" OR \"\"=\"", "100%'_\\", "?1 $1 :name", "UNION SELECT 1"];
    for name in hostile {
        let user = json!({"first_name": name, "last_name": name}).to_string();
        let user = shop.ask(Method::POST, "/users", &user).await.data(201);
        let input =
            json!({"user_id": user["id"], "product_name": name, "product_description": name, "product_price": 1});
        shop.ask(Method::POST, "/products", &input.to_string()).await.data(201);
    }
    for name in hostile {
        let found = shop.get(&format!("/products?{}", query("product_name", name))).await.data(200);
        assert_eq!(found.as_array().unwrap().len(), 1, "{name}: {found:#}");
        assert_eq!([&found[0]["product_name"], &found[0]["product_description"]], [name, name]);
        let found = shop.get(&format!("/users?{}", query("first_name", name))).await.data(200);
        assert_eq!((found.as_array().unwrap().len(), &found[0]["last_name"]), (1, &json!(name)));
        for parameter in ["sort", "cursor", "user_id", "min_price", name] {
            let told = shop.get(&format!("/products?{}", query(parameter, name))).await;
            assert_eq!(told.status, 400, "{parameter}={name}: {}", told.text);
        }
    }
    assert_eq!(shop.get("/products").await.data(200).as_array().unwrap().len(), hostile.len());
}

/// The store's own tests migrate databases of earlier versions.
#[tokio::test(flavor = "multi_thread")]
async fn migrations_do_not_drop_tables_at_start() {
    let mut shop = Shop::open(&[]).await;
    shop.product(&[]).await;
    let all = ["/products", "/users"];
    let before = [shop.get(all[0]).await.data(200), shop.get(all[1]).await.data(200)];
    assert!(before.iter().all(|list| list.as_array().unwrap().len() == 1), "{before:#?}");
    for _ in 0..2 {
        shop = shop.reopened(&[]).await;
        assert_eq!([shop.get(all[0]).await.data(200), shop.get(all[1]).await.data(200)], before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_id_is_404_and_never_200() {
    let shop = Shop::open(&[]).await;
    let product = shop.product(&[]).await;
    let (uuid, patch) = ("019a0000-0000-7000-8000-000000000000", r#"{"product_name":"y"}"#);
    let whole = json!({"user_id": shop.user, "product_name": "y", "product_price": 1}).to_string();
    let image = format!("/products/{product}/images/{uuid}");
    let rows = [
        (Method::GET, "/products/999", ""),
        (Method::PUT, "/products/999", whole.as_str()),
        (Method::PATCH, "/products/999", patch),
        (Method::DELETE, "/products/999", ""),
        (Method::POST, "/products/999/images", r#"{"url":"http://a.example/a.png"}"#),
        (Method::GET, &image, ""),
        (Method::PUT, &image, r#"{"url":"http://a.example/a.png"}"#),
        (Method::PATCH, &image, r#"{"alt":"y"}"#),
        (Method::DELETE, &image, ""),
        (Method::POST, &format!("{image}/retry"), ""),
        (Method::GET, "/users/999", ""),
        (Method::POST, &format!("/dead-letters/{uuid}/retry"), ""),
        (Method::DELETE, &format!("/dead-letters/{uuid}"), ""),
    ];
    for (method, path, body) in rows {
        let told = shop.ask(method.clone(), path, body).await;
        assert_eq!(told.status, 404, "{method} {path}: {}", told.text);
        assert_eq!(told.header("content-type"), "application/problem+json", "{method} {path}");
    }
    assert_eq!(shop.get("/products").await.data(200).as_array().unwrap().len(), 1, "nothing was made of it");
}

/// Nobody has to sign in yet: a 401 can only come from a server that images are fetched from.
#[tokio::test(flavor = "multi_thread")]
async fn a_401_or_404_is_not_reported_as_500() {
    let (origin, shop) = (Origin::start().await, Shop::open(&NEAR).await);
    for path in ["/nowhere", "/products/999", "/users/999", "/media/none.jpg", "/api/nowhere", "/problems/none"] {
        assert_eq!(shop.get(path).await.status, 404, "{path}");
    }
    let rows = [(401, "http_4xx"), (404, "http_404")];
    let urls = rows.map(|(status, _)| put(&origin, &format!("/{status}"), OriginPage::status(status)));
    for (image, (status, reason)) in shop.settled(shop.product(&urls).await).await.iter().zip(rows) {
        assert_eq!(image["error"]["code"], reason, "{image:#}");
        assert!(image["error"]["detail"].as_str().unwrap().contains(&status.to_string()), "{image:#}");
    }
}

/// `conformance` fails unless every operation was met with every documented status.
#[tokio::test(flavor = "multi_thread")]
async fn tests_call_the_code() {
    let shop = Shop::open(&[]).await;
    let document: Value = serde_json::from_str(&shop.get("/openapi.json").await.text).unwrap();
    let mut asked = vec![];
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in ["GET", "PUT", "PATCH", "DELETE", "POST"] {
            if operations[method.to_lowercase()].is_object() {
                let told = shop.ask(method.parse().unwrap(), path, "").await;
                assert_ne!(told.status, 405, "{method} {path} is documented and not there");
                asked.push(told.header("x-request-id").to_owned());
            }
        }
    }
    assert!(asked.len() > 20 && !asked.contains(&String::new()), "{asked:#?}");
    // The process tells of each in its log, under the id that it gave it.
    until("all are told of", async || {
        let log = shop.binary.log();
        asked.iter().all(|id| log.iter().any(|line| line.contains(id)))
    })
    .await;
}
