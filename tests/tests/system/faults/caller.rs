//! A client that knows what an answer means for what it asked for.

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer may take before it is as good as none.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is known of a request after its answer, or after there was none.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// It took effect.
    Acknowledged(Value),
    /// It did not, and will not.
    Refused(u16),
    /// It may have taken effect or not, or may yet: a failure of the server's, none at all, or the same request still running.
    Unknown(Unknown),
}

/// Why nothing is known.
#[derive(Clone, Debug)]
pub(super) enum Unknown {
    /// A status, and whether it said when to come again.
    Status(u16, bool),
    /// The connection failed.
    Lost(String),
}

/// An answer and the time it took.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) told: Told,
    pub(super) took: Duration,
}

#[derive(Clone)]
pub(super) struct Caller(reqwest::Client);

impl Caller {
    pub(super) fn new() -> Self {
        Self(reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap())
    }

    pub(super) async fn get(&self, url: &str) -> Answer {
        ask(self.0.get(url)).await
    }

    pub(super) async fn post(&self, url: &str, key: &str, body: &Value) -> Answer {
        ask(self.0.post(url).header("Idempotency-Key", key).json(body)).await
    }

    pub(super) async fn patch(&self, url: &str, body: &Value) -> Answer {
        ask(self.0.request(Method::PATCH, url).json(body)).await
    }

    pub(super) async fn upload(&self, url: &str, key: &str, files: &[(String, Bytes)]) -> Answer {
        let part = |(name, bytes): &(String, Bytes)| Part::stream(bytes.clone()).file_name(name.clone());
        let form = files.iter().fold(Form::new(), |form, file| form.part("file", part(file)));
        ask(self.0.post(url).header("Idempotency-Key", key).multipart(form)).await
    }
}

async fn ask(request: RequestBuilder) -> Answer {
    let begun = Instant::now();
    let told = tell(request).await.unwrap_or_else(|error| Told::Unknown(Unknown::Lost(format!("{error:?}"))));
    Answer { told, took: begun.elapsed() }
}

async fn tell(request: RequestBuilder) -> reqwest::Result<Told> {
    /// The same request is still running.
    const RUNNING: u16 = 409;
    let response = request.send().await?;
    let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
    let body = response.bytes().await?;
    Ok(match status {
        200..300 => Told::Acknowledged(serde_json::from_slice(&body).unwrap_or_default()),
        RUNNING | 500.. => Told::Unknown(Unknown::Status(status, retry)),
        refused => Told::Refused(refused),
    })
}
