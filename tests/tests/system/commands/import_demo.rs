//! `wareroom import-demo`: a shop that can be looked at without photos and without a network.

use super::{Place, Ran};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use wareroom_test_kit::{Client, RunningBinary};

const LIMIT: Duration = Duration::from_mins(3);

/// The products that are there, the newest first, as the API tells them.
async fn products(client: &Client) -> Vec<Value> {
    let listed = client.get("/products?limit=100").await.unwrap().expect(200);
    listed["data"].as_array().unwrap().clone()
}

/// The products by id, each with its version.
async fn versions(client: &Client) -> BTreeMap<i64, u64> {
    let version = |product: &Value| (product["id"].as_i64().unwrap(), product["version"].as_u64().unwrap());
    products(client).await.iter().map(version).collect()
}

/// Waits until every picture was processed; each must be ready, said in words, and as large as a photo.
async fn all_ready(client: &Client) {
    let found = products(client).await;
    assert!((6..=12).contains(&found.len()), "{} products", found.len());
    let mut alts = HashSet::new();
    for product in found {
        let product = client.settled(product["id"].as_i64().unwrap(), LIMIT).await;
        assert!(product["product_price"].as_f64().unwrap() > 1.0, "{product:#}");
        assert!(product["product_description"].as_str().unwrap().len() > 40, "{product:#}");
        let images = product["images"].as_array().unwrap();
        assert!((1..=3).contains(&images.len()), "{product:#}");
        assert_eq!(product["compressed_product_images"].as_array().unwrap().len(), images.len());
        for image in images {
            assert_eq!(image["status"], "ready", "{image:#}");
            let names: Vec<_> = image["renditions"].as_array().unwrap().iter().map(|made| &made["name"]).collect();
            assert_eq!(names, ["thumb", "medium", "main"]);
            assert!(image["width"].as_u64().unwrap() >= 1200, "{image:#}");
            let (source, main) = (&image["source"]["bytes"], &image["renditions"][2]["bytes"]);
            assert!(main.as_u64().unwrap() * 4 < source.as_u64().unwrap(), "{main} of {source}");
            assert!(alts.insert(image["alt"].as_str().unwrap().to_owned()), "{image:#}");
        }
    }
    assert!(alts.iter().all(|alt| alt.len() > 20), "{alts:?}");
}

/// What a run says of each product: whether it was added, and how many of its pictures were.
fn added(ran: &Ran) -> Vec<(bool, u64)> {
    let document = ran.json(0);
    let of = |product: &Value| (product["added"].as_bool().unwrap(), product["added_images"].as_u64().unwrap());
    document["data"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_process_that_serves_pictures_become_ready_and_nothing_is_added_again() {
    let place = Place::new();
    let binary = RunningBinary::start(&place.data(), &[]).await;
    let client = binary.client();
    let first = place.run(&["import-demo", "--json"]);
    assert!(added(&first).iter().all(|(product, images)| *product && *images > 0), "{first:#?}");
    assert!(first.stderr.contains("`wareroom serve` makes the pictures ready"), "{first:#?}");
    all_ready(&client).await;
    let before = versions(&client).await;
    let named: Vec<i64> = first.json(0)["data"].as_array().unwrap().iter().map(|p| p["id"].as_i64().unwrap()).collect();
    assert_eq!(named, before.keys().copied().collect::<Vec<_>>());

    // Again; and when nothing is known any more of the first time but what came of it.
    for forget in [false, true] {
        if forget {
            let forgotten = place.run(&["prune", "--keep-idempotency-keys", "1ms", "--json"]).json(0);
            assert!(forgotten["idempotency_keys"].as_u64().unwrap() > 0, "{forgotten:#}");
        }
        let again = place.run(&["import-demo"]);
        assert_eq!(again.expect(0).matches("there already\n").count(), before.len(), "{again:#?}");
        assert_eq!(again.stderr, "the demo is there already; nothing was added\n");
        assert_eq!(versions(&client).await, before);
    }
    only_what_is_missing_comes_back(&place, &binary.url, &before).await;
    assert!(binary.stop().await, "the binary did not end well");
}

/// A product that was renamed is known by its pictures; one that was deleted is made anew, also twice a day.
async fn only_what_is_missing_comes_back(place: &Place, url: &str, before: &BTreeMap<i64, u64>) {
    let (client, http) = (Client::new(url), reqwest::Client::builder().no_proxy().build().unwrap());
    let renamed = *before.keys().next().unwrap();
    let name = json!({"product_name": "Mine now"});
    let patched = http.patch(format!("{url}/products/{renamed}")).json(&name).send().await.unwrap();
    assert_eq!(patched.status(), 200);
    for _ in 0..2 {
        let newest = *versions(&client).await.keys().next_back().unwrap();
        assert_eq!(http.delete(format!("{url}/products/{newest}")).send().await.unwrap().status(), 204);
        let again = place.run(&["import-demo", "--json"]);
        let changed: Vec<_> = added(&again).into_iter().filter(|(product, images)| *product || *images > 0).collect();
        assert!(matches!(changed[..], [(true, 1..)]), "{again:#?}");
        assert_eq!(versions(&client).await.len(), before.len());
    }
    all_ready(&client).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_where_nothing_was_make_one_demo_that_waits_for_serve() {
    let place = Place::new();
    let start = || place.command(&["import-demo"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    for run in [start(), start()] {
        let ended = run.wait_with_output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        assert!(String::from_utf8(ended.stdout).unwrap().contains(" pictures  "));
    }
    let count = |sql: &str| -> u64 {
        Connection::open(place.database()).unwrap().query_one(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM users"), 1);
    let images = count("SELECT count(*) FROM images");
    assert!(images >= 12, "{images}");
    assert_eq!(count("SELECT count(*) FROM images WHERE state = 'pending' AND alt IS NOT NULL"), images);
    let names = place.run(&["import-demo", "--json"]).json(0);
    let names: Vec<_> = names["data"].as_array().unwrap().iter().map(|p| p["product_name"].to_string()).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert_eq!(count("SELECT count(*) FROM products"), names.len() as u64);

    let binary = RunningBinary::start(&place.data(), &[]).await;
    all_ready(&binary.client()).await;
    assert_eq!(count("SELECT count(*) FROM images"), images);
    assert!(binary.stop().await, "the binary did not end well");
}

#[test]
fn a_database_that_goes_with_the_process_is_refused() {
    let place = Place::new();
    place.run(&["import-demo", "--database-url", "memory:"]).refused(2, &["database_url is memory:"]);
    place.run(&["import-demo", "again"]).refused(2, &["again"]);
    place.assert_empty();
}
