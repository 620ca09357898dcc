//! The process, the servers around it, and how to ask.

use crate::rows::Rows;
use bytes::Bytes;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Client, Encoding, Origin, OriginPage, Picture, RunningBinary, Trap};

/// How long anything may take on a busy machine.
pub(super) const LIMIT: Duration = Duration::from_mins(3);

/// How long a download may take.
pub(super) const DOWNLOAD: Duration = Duration::from_secs(2);

/// How many attempts are made at what may end better: one, and one after each back-off.
const ATTEMPTS: u64 = 3;

/// The reasons that may end better.
const TRANSIENT: [&str; 5] = ["http_busy", "http_5xx", "dns", "unreachable", "timeout"];

/// A running Wareroom that may reach 127.0.0.1 and nothing else of this machine.
pub(super) struct House {
    _folder: tempfile::TempDir,
    pub(super) binary: RunningBinary,
    pub(super) client: Client,
    pub(super) origin: Origin,
    pub(super) trap: Trap,
    rows: Rows,
    user: i64,
    products: Mutex<BTreeSet<i64>>,
}

impl House {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let settings =
            ["--image-source-allow", "127.0.0.1/32", "--download-timeout", "2s", "--back-off", "100ms,100ms"];
        let binary = RunningBinary::start(&data, &settings).await;
        let client = binary.client();
        let user = client.user().await.unwrap();
        let (origin, trap) = (Origin::start().await, Trap::start().await);
        let rows = Rows::beside(&data).await;
        Self { _folder: folder, binary, client, origin, trap, rows, user, products: Mutex::default() }
    }

    /// A product with images at these URLs.
    pub(super) async fn product(&self, name: &str, urls: &[String]) -> i64 {
        let product = self.client.product_of_urls(self.user, name, urls).await.unwrap();
        self.products.lock().unwrap().insert(product);
        product
    }

    /// Sets a page for an image and answers its URL.
    pub(super) fn page(&self, path: &str, page: OriginPage) -> String {
        self.origin.put(path, page);
        self.origin.url(path)
    }

    /// The URL of a sound image.
    pub(super) fn sound(&self, picture: Picture) -> String {
        self.page(&format!("/sound/{}", picture.seed), OriginPage::image(picture.encode(Encoding::Jpeg)))
    }

    /// The images of a product, once all have ended.
    pub(super) async fn settled(&self, product: i64) -> Vec<Value> {
        self.client.settled(product, LIMIT).await["images"].as_array().unwrap().clone()
    }

    /// The images of a product, once that holds for one of them.
    pub(super) async fn until(&self, product: i64, index: usize, holds: impl Fn(&Value) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let images = self.images_of(product).await;
            if holds(&images[index]) {
                return images;
            }
            assert!(Instant::now() < deadline, "it did not come to that: {images:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The images of a product as they are now.
    pub(super) async fn images_of(&self, product: i64) -> Vec<Value> {
        let answer = self.client.get(&format!("/products/{product}")).await.unwrap().expect(200);
        answer["data"]["images"].as_array().unwrap().clone()
    }

    /// An image is ready and each rendition shows the picture.
    pub(super) async fn assert_shows(&self, image: &Value, picture: Picture) {
        for bytes in self.renditions(image).await {
            assert_eq!(picture.differs_from(&bytes), None, "{image:#}");
        }
    }

    /// The renditions of an image, which must be ready, from the smallest to the largest.
    pub(super) async fn renditions(&self, image: &Value) -> Vec<Bytes> {
        assert_eq!((&image["status"], &image["error"]), (&"ready".into(), &Value::Null), "{image:#}");
        let mut renditions = vec![];
        for rendition in image["renditions"].as_array().unwrap() {
            let (status, bytes) = self.client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
            assert_eq!(status, 200, "{image:#}");
            renditions.push(bytes);
        }
        assert_eq!(renditions.len(), 3, "{image:#}");
        renditions
    }

    /// An image failed for one of these reasons, in words, after as many attempts as the reason deserves, and with one dead
    /// letter that says the same; answers the attempts.
    pub(super) fn assert_failed(&self, image: &Value, reasons: &[&str]) -> u64 {
        let (error, attempts) = (&image["error"], image["attempts"].as_u64().unwrap());
        let code = error["code"].as_str().unwrap_or_else(|| panic!("should have failed: {image:#}"));
        assert_eq!(image["status"], "failed", "{image:#}");
        assert!(reasons.contains(&code), "{reasons:?} expected: {image:#}");
        assert!(error["detail"].as_str().unwrap().contains("; "), "nothing says what to do: {image:#}");
        assert_eq!(error["retryable"], TRANSIENT.contains(&code), "{image:#}");
        assert_eq!(attempts, if TRANSIENT.contains(&code) { ATTEMPTS } else { 1 }, "{image:#}");
        assert_eq!(image["renditions"].as_array().unwrap().len(), 0, "{image:#}");

        let id = image["id"].as_str().unwrap().replace('-', "");
        let letters = self.rows.dead_letters();
        let letters: Vec<_> = letters.iter().filter(|letter| letter.image == id).collect();
        let [letter] = letters[..] else { panic!("{} dead letters of {image:#}", letters.len()) };
        assert_eq!((letter.reason.as_str(), letter.attempts), (code, attempts), "{image:#}");
        attempts
    }

    /// How many images there are. Each that failed has a dead letter, and there are no others.
    pub(super) async fn images(&self) -> usize {
        let products = self.products.lock().unwrap().clone();
        let (mut images, mut failed) = (0, BTreeSet::new());
        for product in products {
            for image in self.images_of(product).await {
                images += 1;
                if image["status"] == "failed" {
                    failed.insert(image["id"].as_str().unwrap().replace('-', ""));
                }
            }
        }
        let letters: BTreeSet<_> = self.rows.dead_letters().into_iter().map(|letter| letter.image).collect();
        assert_eq!(letters, failed);
        images
    }

    /// Ends the process; answers whether it ended well.
    pub(super) async fn stop(self) -> bool {
        self.binary.stop().await
    }
}
