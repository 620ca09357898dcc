//! `/media`: renditions, whole and in parts, for good.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, Form, TestApi, picture, request};
use poem::http::Method;

/// An API with one rendition, and the path to it.
async fn with_rendition() -> (TestApi, String) {
    let test = TestApi::new().with_product().await;
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
