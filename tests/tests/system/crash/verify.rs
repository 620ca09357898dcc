//! What must hold after the last kill, for every product that was acknowledged.

use super::World;
use super::ledger::Known;
use super::load::{failures, path, picture};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;
use wareroom_test_kit::{Client, RunningBinary};

/// How long what was left behind may take to end.
const SETTLE_LIMIT: Duration = Duration::from_mins(2);

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    products: usize,
    acknowledged: usize,
    ready: usize,
    fetched: usize,
    failed: usize,
    unknown_stored: usize,
    unknown_absent: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} products and {} images acknowledged, 0 lost, 0 double, 0 misplaced; {} ready ({} of them by URL), {} failed; \
             of the uploads cut off {} were stored whole and {} not at all",
            self.products,
            self.acknowledged,
            self.ready,
            self.fetched,
            self.failed,
            self.unknown_stored,
            self.unknown_absent
        )
    }
}

pub(super) async fn verify(binary: &RunningBinary, world: &World) -> Verdict {
    let (client, mut verdict) = (binary.client(), Verdict::default());
    let mut ids = BTreeSet::new();
    for (product, known) in world.ledger.products() {
        verdict.products += 1;
        let shown = client.settled(product, SETTLE_LIMIT).await;
        let images = by_seed(&shown, &mut ids);
        for (&seed, &known) in &known {
            match (known, images.get(&seed)) {
                (Known::Acknowledged, None) => panic!("image {seed} of product {product} is lost: {shown:#}"),
                (Known::Acknowledged, Some(_)) => verdict.acknowledged += 1,
                (Known::Unknown, Some(_)) => verdict.unknown_stored += 1,
                (Known::Unknown, None) => verdict.unknown_absent += 1,
            }
        }
        // The files of one request are stored together or not at all.
        let unknown: BTreeSet<bool> = known
            .iter()
            .filter(|(_, known)| **known == Known::Unknown)
            .map(|(seed, _)| images.contains_key(seed))
            .collect();
        assert!(unknown.len() <= 1, "an upload to product {product} was stored in part: {shown:#}");
        for (seed, image) in images {
            assert!(known.contains_key(&seed), "image {seed} is at product {product}, where nobody put it");
            match image["status"].as_str().unwrap() {
                "ready" if image["source"]["kind"] == "url" => {
                    // Its first attempts failed and were put off, and no kill made that forgotten.
                    let (asked, failed) = (world.origin.requests(&path(seed)), failures(seed));
                    assert!(asked > failed, "picture {seed} was asked for {asked} times and failed {failed} times");
                    (verdict.ready, verdict.fetched) = (verdict.ready + 1, verdict.fetched + 1);
                }
                "ready" => verdict.ready += 1,
                // Every picture is sound, and comes in the end: it may have met too many kills, and nothing else.
                "failed" => {
                    assert_eq!(image["error"]["code"], "poison", "picture {seed}: {image:#}");
                    verdict.failed += 1;
                }
                other => panic!("image {seed} ended {other}"),
            }
            check_renditions(&client, seed, image).await;
        }
    }
    assert!(verdict.failed * 10 <= verdict.ready, "too much was given up: {verdict:?}");
    verdict
}

/// The images of a product by the seed that their file or URL was named after; no id and no seed may come twice.
fn by_seed<'shown>(shown: &'shown Value, ids: &mut BTreeSet<String>) -> BTreeMap<u64, &'shown Value> {
    let mut images = BTreeMap::new();
    for image in shown["images"].as_array().unwrap() {
        assert!(ids.insert(image["id"].as_str().unwrap().to_owned()), "an image is there twice: {image:#}");
        let source = &image["source"];
        let name = source["filename"].as_str().or(source["url"].as_str()).unwrap();
        let seed = name.rsplit('/').next().and_then(|name| name.strip_suffix(".png")).unwrap().parse().unwrap();
        assert!(images.insert(seed, image).is_none(), "picture {seed} was stored twice: {shown:#}");
    }
    images
}

/// A ready image has each rendition once, and each shows the picture that was uploaded.
async fn check_renditions(client: &Client, seed: u64, image: &Value) {
    let renditions = image["renditions"].as_array().unwrap();
    let names: Vec<&str> = renditions.iter().map(|rendition| rendition["name"].as_str().unwrap()).collect();
    let expected: &[&str] = if image["status"] == "ready" { &["thumb", "medium", "main"] } else { &[] };
    assert_eq!(names, expected, "picture {seed}: {image:#}");
    for rendition in renditions {
        let (status, bytes) = client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
        assert_eq!(status, 200, "a rendition of picture {seed} is gone");
        assert_eq!(picture(seed).differs_from(&bytes), None, "{} of picture {seed}", rendition["name"]);
    }
}
