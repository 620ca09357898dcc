//! A running Wareroom, its data, and how to ask it.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;
use tempfile::TempDir;
use wareroom_test_kit::{Client, Picture, RunningBinary};

/// How long anything may take on a busy machine.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// An answer as it travelled.
pub(super) struct Told {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) text: String,
}

impl Told {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// What it is about; it must have this status.
    pub(super) fn data(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str::<Value>(&self.text).unwrap()["data"].take()
    }
}

/// A running Wareroom whose data outlive it, with one user.
pub(super) struct Shop {
    folder: TempDir,
    pub(super) binary: RunningBinary,
    pub(super) client: Client,
    pub(super) user: i64,
}

impl Shop {
    pub(super) async fn open(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = RunningBinary::start(&folder.path().join("data"), settings).await;
        let client = binary.client();
        let user = client.user().await.unwrap();
        Self { folder, binary, client, user }
    }

    /// The same data in a new process, after the old one was killed.
    pub(super) async fn reopened(self, settings: &[&str]) -> Self {
        self.binary.kill().await;
        let binary = RunningBinary::start(&self.folder.path().join("data"), settings).await;
        Self { client: binary.client(), binary, ..self }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        http.request(method, format!("{}{path}", self.binary.url))
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: &str) -> Told {
        let mut request = self.request(method, path);
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json").body(body.to_owned());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Told { status, headers, text: response.text().await.unwrap() }
    }

    pub(super) async fn get(&self, path: &str) -> Told {
        self.ask(Method::GET, path, "").await
    }

    pub(super) async fn product(&self, urls: &[String]) -> i64 {
        self.client.product_of_urls(self.user, "Kettle", urls).await.unwrap()
    }

    /// The images of a product, once all have ended.
    pub(super) async fn settled(&self, product: i64) -> Vec<Value> {
        self.client.settled(product, LIMIT).await["images"].as_array().unwrap().clone()
    }

    /// An image is ready, and its last rendition, the main one, shows the picture.
    pub(super) async fn assert_shows(&self, image: &Value, picture: Picture) {
        assert_eq!(image["status"], "ready", "{image:#}");
        let url = image["renditions"].as_array().unwrap().last().unwrap()["url"].as_str().unwrap();
        let (status, bytes) = self.client.bytes(url).await.unwrap();
        assert_eq!((status, picture.differs_from(&bytes)), (200, None), "{image:#}");
    }

    /// Waits until it stands still at the stage that it was told to stop at.
    pub(super) async fn stops_at(&mut self, stage: &str) {
        assert!(self.binary.stopped_at_its_stop_point(LIMIT).await, "{stage} was not passed");
    }
}
