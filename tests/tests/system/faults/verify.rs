//! What must hold when the faults are over: everything that was acknowledged is there once and has ended, and nothing else is.

use super::house::House;
use super::ledger::Ledger;
use super::load::{PICTURES, picture};
use crate::rows::Effort;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use wareroom_test_kit::{Client, RunningBinary};

/// How long what was left behind may take to end: its back-offs, its leases and a minute.
const LIMIT: Duration = Duration::from_secs(90);

/// Looks through everything, by one process that runs; answers what it took.
pub(super) async fn verify(house: &House, process: &RunningBinary, ledger: &Ledger) -> Effort {
    let client = process.client();
    let products = ledger.products();
    for (name, entry) in &products {
        let product = client.settled(entry.id.unwrap(), LIMIT).await;
        let images = by_seed(&product);
        let there: BTreeSet<u64> = images.keys().copied().collect();
        assert_eq!(there, entry.seeds, "lost, or nobody's, of {name}: {product:#}");
        for (seed, image) in images {
            check(&client, seed, image).await;
        }
    }
    // Names are nobody else's, so a request that took effect twice is seen here.
    let database = house.postgres.connect().await;
    let there = database.query("SELECT product_name FROM products ORDER BY product_name", &[]).await.unwrap();
    let there: Vec<String> = there.iter().map(|row| row.get(0)).collect();
    let mut wanted: Vec<String> = products.into_keys().collect();
    wanted.sort();
    assert_eq!(there, wanted, "products that are there, and those that were acknowledged");
    assert!(ledger.refusals().iter().all(|refused| !there.contains(refused)), "what was refused is there");
    let rows = house.rows().await;
    rows.until_no_job_is_left().await;
    rows.assert_every_image_ended_once(&house.blobs())
}

/// The images of a product by the seed that their file or URL was named after; none may come twice.
pub(super) fn by_seed(product: &Value) -> BTreeMap<u64, &Value> {
    let mut images = BTreeMap::new();
    for image in product["images"].as_array().unwrap() {
        let source = &image["source"];
        let name = source["filename"].as_str().or(source["url"].as_str()).unwrap();
        let (_, name) = name.rsplit_once('/').unwrap_or(("", name));
        let seed = name.strip_suffix(".png").unwrap().parse().unwrap();
        assert!(images.insert(seed, image).is_none(), "picture {seed} is there twice: {product:#}");
    }
    images
}

/// Every rendition of an image is there and shows its picture.
async fn check(client: &Client, seed: u64, image: &Value) {
    // Faults are no fault of the picture's: it may have met too many, and that is all.
    let ended = image["status"] == "ready" || image["error"]["code"] == "poison";
    assert!(ended, "picture {seed} of {}: {image:#}", PICTURES.extension());
    let renditions = image["renditions"].as_array().unwrap();
    assert_eq!(renditions.len(), if image["status"] == "ready" { 3 } else { 0 }, "{image:#}");
    for rendition in renditions {
        let (status, bytes) = client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(status, 200, "a rendition of picture {seed} is gone");
        assert_eq!(picture(seed).differs_from(&bytes), None, "{} of picture {seed}", rendition["name"]);
    }
}
