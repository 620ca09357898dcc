//! A client of the API, as far as the benchmarks need one.

use crate::Outcome;
use crate::pictures::Photo;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// How long an image may take at most before something is wrong.
const PATIENCE: Duration = Duration::from_mins(2);

/// Talks to the server at this address.
#[derive(Clone)]
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
        self.create("/products", &product(user, description, &[])).await
    }

    /// Creates a product whose image is at this URL and waits until its renditions are there; answers how long that took.
    pub(crate) async fn product_until_ready(&self, user: i64, image: &str) -> Outcome<Duration> {
        let begun = Instant::now();
        let id = self.product_with_image(user, image).await?;
        self.settled(id, begun).await
    }

    /// Creates a product whose image is at this URL, and does not wait for it.
    pub(crate) async fn product_with_image(&self, user: i64, image: &str) -> Outcome<i64> {
        self.create("/products", &product(user, "", &[image])).await
    }

    /// Changes the price.
    pub(crate) async fn set_price(&self, product: i64, price: f64) -> Outcome {
        let request =
            self.http.patch(format!("{}/products/{product}", self.url)).json(&json!({ "product_price": price }));
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// Where a successful answer says that it came from.
    pub(crate) async fn origin(&self, path: &str) -> Outcome<String> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?.error_for_status()?;
        let origin = answer.headers().get("cache-status").map(|value| value.to_str().unwrap_or_default().to_owned());
        Ok(origin.unwrap_or_default())
    }

    async fn create(&self, path: &str, body: &Value) -> Outcome<i64> {
        let answer = self.http.post(format!("{}{path}", self.url)).json(body).send().await?.error_for_status()?;
        let answer: Value = answer.json().await?;
        answer["data"]["id"].as_i64().ok_or_else(|| format!("{path} answered without an id").into())
    }

    /// Uploads a photo and waits until its renditions are there; answers how long that took.
    pub(crate) async fn upload(&self, product: i64, photo: &Photo) -> Outcome<Duration> {
        let begun = Instant::now();
        self.add(product, photo).await?;
        self.settled(product, begun).await
    }

    /// Uploads a photo.
    pub(crate) async fn add(&self, product: i64, photo: &Photo) -> Outcome {
        let part = Part::bytes(photo.bytes.to_vec()).file_name("photo.jpg").mime_str("image/jpeg")?;
        let url = format!("{}/products/{product}/images", self.url);
        let answer = self.http.post(url).multipart(Form::new().part("file", part)).send().await?.error_for_status()?;
        drop(answer.bytes().await?);
        Ok(())
    }

    /// Waits until all of a product's images are ready; answers how long that took.
    async fn settled(&self, product: i64, begun: Instant) -> Outcome<Duration> {
        loop {
            let summary = self.read(&format!("/products/{product}?wait=20")).await?["data"]["images_summary"].clone();
            if summary["failed"] != 0 {
                return Err("an image failed".into());
            }
            if summary["pending"] == 0 && summary["processing"] == 0 {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > PATIENCE {
                return Err("an image did not become ready".into());
            }
        }
    }
}

fn product(user: i64, description: &str, images: &[&str]) -> Value {
    json!({
        "user_id": user, "product_name": "Electric kettle, 1.7 l", "product_description": description,
        "product_price": 34.9, "product_images": images,
    })
}
