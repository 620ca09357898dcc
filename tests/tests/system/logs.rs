//! The log of the real binary: one line for each stage of an image's way, and no secret of a URL or of a request in any.

use serde_json::Value;
use std::time::Duration;
use wareroom_test_kit::{Encoding, Origin, OriginPage, Picture, RunningBinary};

const LIMIT: Duration = Duration::from_mins(1);

/// One retry, soon, from this machine.
const FLAGS: [&str; 4] = ["--image-source-allow", "127.0.0.1/32", "--back-off", "100ms"];

/// What is in a query, in a header of the client's, and in one of the origin's.
const SECRETS: [&str; 4] = ["c4ee7a11", "b0a7f1ee", "5ca1ab1e", "2468013"];
const QUERY: &str = SECRETS[0];
const QUERY_BEHIND_REDIRECT: &str = SECRETS[1];
const OF_CLIENT: &str = SECRETS[2];
const OF_ORIGIN: &str = SECRETS[3];

/// A running Wareroom with the pages that its images come from.
struct House {
    _folder: tempfile::TempDir,
    binary: RunningBinary,
    origin: Origin,
    user: i64,
}

impl House {
    async fn start(level: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let flags = [&FLAGS[..], &["--log", level]].concat();
        let binary = RunningBinary::start(&folder.path().join("data"), &flags).await;
        let user = binary.client().user().await.unwrap();
        Self { _folder: folder, binary, origin: Origin::start().await, user }
    }

    /// A page for an image, with its URL that has a secret.
    fn page(&self, path: &str, page: OriginPage) -> String {
        self.origin.put(path, page);
        self.origin.url(&format!("{path}?token={QUERY}"))
    }

    /// The image of a product that has one, once it ended.
    async fn settled(&self, product: i64) -> Value {
        let settled = self.binary.client().settled(product, LIMIT).await;
        let [image] = &settled["images"].as_array().unwrap()[..] else { panic!("{settled:#}") };
        image.clone()
    }

    /// An image from that page, once it ended, with its lines.
    async fn fetched(&self, path: &str, page: OriginPage) -> (i64, Value, Vec<Value>) {
        let url = self.page(path, page);
        let product = self.binary.client().product_of_urls(self.user, "lamp", &[url]).await.unwrap();
        let image = self.settled(product).await;
        let lines = self.lines_of(&image, product).await;
        (product, image, lines)
    }

    /// An image that was uploaded, once it ended, with its lines.
    async fn uploaded(&self, file: bytes::Bytes) -> (i64, Value, Vec<Value>) {
        let client = self.binary.client();
        let product = client.product(self.user, "lamp").await.unwrap();
        client.upload(product, vec![("lamp.jpg".to_owned(), file)]).await.unwrap().expect(201);
        let image = self.settled(product).await;
        let lines = self.lines_of(&image, product).await;
        (product, image, lines)
    }

    /// The lines about the stages of an image, each of which names it, its product and its attempt, and how long it took.
    async fn lines_of(&self, image: &Value, product: i64) -> Vec<Value> {
        let last = if image["status"] == "ready" { "ready" } else { "dead_lettered" };
        loop {
            let lines = self.lines();
            let lines: Vec<Value> =
                lines.into_iter().filter(|line| line["stage"].is_string() && line["image_id"] == image["id"]).collect();
            // The outcome can be read a moment before it is logged, and the log is read a moment later.
            if !lines.iter().any(|line| line["stage"] == last) {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            for line in &lines {
                assert_eq!(line["product_id"].as_i64(), Some(product), "{line:#}");
                assert!(line["attempt"].is_u64() && line["duration_ms"].is_u64(), "{line:#}");
            }
            return lines;
        }
    }

    /// Every line, each of which is JSON.
    fn lines(&self) -> Vec<Value> {
        self.binary.log().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn stop(self) -> Vec<String> {
        let log = self.binary.log();
        assert!(self.binary.stop().await, "the binary did not end well");
        log
    }
}

/// Each line's stage and attempt.
fn stages(lines: &[Value]) -> Vec<(&str, u64)> {
    lines.iter().map(|line| (line["stage"].as_str().unwrap(), line["attempt"].as_u64().unwrap())).collect()
}

/// The bytes that a line about that stage tells.
fn bytes(lines: &[Value], stage: &str) -> u64 {
    let line = lines.iter().find(|line| line["stage"] == stage).unwrap();
    line["bytes"].as_u64().unwrap_or_else(|| panic!("{line:#}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_becomes_ready_leaves_one_line_a_stage_with_true_figures() {
    let house = House::start("info").await;
    let file = Picture::new(1, 640, 480).encode(Encoding::Jpeg);
    let size = file.len() as u64;
    let uploaded = house.uploaded(file.clone()).await;
    let fetched = house.fetched("/lamp.jpg", OriginPage::image(file)).await;
    assert_eq!(stages(&uploaded.2), ["decoded", "encoded", "stored", "ready"].map(|stage| (stage, 1)));
    assert_eq!(stages(&fetched.2), ["fetched", "decoded", "encoded", "stored", "ready"].map(|stage| (stage, 1)));
    for (is_fetched, (_, image, lines)) in [(false, &uploaded), (true, &fetched)] {
        assert_eq!(image["status"], "ready", "{image:#}");
        let made: u64 =
            image["renditions"].as_array().unwrap().iter().map(|made| made["bytes"].as_u64().unwrap()).sum();
        assert_eq!(bytes(lines, "decoded"), size);
        assert_eq!((bytes(lines, "encoded"), bytes(lines, "ready")), (made, made));
        // A source that was fetched is kept with its renditions, one that was uploaded is kept already.
        assert_eq!(bytes(lines, "stored"), if is_fetched { made + size } else { made });
        for line in lines {
            assert!(line["request_id"].is_string(), "it cannot be told which request it came from: {line:#}");
            assert!(line["reason"].is_null() && line["level"] == "INFO", "{line:#}");
        }
    }
    assert_eq!(bytes(&fetched.2, "fetched"), size);
    let line = &fetched.2[0];
    assert_eq!(line["url"].as_str(), Some(house.origin.url("/lamp.jpg").as_str()), "{line:#}");
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_cannot_be_had_leaves_lines_with_the_reason() {
    let house = House::start("info").await;
    let (_, image, lines) = house.fetched("/gone.jpg", OriginPage::status(404)).await;
    assert_eq!((&image["status"], &image["error"]["code"]), (&"failed".into(), &"http_404".into()), "{image:#}");
    assert_eq!(stages(&lines), [("failed", 1), ("dead_lettered", 1)]);
    for line in &lines {
        assert_eq!((&line["reason"], &line["level"]), (&"http_404".into(), &"WARN".into()), "{line:#}");
    }

    let file = Picture::new(2, 640, 480).encode(Encoding::Jpeg);
    let (_, image, lines) = house.fetched("/later.jpg", OriginPage::recovering(1, 503, OriginPage::image(file))).await;
    assert_eq!((&image["status"], image["attempts"].as_u64()), (&"ready".into(), Some(2)), "{image:#}");
    let expected = [("retried", 1), ("fetched", 2), ("decoded", 2), ("encoded", 2), ("stored", 2), ("ready", 2)];
    assert_eq!(stages(&lines), expected);
    assert_eq!(lines[0]["reason"], "http_5xx", "{:#}", lines[0]);
    let wait = lines[0]["wait_ms"].as_u64().unwrap();
    assert!((90..=110).contains(&wait), "{:#}", lines[0]);

    let (_, _, lines) = house.fetched("/never.jpg", OriginPage::status(500)).await;
    assert_eq!(stages(&lines), [("retried", 1), ("failed", 2), ("dead_lettered", 2)]);
    house.stop().await;
}

/// What somebody sends who has something to hide.
async fn create(house: &House, url: &str) -> i64 {
    let body = serde_json::json!({
        "user_id": house.user, "product_name": "lamp", "product_price": 18.99, "product_images": [url]
    });
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!("{}/products", house.binary.url))
        .header("Authorization", format!("Bearer {OF_CLIENT}"))
        .header("Cookie", format!("session={OF_CLIENT}"))
        .header("User-Agent", OF_CLIENT)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    answer.json::<Value>().await.unwrap()["data"]["id"].as_i64().unwrap()
}

/// Runs images through every way that they can go, and looks for secrets in all that was logged.
async fn leaks_nothing(level: &str) {
    let house = House::start(level).await;
    let file = Picture::new(3, 640, 480).encode(Encoding::Jpeg);
    let good = house.page("/good.jpg", OriginPage::image(file.clone()));
    let behind = house.origin.url(&format!("/good.jpg?token={QUERY_BEHIND_REDIRECT}"));
    let wait = Duration::from_secs(OF_ORIGIN.parse().unwrap());
    let urls = [
        good,
        house.page("/gone.jpg", OriginPage::status(404)),
        house.page("/later.jpg", OriginPage::recovering(1, 503, OriginPage::image(file.clone()))),
        house.page("/elsewhere.jpg", OriginPage::Redirect(behind)),
        house.page("/circle.jpg", OriginPage::RedirectLoop),
        house.page("/blocked.jpg", OriginPage::Redirect(format!("http://127.0.0.2:9/x?token={QUERY_BEHIND_REDIRECT}"))),
        house.page("/cut.jpg", OriginPage::BreaksOff(file.clone())),
        house.page("/page.jpg", OriginPage::html()),
        house.page("/half.jpg", OriginPage::image(file.slice(..file.len() / 2))),
        format!("http://nobody.invalid/x.jpg?token={QUERY}"),
        format!("http://127.0.0.2:9/x.jpg?token={QUERY}"),
        format!("http://127.0.0.1:9/x.jpg?token={QUERY}"),
    ];
    for url in &urls {
        let product = create(&house, url).await;
        let image = house.settled(product).await;
        house.lines_of(&image, product).await;
    }
    let busy = house.page("/busy.jpg", OriginPage::later(503, wait));
    create(&house, &busy).await;
    let put_off = || house.lines().iter().any(|line| line["stage"] == "retried" && line["reason"] == "http_5xx");
    while !put_off() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let log = house.stop().await;
    assert!(log.len() > urls.len() * 2, "hardly anything was logged at {level}: {log:#?}");
    for secret in SECRETS {
        let leaked: Vec<&String> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(leaked.is_empty(), "{secret} is in the log at {level}: {leaked:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_headers_are_not_logged() {
    leaks_nothing("info").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_and_headers_are_not_logged_for_developers_either() {
    leaks_nothing("debug").await;
}
