//! A client of the API, as far as the benchmarks need one.

use crate::Outcome;
use crate::pictures::Photo;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// How long an image may take at most before something is wrong.
const PATIENCE: Duration = Duration::from_mins(2);

/// Talks to the server at this address.
pub(crate) struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), http: reqwest::Client::new() }
    }

    /// The body of a successful answer.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Vec<u8>> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }

    /// A successful answer, read.
    pub(crate) async fn read(&self, path: &str) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.get(path).await?)?)
    }

    /// A new user's id.
    pub(crate) async fn user(&self) -> Outcome<i64> {
        self.create("/users", &json!({"first_name": "Ada", "last_name": "Lovelace"})).await
    }

    /// A new product's id.
    pub(crate) async fn product(&self, user: i64, description: &str) -> Outcome<i64> {
        let product = json!({
            "user_id": user, "product_name": "Electric kettle, 1.7 l", "product_description": description,
            "product_price": 34.9, "product_images": [],
        });
        self.create("/products", &product).await
    }

    async fn create(&self, path: &str, body: &Value) -> Outcome<i64> {
        let answer = self.http.post(format!("{}{path}", self.url)).json(body).send().await?.error_for_status()?;
        let answer: Value = answer.json().await?;
        answer["data"]["id"].as_i64().ok_or_else(|| format!("{path} answered without an id").into())
    }

    /// Uploads a photo and waits until its renditions are there; answers how long that took.
    pub(crate) async fn upload(&self, product: i64, photo: &Photo) -> Outcome<Duration> {
        let part = Part::bytes(photo.bytes.to_vec()).file_name("photo.jpg").mime_str("image/jpeg")?;
        let url = format!("{}/products/{product}/images", self.url);
        let begun = Instant::now();
        let answer = self.http.post(url).multipart(Form::new().part("file", part)).send().await?.error_for_status()?;
        let mut summary = answer.json::<Value>().await?["data"]["images_summary"].clone();
        while summary["pending"] != 0 || summary["processing"] != 0 {
            if begun.elapsed() > PATIENCE {
                return Err("an image did not become ready".into());
            }
            summary = self.read(&format!("/products/{product}?wait=20")).await?["data"]["images_summary"].clone();
        }
        if summary["failed"] != 0 {
            return Err("an image failed".into());
        }
        Ok(begun.elapsed())
    }
}
