//! One photo through all of it: the real binary, from an upload to the pixels of its renditions.

use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;
use wareroom_test_kit::{Client, Encoding, Picture, RunningBinary};

const LIMIT: Duration = Duration::from_mins(1);

async fn upload(client: &Client, product: i64, pictures: &[(Picture, Encoding)]) -> Value {
    let files = pictures
        .iter()
        .map(|(picture, encoding)| (format!("{}.{}", picture.seed, encoding.extension()), picture.encode(*encoding)));
    client.upload(product, files.collect()).await.unwrap().expect(201)
}

async fn rendition(client: &Client, rendition: &Value) -> Bytes {
    let (status, bytes) = client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(bytes.len() as u64, rendition["bytes"].as_u64().unwrap());
    bytes
}

/// Name, media type and longest side of what is made of every image.
const RENDITIONS: [(&str, &str, u32); 3] = [("thumb", "webp", 320), ("medium", "webp", 800), ("main", "jpeg", 1600)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploaded_pictures_come_back_as_renditions_that_show_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let binary = RunningBinary::start(&folder.path().join("data"), &[]).await;
    let client = binary.client();
    let product = client.product(client.user().await.unwrap(), "camera").await.unwrap();
    let pictures = [
        (Picture::new(1, 2400, 1800), Encoding::Jpeg),
        (Picture::new(2, 900, 1200), Encoding::Png),
        (Picture::new(3, 200, 120), Encoding::WebP),
    ];
    let added = upload(&client, product, &pictures).await;
    assert_eq!(added["added"].as_array().unwrap().len(), 3);
    assert_eq!(added["data"]["compressed_product_images"], json!([]));

    let settled = client.settled(product, LIMIT).await;
    assert_eq!(settled["images_summary"], json!({"pending": 0, "processing": 0, "ready": 3, "failed": 0}));
    assert_eq!(settled["compressed_product_images"].as_array().unwrap().len(), 3);
    for (image, (picture, _)) in settled["images"].as_array().unwrap().iter().zip(&pictures) {
        assert_eq!(
            (image["width"].as_u64(), image["height"].as_u64()),
            (Some(picture.width.into()), Some(picture.height.into()))
        );
        for (shown, (name, format, longest)) in image["renditions"].as_array().unwrap().iter().zip(RENDITIONS) {
            assert_eq!((shown["name"].as_str(), shown["format"].as_str()), (Some(name), Some(format)));
            let bytes = rendition(&client, shown).await;
            assert_eq!(picture.differs_from(&bytes), None, "{name} of picture {}", picture.seed);
            let pixels = image::load_from_memory(&bytes).unwrap();
            assert_eq!(pixels.width().max(pixels.height()), longest.min(picture.width.max(picture.height)));
            assert_eq!(
                (Some(u64::from(pixels.width())), Some(u64::from(pixels.height()))),
                (shown["width"].as_u64(), shown["height"].as_u64())
            );
        }
    }
    assert!(binary.stop().await, "the binary did not end well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_is_there_after_a_kill_and_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let binary = RunningBinary::start(&data, &[]).await;
    let client = binary.client();
    let product = client.product(client.user().await.unwrap(), "camera").await.unwrap();
    upload(&client, product, &[(Picture::new(5, 640, 480), Encoding::Jpeg)]).await;
    let before = client.settled(product, LIMIT).await;
    let old = binary.url.clone();
    binary.kill().await;

    let binary = RunningBinary::start(&data, &[]).await;
    let mut after = binary.client().settled(product, LIMIT).await;
    // The port is another one, and links name it.
    let text = serde_json::to_string(&after).unwrap().replace(&binary.url, &old);
    after = serde_json::from_str(&text).unwrap();
    assert_eq!(after, before);
    assert!(binary.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_serve_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let binary = RunningBinary::start(&data, &["--database-url", "sqlite:"]).await;
    let second = tokio::process::Command::new(wareroom_test_kit::binary_under_test())
        .args(["--listen", "127.0.0.1:0", "--database-url", "sqlite:", "--data-dir"])
        .arg(&data)
        .env_clear()
        .output()
        .await
        .unwrap();
    assert!(!second.status.success());
    let message = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(message.contains("another wareroom serves from there"), "{message}");
    assert!(binary.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_also_works_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let binary = RunningBinary::start(&data, &["--database-url", "memory:", "--queue-url", "memory:"]).await;
    let client = binary.client();
    let product = client.product(client.user().await.unwrap(), "camera").await.unwrap();
    let picture = Picture::new(6, 640, 480);
    upload(&client, product, &[(picture, Encoding::Png)]).await;
    let settled = client.settled(product, LIMIT).await;
    let bytes = rendition(&client, &settled["images"][0]["renditions"][2]).await;
    assert_eq!(picture.differs_from(&bytes), None);
    assert!(binary.stop().await);
    assert!(!data.exists(), "memory: wrote to the disk");
}
