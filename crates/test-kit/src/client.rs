//! A client of a running Wareroom, for tests.

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// A client of a running Wareroom.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

/// An answer: its status and its JSON.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; null when it is no JSON.
    pub json: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.json);
        self.json
    }
}

/// An error of the connection: the request may have taken effect or not.
pub type Lost = reqwest::Error;

impl Client {
    /// A client of the API at that URL.
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client needs nothing that could be missing");
        Self { http, url: url.to_owned() }
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Lost> {
        answer(self.http.post(format!("{}{path}", self.url)).json(body).send().await?).await
    }

    /// Gets JSON.
    pub async fn get(&self, path: &str) -> Result<Answer, Lost> {
        answer(self.http.get(format!("{}{path}", self.url)).send().await?).await
    }

    /// Gets bytes by their whole URL.
    pub async fn bytes(&self, url: &str) -> Result<(u16, Bytes), Lost> {
        let response = self.http.get(url).send().await?;
        Ok((response.status().as_u16(), response.bytes().await?))
    }

    /// Registers somebody; answers the id.
    pub async fn user(&self) -> Result<i64, Lost> {
        let user = self.post("/users", &json!({"first_name": "Ada", "last_name": "Lovelace"})).await?.expect(201);
        Ok(user["data"]["id"].as_i64().expect("a user has an id"))
    }

    /// Creates a product; answers the id.
    pub async fn product(&self, user: i64, name: &str) -> Result<i64, Lost> {
        let input = json!({"user_id": user, "product_name": name, "product_price": 18.99});
        let product = self.post("/products", &input).await?.expect(201);
        Ok(product["data"]["id"].as_i64().expect("a product has an id"))
    }

    /// Creates a product with images at these URLs; answers the id.
    pub async fn product_of_urls(&self, user: i64, name: &str, urls: &[String]) -> Result<i64, Lost> {
        let input = json!({"user_id": user, "product_name": name, "product_price": 18.99, "product_images": urls});
        let product = self.post("/products", &input).await?.expect(201);
        Ok(product["data"]["id"].as_i64().expect("a product has an id"))
    }

    /// Uploads files, each with its name.
    pub async fn upload(&self, product: i64, files: Vec<(String, Bytes)>) -> Result<Answer, Lost> {
        let form = files
            .into_iter()
            .fold(Form::new(), |form, (name, bytes)| form.part("file", Part::stream(bytes).file_name(name)));
        let path = format!("{}/products/{product}/images", self.url);
        answer(self.http.post(path).multipart(form).send().await?).await
    }

    /// The product, once none of its images is pending or processing.
    pub async fn settled(&self, product: i64, limit: Duration) -> Value {
        let deadline = Instant::now() + limit;
        loop {
            let answer = self.get(&format!("/products/{product}")).await.expect("the API answers").expect(200);
            let summary = &answer["data"]["images_summary"];
            if summary["pending"] == 0 && summary["processing"] == 0 {
                return answer["data"].clone();
            }
            assert!(Instant::now() < deadline, "images of {product} did not settle: {:#}", answer["data"]["images"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn until_ready(&self, limit: Duration) {
        let deadline = Instant::now() + limit;
        while !self.get("/healthz/ready").await.is_ok_and(|answer| answer.status == 200) {
            assert!(Instant::now() < deadline, "not ready in time");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer, Lost> {
    let status = response.status().as_u16();
    let body = response.bytes().await?;
    Ok(Answer { status, json: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}
