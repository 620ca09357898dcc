//! `wareroom dead-letters` beside a process that serves.

use super::{Place, Ran};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Client, Encoding, Origin, OriginPage, Picture, RunningBinary};

const LIMIT: Duration = Duration::from_mins(1);

/// A Wareroom that serves, and where its images come from.
struct Shop {
    place: Place,
    binary: RunningBinary,
    origin: Origin,
    user: i64,
}

impl Shop {
    async fn open() -> Self {
        let (place, origin) = (Place::new(), Origin::start().await);
        let flags = ["--image-source-allow", "127.0.0.1/32", "--back-off", "100ms"];
        let binary = RunningBinary::start(&place.data(), &flags).await;
        let user = binary.client().user().await.unwrap();
        Self { place, binary, origin, user }
    }

    fn client(&self) -> Client {
        self.binary.client()
    }

    /// A product whose images at these paths are given up.
    async fn failed(&self, status: u16, paths: &[&str]) -> i64 {
        let urls: Vec<String> = paths.iter().map(|path| self.origin.url(path)).collect();
        for path in paths {
            self.origin.put(path, OriginPage::status(status));
        }
        let product = self.client().product_of_urls(self.user, "lamp", &urls).await.unwrap();
        let settled = self.client().settled(product, LIMIT).await;
        assert_eq!(settled["images_summary"]["failed"], paths.len(), "{settled:#}");
        product
    }

    /// From now on there is an image.
    fn mend(&self, path: &str) {
        self.origin.put(path, OriginPage::image(Picture::new(1, 320, 240).encode(Encoding::Png)));
    }

    /// Until so many images of a product are ready: the process that serves noticed, and so did its caches.
    async fn until_ready(&self, product: i64, count: u64) {
        let begun = Instant::now();
        loop {
            let answer = self.client().get(&format!("/products/{product}")).await.unwrap().expect(200);
            if answer["data"]["images_summary"]["ready"] == count {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{answer:#}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs `wareroom dead-letters`.
    fn run(&self, arguments: &[&str]) -> Ran {
        self.place.run(&[&["dead-letters"], arguments].concat())
    }

    /// What the list has, for programs.
    fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let list = self.run(&[&["list", "--json"], arguments].concat()).json(0);
        assert_eq!(list["more"], false);
        list["data"].as_array().unwrap().clone()
    }

    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        self.list(arguments).iter().map(|letter| letter["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_that_of_the_api_with_its_filters_and_its_pages() {
    let shop = Shop::open().await;
    shop.run(&["list"]).refused(0, &["no dead letters"]);
    let many: Vec<String> = (0..20).map(|number| format!("/gone/{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let products = [shop.failed(404, &many[..10]).await, shop.failed(403, &many[10..12]).await];
    let all = shop.client().get("/dead-letters?limit=100").await.unwrap().expect(200);
    assert_eq!(Value::from(shop.list(&[])), all["data"]);
    assert_eq!(all["data"].as_array().unwrap().len(), 12);

    let product = products[1].to_string();
    let newest = all["data"][0]["at"].as_str().unwrap();
    let user = shop.user.to_string();
    for (filter, count) in [
        (&["--product-id", product.as_str()][..], 2),
        (&["--user-id", &user], 12),
        (&["--host", "127.0.0.1"], 12),
        (&["--host", "elsewhere.example"], 0),
        (&["--reason", "http_404"], 10),
        (&["--reason", "http_404", "--product-id", &product], 0),
        (&["--from", newest], 1),
        (&["--to", newest], 11),
    ] {
        assert_eq!(shop.list(filter).len(), count, "{filter:?}");
    }

    let text = shop.run(&["list", "--limit", "3"]);
    let lines: Vec<&str> = text.expect(0).lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["ID", "GIVEN", "UP", "REASON", "ATTEMPTS", "PRODUCT", "HOST"]
    );
    assert_eq!(lines.len(), 4);
    let newest = &all["data"][0];
    let cells: Vec<&str> = lines[1].split_whitespace().collect();
    let expected = [&newest["id"], &newest["at"], &newest["reason"]].map(|value| value.as_str().unwrap());
    assert_eq!((&cells[..3], &cells[3..]), (&expected[..], &["1", product.as_str(), "127.0.0.1"][..]));
    assert!(text.stderr.contains("there are more than 3"), "{text:?}");
    assert_eq!(shop.run(&["list", "--limit", "3", "--json"]).json(0)["more"], true);
    // More than what is read at once.
    for number in 0..5 {
        let paths: Vec<String> = (0..20).map(|path| format!("/more/{number}/{path}")).collect();
        shop.failed(404, &paths.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    let ids = shop.ids(&["--limit", "1000"]);
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (112, 112));
    assert!(shop.binary.stop().await, "the binary did not end well");
    // Nor does the command need anybody who serves.
    let alone = shop.place.run(&["dead-letters", "list", "--json", "--limit", "112"]).json(0);
    assert_eq!((alone["data"].as_array().unwrap().len(), &alone["more"]), (112, &false.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_is_shown_with_what_is_needed_to_understand_it() {
    let shop = Shop::open().await;
    let product = shop.failed(404, &["/gone.png"]).await;
    let [id] = &shop.ids(&[])[..] else { panic!("there is one") };
    let url = shop.origin.url("/gone.png");
    let shown = shop.run(&["show", id, "--json"]).json(0);
    let letter = &shop.list(&[])[0];
    for (field, value) in letter.as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    let image = json!({"product_name": "lamp", "status": "failed", "attempts": 1, "url": url, "filename": null});
    assert_eq!((&shown["image"], &shown["retryable"]), (&image, &false.into()));
    let text = shop.run(&["show", id]).expect(0).to_owned();
    for part in
        [id, "http_404", "check the URL", &url, "failed now", "1 attempt\n", &format!("{product}, \"lamp\""), "Request"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let request = shown["request_id"].as_str().unwrap();
    assert!(text.contains(request), "{text}");
    let none = "01890a5d-ac96-774b-bcce-b302099a8057";
    shop.run(&["show", none]).refused(1, &["there is no such dead letter"]);
    shop.run(&["show", "7"]).refused(2, &["UUID"]);
    shop.run(&["show"]).refused(2, &["<ID>"]);
    assert!(shop.binary.stop().await, "the binary did not end well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_command_retries_is_processed_by_whoever_serves() {
    let shop = Shop::open().await;
    let product = shop.failed(404, &["/a.png", "/b.png", "/c.png"]).await;
    let ids = shop.ids(&[]);
    // The process that serves has the product at hand as it was.
    shop.client().get(&format!("/products/{product}")).await.unwrap().expect(200);
    for path in ["/a.png", "/b.png", "/c.png"] {
        shop.mend(path);
    }
    let none = "01890a5d-ac96-774b-bcce-b302099a8057";
    let retried = shop.run(&["retry", &ids[0], none, "--json"]);
    assert_eq!(retried.json(1), json!({"retried": 1, "removed": 0, "not_found": [none]}));
    assert!(retried.stderr.contains(none), "{retried:?}");
    shop.until_ready(product, 1).await;
    assert_eq!(shop.ids(&[]), ids[1..]);
    assert_eq!(shop.run(&["retry", "--reason", "dns"]).expect(0), "0 dead letters will be retried by whoever serves\n");
    let retried = shop.run(&["retry", "--host", "127.0.0.1", "--reason", "http_404", "--json"]);
    assert_eq!(retried.json(0), json!({"retried": 2, "removed": 0, "not_found": []}));
    shop.until_ready(product, 3).await;
    assert!(shop.ids(&[]).is_empty());
    // A letter whose image is gone is only removed.
    let gone = shop.failed(404, &["/d.png"]).await;
    let [id] = &shop.ids(&[])[..] else { panic!("there is one") };
    let row = rusqlite::Connection::open(shop.place.database()).unwrap();
    row.execute("DELETE FROM images WHERE product_id = ?1", [gone]).unwrap();
    assert!(shop.run(&["retry", id]).expect(0).contains("1 dead letter only removed"));
    assert!(shop.ids(&[]).is_empty());
    assert!(shop.binary.stop().await, "the binary did not end well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_must_be_spelled_out_and_what_destroys_must_be_meant() {
    let shop = Shop::open().await;
    let product = shop.failed(404, &["/a.png", "/b.png", "/c.png"]).await;
    let ids = shop.ids(&[]);
    for command in ["retry", "discard"] {
        shop.run(&[command]).refused(2, &["--all"]);
        shop.run(&[command, "--all", "--reason", "dns"]).refused(2, &["--all", "--reason"]);
        shop.run(&[command, &ids[0], "--all"]).refused(2, &["--all"]);
        shop.run(&[command, &ids[0], "--host", "a"]).refused(2, &["--host"]);
        shop.run(&[command, "--reason", "http404"]).refused(2, &["http404", "http_404"]);
        shop.run(&[command, "--from", "yesterday"]).refused(2, &["--from", "2026-01-31T12:00:00Z"]);
        shop.run(&[command, "--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"]).refused(2, &["--from"]);
    }
    shop.run(&["discard", "--all"]).refused(2, &["Discard 3 dead letters?", "--yes"]);
    shop.run(&["discard", &ids[0]]).refused(2, &["Discard 1 dead letter?", "--yes"]);
    assert_eq!(shop.ids(&[]), ids);
    // Nothing is destroyed where there is nothing.
    assert_eq!(shop.run(&["discard", "--reason", "dns"]).expect(0), "0 dead letters discarded\n");

    assert_eq!(shop.run(&["discard", &ids[0], "--yes", "--json"]).json(0), json!({"discarded": 1, "not_found": []}));
    let again = shop.run(&["discard", &ids[0], &ids[1], "-y"]);
    assert_eq!(again.expect(1), "1 dead letter discarded\n");
    assert!(again.stderr.contains(&ids[0]), "{again:?}");
    assert_eq!(shop.ids(&[]), ids[2..]);
    assert_eq!(shop.run(&["discard", "--all", "--yes", "--json"]).json(0), json!({"discarded": 1, "not_found": []}));
    let left = shop.client().get("/dead-letters").await.unwrap().expect(200);
    assert_eq!(left["data"], json!([]));
    // Their images stay as they are.
    let product = shop.client().get(&format!("/products/{product}")).await.unwrap().expect(200);
    assert_eq!(product["data"]["images_summary"]["failed"], 3);
    assert!(shop.binary.stop().await, "the binary did not end well");
}
