//! `/media`: renditions, whole and in parts, for good, or where they are.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, Form, TestApi, picture, request};
use async_trait::async_trait;
use poem::http::Method;
use std::sync::Arc;
use std::time::Duration;
use wareroom_app_api::ApiSettings;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobError, MediaLink, MediaLinks};

/// An API with one rendition, and the path to it.
async fn with_rendition() -> (TestApi, String) {
    made(TestApi::new()).await
}

async fn made(test: TestApi) -> (TestApi, String) {
    let test = test.with_product().await;
    test.upload("/products/1/images", Form::default().part("file", "a.jpg", &picture(16, 8))).await.is(201);
    test.work().await;
    let product = test.get("/products/1").await.is(200).json();
    let url = product["data"]["compressed_product_images"][0].as_str().unwrap().to_owned();
    (test, url.strip_prefix("http://shop.test").unwrap().to_owned())
}

#[tokio::test]
async fn a_rendition_is_immutable_and_harmless() {
    let (test, path) = with_rendition().await;
    let whole = test.get(&path).await.is(200);
    let hash = path.trim_start_matches("/media/").trim_end_matches(".jpg");
    for (header, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("etag", &format!("\"{hash}\"")),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("content-disposition", "inline"),
        ("accept-ranges", "bytes"),
        ("content-length", &whole.body.len().to_string()),
    ] {
        assert_eq!(whole.header(header), value, "{header}");
    }
    let unchanged = test.get_with(&path, "If-None-Match", whole.header("etag")).await.is(304);
    assert!(unchanged.body.is_empty());
    assert_eq!(unchanged.header("etag"), whole.header("etag"));
    let head = test.send(request(Method::HEAD, &path).finish()).await.is(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
    for range in ["bytes=0-0", "bytes=99999999-"] {
        let head = test.send(request(Method::HEAD, &path).header("Range", range).finish()).await.is(200);
        assert_eq!(head.header("content-length"), whole.body.len().to_string());
    }
    test.get(&format!("/api{path}")).await.is(200);
}

#[tokio::test]
async fn parts_can_be_asked_for() {
    let (test, path) = with_rendition().await;
    let whole = test.get(&path).await.is(200).body;
    let size = whole.len();
    let part = async |range: &str| test.get_with(&path, "Range", range).await;
    let check = |answer: Answer, first: usize, end: usize| {
        let answer = answer.is(206);
        assert_eq!(answer.header("content-range"), format!("bytes {first}-{}/{size}", end - 1));
        assert_eq!(answer.header("content-length"), (end - first).to_string());
        assert_eq!(answer.body, whole[first..end]);
    };
    check(part("bytes=0-0").await, 0, 1);
    check(part("bytes=5-9").await, 5, 10);
    check(part("bytes=5-").await, 5, size);
    check(part("bytes=5-99999999").await, 5, size);
    check(part("bytes=-4").await, size - 4, size);
    check(part("bytes=-99999999").await, 0, size);
    for beyond in [format!("bytes={size}-"), "bytes=-0".to_owned(), "bytes=99999999999999999999-".to_owned()] {
        let answer = part(&beyond).await.problem(416, "range_not_satisfiable");
        assert_eq!(answer.header("content-range"), format!("bytes */{size}"));
    }
    for ignored in ["bytes=9-5", "bytes=0-1,3-4", "items=0-1"] {
        assert_eq!(part(ignored).await.is(200).body, whole);
    }
}

#[tokio::test]
async fn a_part_of_something_else_is_not_given_for_a_part_of_this() {
    let (test, path) = with_rendition().await;
    let etag = test.get(&path).await.is(200).header("etag").to_owned();
    let with = |validator: &str| {
        test.send(request(Method::GET, &path).header("Range", "bytes=0-0").header("If-Range", validator).finish())
    };
    with(&etag).await.is(206);
    with("\"other\"").await.is(200);
}

#[tokio::test]
async fn nothing_but_renditions_is_given_out() {
    let (test, path) = with_rendition().await;
    let product = test.get("/products/1").await.is(200).json();
    let source = product["data"]["images"][0]["source"]["sha256"].as_str().unwrap().to_owned();
    let unknown = "0".repeat(64);
    for path in [
        format!("/media/{source}"),
        format!("/media/{source}.jpg"),
        format!("/media/{unknown}.webp"),
        format!("/media/{}", path.trim_start_matches("/media/").to_uppercase()),
        "/media/../x".to_owned(),
        "/media/..%2fsources".to_owned(),
        "/media/".to_owned(),
        "/media/x".to_owned(),
    ] {
        test.get(&path).await.problem(404, "not_found");
        test.get_with(&path, "If-None-Match", "*").await.problem(404, "not_found");
    }
}

/// Sends everybody to a place of its own.
struct Elsewhere(Result<&'static str, ()>);

#[async_trait]
impl MediaLinks for Elsewhere {
    async fn link(&self, key: &BlobKey) -> Result<Option<MediaLink>, BlobError> {
        let place = self.0.map_err(|()| BlobError::Unavailable("no credentials for 10.0.0.7".into()))?;
        let url = format!("{place}/shop/{key}?signature=0123");
        Ok(Some(MediaLink { url, valid: Duration::from_mins(15) }))
    }

    fn origin(&self) -> &'static str {
        "https://bucket.example:9000"
    }
}

async fn sent(place: Result<&'static str, ()>) -> (TestApi, String) {
    let links = Some(Arc::new(Elsewhere(place)) as Arc<dyn MediaLinks>);
    made(TestApi::with(|ports| ports.media_links = links, ApiSettings::at("http://shop.test"))).await
}

#[tokio::test]
async fn clients_may_be_sent_to_where_a_rendition_is_kept() {
    let (test, path) = sent(Ok("https://bucket.example:9000")).await;
    let answers = [test.get(&path).await, test.get_with(&path, "Range", "bytes=0-0").await];
    for answer in answers {
        let answer = answer.is(307);
        assert_eq!(answer.header("location"), format!("https://bucket.example:9000/shop{path}?signature=0123"));
        assert_eq!(answer.header("cache-control"), "private, max-age=450");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.body.is_empty());
    }
}

#[tokio::test]
async fn nobody_is_sent_for_what_they_have_or_what_is_told_here_as_well() {
    let (test, path) = sent(Ok("https://bucket.example:9000")).await;
    let hash = path.trim_start_matches("/media/").trim_end_matches(".jpg");
    test.get_with(&path, "If-None-Match", &format!("\"{hash}\"")).await.is(304);
    let head = test.send(request(Method::HEAD, &path).finish()).await.is(200);
    assert!(head.body.is_empty());
    assert_ne!(head.header("content-length"), "0");
}

#[tokio::test]
async fn nobody_is_sent_to_where_nothing_is() {
    let (test, path) = sent(Ok("https://bucket.example:9000")).await;
    let product = test.get("/products/1").await.is(200).json();
    let source = product["data"]["images"][0]["source"]["sha256"].as_str().unwrap().to_owned();
    for path in [format!("/media/{source}"), format!("/media/{source}.jpg"), format!("/media/{}.webp", "0".repeat(64))]
    {
        test.get(&path).await.problem(404, "not_found");
    }
    test.get(&path).await.is(307);
}

#[tokio::test]
async fn without_a_link_nothing_is_told_of_where_it_would_lead() {
    for place in [Err(()), Ok("https://bucket.example\r\nSet-Cookie: a=b")] {
        let (test, path) = sent(place).await;
        let answer = test.get(&path).await;
        assert!(matches!(answer.status.as_u16(), 500 | 503), "{}", answer.status);
        let body = String::from_utf8_lossy(&answer.body);
        assert!(!body.contains("10.0.0.7") && !body.contains("bucket.example"), "{body}");
    }
}

#[tokio::test]
async fn the_page_may_show_what_it_is_sent_to() {
    let (test, _) = sent(Ok("https://bucket.example:9000")).await;
    let policy = test.get("/").await.is(200).header("content-security-policy").to_owned();
    assert!(policy.contains("img-src 'self' http://shop.test/media/ https://bucket.example:9000;"), "{policy}");
}
