//! A POST that comes again, on the real binary with its database on disk.

use bytes::Bytes;
use futures::future::join_all;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Encoding, Picture, RunningBinary};

/// Posts a kettle under a key; answers the body, and whether it was told again.
async fn post(http: &reqwest::Client, url: &str, user: i64) -> (Value, bool) {
    let kettle = json!({"user_id": user, "product_name": "Kettle", "product_price": 18.99});
    let request = http.post(format!("{url}/products")).header("Idempotency-Key", "\"one-kettle\"");
    let response = request.json(&kettle).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 201);
    let replayed = response.headers().contains_key("idempotency-replayed");
    (response.json().await.unwrap(), replayed)
}

async fn products(server: &RunningBinary) -> usize {
    server.client().get("/products").await.unwrap().expect(200)["data"].as_array().unwrap().len()
}

async fn start(folder: &Path, arguments: &[&str]) -> RunningBinary {
    RunningBinary::start(&folder.join("data"), arguments).await
}

/// Sends a photograph under a key; answers the status, and whether it was told again.
async fn upload(http: reqwest::Client, url: String, photograph: Bytes) -> reqwest::Result<(u16, bool)> {
    let form = Form::new().part("file", Part::stream(photograph).file_name("kettle.jpg"));
    let request = http.post(format!("{url}/products/1/images")).header("Idempotency-Key", "one-photograph");
    let response = request.multipart(form).send().await?;
    Ok((response.status().as_u16(), response.headers().contains_key("idempotency-replayed")))
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_posts_of_one_key_are_one_product_and_a_crash_forgets_none_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let server = start(folder.path(), &[]).await;
    let user = server.client().user().await.unwrap();
    let answers = join_all((0..50).map(|_| {
        let (http, url) = (http.clone(), server.url.clone());
        async move { tokio::spawn(async move { post(&http, &url, user).await }).await.unwrap() }
    }))
    .await;
    assert_eq!(answers.iter().filter(|(_, replayed)| !replayed).count(), 1);
    assert!(answers.iter().all(|(body, _)| *body == answers[0].0), "{answers:#?}");
    assert_eq!(products(&server).await, 1);

    server.kill().await;
    let server = start(folder.path(), &[]).await;
    assert_eq!(post(&http, &server.url, user).await, (answers[0].0.clone(), true));
    assert_eq!(products(&server).await, 1);
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_died_between_its_file_and_its_rows_is_taken_over_when_its_lease_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let photograph = Picture::new(1, 480, 360).encode(Encoding::Jpeg);
    let mut server = start(folder.path(), &["--stop-at", "store:1", "--idempotency-lease", "3s"]).await;
    let user = server.client().user().await.unwrap();
    server.client().product(user, "Kettle").await.unwrap();
    let first = tokio::spawn(upload(http.clone(), server.url.clone(), photograph.clone()));
    assert!(server.stopped_at_its_stop_point(Duration::from_secs(30)).await);
    server.kill().await;
    assert!(first.await.unwrap().is_err(), "it was never answered");

    let server = start(folder.path(), &["--idempotency-lease", "3s"]).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    let taken_over = loop {
        match upload(http.clone(), server.url.clone(), photograph.clone()).await.unwrap() {
            (409, _) => assert!(Instant::now() < deadline, "the lease is never over"),
            other => break other,
        }
        sleep(Duration::from_millis(200)).await;
    };
    assert_eq!(taken_over, (201, false));
    assert_eq!(upload(http, server.url.clone(), photograph).await.unwrap(), (201, true));
    let product = server.client().settled(1, Duration::from_mins(1)).await;
    assert_eq!(product["images"].as_array().unwrap().len(), 1);
    assert!(server.stop().await);
}
