//! What each story promises, looked at from outside the shell that told it.

use super::house::{House, PHOTOS, Photo};
use super::shelf::Counts;
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::Stack;

/// What is known when a story was told.
pub(super) struct Told<'a> {
    pub(super) house: &'a House,
    /// What its blocks printed.
    pub(super) printed: &'a [String],
    /// What the web server was asked for before it.
    pub(super) before: &'a Counts,
}

/// Looks at what a story promises.
pub(super) type Promise = for<'a> fn(Told<'a>) -> BoxFuture<'a, ()>;

/// Every story by its heading, in the page's order.
pub(super) const PROMISES: [(&str, Promise); 10] = [
    ("1. Three photos until they are ready", |told| three_photos(told).boxed()),
    ("2. A POST is repeated after a time-out", |told| repeated(told).boxed()),
    ("3. Infinite scroll while products are added", |told| scroll(told).boxed()),
    ("4. Two editors", |told| two_editors(told).boxed()),
    ("5. A failed image is understood and mended", |told| mended(told).boxed()),
    ("6. Images are reordered and given alt texts", |told| reordered(told).boxed()),
    ("7. A page of `<img>` from the answer", |told| page_of_images(told).boxed()),
    ("8. Dead letters are listed and replayed", |told| replayed(told).boxed()),
    ("9. A product is deleted and its blobs are gone", |told| deleted(told).boxed()),
    ("10. An update changes one of three URLs and downloads only that one", |told| one_of_three(told).boxed()),
];

async fn three_photos(told: Told<'_>) {
    let product = told.house.product("Kettle").await;
    let images = product["images"].as_array().unwrap();
    assert_eq!((images.len(), product["compressed_product_images"].as_array().unwrap().len()), (3, 3));
    for (image, (name, picture, _)) in images.iter().zip(PHOTOS) {
        assert_eq!(image["source"]["filename"], name);
        for rendition in image["renditions"].as_array().unwrap() {
            let bytes = told.house.bytes(rendition["url"].as_str().unwrap()).await;
            assert_eq!(picture.differs_from(&bytes), None, "{name}");
        }
    }
}

async fn repeated(told: Told<'_>) {
    assert_eq!(told.house.product("Teapot").await["product_price"], 24.5);
}

async fn scroll(told: Told<'_>) {
    let all = told.house.products("Cup").await;
    let names: BTreeSet<&str> = all.iter().map(|cup| cup["product_name"].as_str().unwrap()).collect();
    // One was added behind each of three pages, the last of which was the last of all.
    let expected = ["Cup 1", "Cup 2", "Cup 3", "Cup 4", "Cup 5", "Cup 6", "Cup 7", "Cup 8"];
    assert_eq!((all.len(), names), (8, BTreeSet::from(expected)));
    assert_eq!(told.printed.last().unwrap().lines().count(), 5, "only those from before are read, each once");
}

async fn two_editors(told: Told<'_>) {
    let jug = told.house.product("Jug").await;
    assert_eq!((&jug["product_name"], &jug["product_price"]), (&json!("Jug, blue"), &json!(14.5)));
    assert_eq!((&jug["revision"], &jug["images_summary"]["ready"]), (&json!(3), &json!(1)));
}

async fn mended(told: Told<'_>) {
    let mug = told.house.product("Mug").await;
    assert_eq!(mug["images_summary"], json!({"pending": 0, "processing": 0, "ready": 2, "failed": 0}));
    let bytes = told.house.bytes(mug["compressed_product_images"][0].as_str().unwrap()).await;
    assert_eq!(PHOTOS[0].1.differs_from(&bytes), None);
    assert_eq!(dead_letters(told.house, &mug).await, 0, "what was mended is still given up");
}

async fn reordered(told: Told<'_>) {
    let vase = told.house.product("Vase").await;
    let shown = |image: &Value| (image["source"]["filename"].clone(), image["alt"].clone());
    let shown: Vec<_> = vase["images"].as_array().unwrap().iter().map(shown).collect();
    let expected = [
        (json!("back.webp"), Value::Null),
        (json!("side.png"), json!("From the side")),
        (json!("front.jpg"), json!("The vase from the front")),
    ];
    assert_eq!(shown, expected);
}

async fn page_of_images(told: Told<'_>) {
    let page = std::fs::read_to_string(told.house.photos().join("page.html")).unwrap();
    let urls: Vec<&str> = page.split(['"', ' ']).filter(|part| part.contains("/media/")).collect();
    assert_eq!(urls.len(), 2 * (1 + 3), "{page}");
    for (urls, (_, picture, _)) in urls.chunks(4).zip(PHOTOS) {
        for url in urls {
            assert_eq!(picture.differs_from(&told.house.bytes(url).await), None, "{url}");
        }
    }
}

async fn replayed(told: Told<'_>) {
    for (name, (_, picture, _)) in ["pan", "pot"].into_iter().zip(PHOTOS) {
        // "Teapot" has a pot in it too.
        let products = told.house.products(name).await;
        let product = products.iter().find(|product| product["product_name"] == name).unwrap();
        let bytes = told.house.bytes(product["compressed_product_images"][0].as_str().unwrap()).await;
        assert_eq!(picture.differs_from(&bytes), None, "{name}");
        assert_eq!(dead_letters(told.house, product).await, 0);
    }
}

async fn deleted(told: Told<'_>) {
    assert_eq!(told.house.products("Jar").await, Vec::<Value>::new());
    let [front, .., only] = PHOTOS;
    // The story waits for one of its files; the others have times of their own.
    let began = Instant::now();
    while !kept(told.house, only).is_empty() && began.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(kept(told.house, only), [] as [PathBuf; 0], "something of {} is still there", only.0);
    // Not for want of looking: what other products have is there, the upload and its three renditions.
    assert!(kept(told.house, front).len() >= 4, "{:?}", kept(told.house, front));
}

/// The files of Wareroom that hold a photo, as it was uploaded or made smaller.
fn kept(house: &House, (_, picture, encoding): Photo) -> Vec<PathBuf> {
    let upload = picture.encode(encoding);
    let shows = |file: &PathBuf| {
        let file = std::fs::read(file).unwrap_or_default();
        file == upload || image::load_from_memory(&file).is_ok() && picture.differs_from(&file).is_none()
    };
    files(&Stack::of_run().blobs(&house.data())).into_iter().filter(shows).collect()
}

async fn one_of_three(told: Told<'_>) {
    let tray = told.house.product("Tray").await;
    for (url, (_, picture, _)) in
        tray["compressed_product_images"].as_array().unwrap().iter().zip([PHOTOS[0], PHOTOS[0], PHOTOS[2]])
    {
        assert_eq!(picture.differs_from(&told.house.bytes(url.as_str().unwrap()).await), None);
    }
    let after = told.house.shelf.counts();
    let asked = |name: &str| after.get(name).unwrap_or(&0) - told.before.get(name).unwrap_or(&0);
    assert_eq!(["front.jpg", "side.png", "back.webp", "side-2.jpg"].map(asked), [1; 4]);
}

/// How many dead letters there are of a product's images.
async fn dead_letters(house: &House, product: &Value) -> usize {
    let answer = house.client.get(&format!("/dead-letters?product_id={}", product["id"])).await.unwrap().expect(200);
    answer["data"].as_array().unwrap().len()
}

/// Every file of a folder, however deep.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
