//! Products and images, changed by clients.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, BOUNDARY, Form, TestApi, picture, request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::http::Method;
use serde_json::{Value, json};
use wareroom_app_api::ApiSettings;
use wareroom_domain::ImageUrl;
use wareroom_memory::MemoryPage;

const PRODUCT: &str = "/products/1";
const IMAGES: &str = "/products/1/images";
const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

async fn send(test: &TestApi, method: Method, path: &str, kind: &str, body: &Value, if_match: Option<&str>) -> Answer {
    let request = request(method, path).content_type(kind);
    let request = if_match.into_iter().fold(request, |request, tag| request.header("If-Match", tag));
    test.send(request.body(body.to_string())).await
}

async fn put(test: &TestApi, path: &str, body: &Value) -> Answer {
    send(test, Method::PUT, path, JSON, body, None).await
}

async fn patch(test: &TestApi, path: &str, body: &Value) -> Answer {
    send(test, Method::PATCH, path, MERGE_PATCH, body, None).await
}

async fn delete(test: &TestApi, path: &str) -> Answer {
    test.send(request(Method::DELETE, path).finish()).await
}

async fn data(test: &TestApi) -> Value {
    test.get(PRODUCT).await.is(200).json()["data"].clone()
}

/// The path of the product's image at that place.
async fn image(test: &TestApi, place: usize) -> String {
    format!("{IMAGES}/{}", data(test).await["images"][place]["id"].as_str().unwrap())
}

fn page(test: &TestApi, name: &str) -> String {
    let url = format!("http://a.example/{name}.png");
    test.web.put(ImageUrl::new(&url).unwrap(), MemoryPage::Body(picture(4, 4)));
    url
}

async fn uploaded() -> TestApi {
    let test = TestApi::new().with_product().await;
    test.upload(IMAGES, Form::default().part("file", "a.jpg", &picture(4, 4))).await.is(201);
    test.work().await;
    test
}

#[tokio::test]
async fn a_product_is_replaced_and_what_is_left_out_is_emptied() {
    let test = uploaded().await;
    let url = page(&test, "a");
    let whole = json!({"user_id": 1, "product_name": "Mug", "product_description": "a", "product_price": 2.5,
                       "product_images": [url, url]});
    let before = test.get(PRODUCT).await.is(200).json();
    let answer = put(&test, PRODUCT, &whole).await.is(200);
    assert_eq!((answer.header("etag"), answer.header("retry-after")), ("\"3.5\"", "1"));
    let replaced = answer.json()["data"].clone();
    assert_eq!(replaced["product_images"], json!([url]));
    assert_eq!(replaced["images"][0], before["data"]["images"][0]);
    assert_eq!(data(&test).await, replaced);
    let bare = json!({"user_id": 1, "product_name": "Mug", "product_price": 2.5});
    let answer = put(&test, PRODUCT, &bare).await.is(200);
    assert_eq!(answer.header("retry-after"), "");
    let bare = answer.json()["data"].clone();
    assert_eq!((&bare["product_description"], &bare["product_images"]), (&json!(""), &json!([])));
    assert_eq!(bare["images"], before["data"]["images"]);
}

#[tokio::test]
async fn a_product_is_patched_by_either_media_type() {
    let test = uploaded().await;
    let url = page(&test, "a");
    let edit = json!({"product_description": "boils", "product_images": [url]});
    send(&test, Method::PATCH, PRODUCT, JSON, &edit, None).await.is(200);
    test.work().await;
    let before = data(&test).await;
    let after = patch(&test, PRODUCT, &json!({"product_price": 7})).await.is(200).json()["data"].clone();
    assert_eq!(after["product_price"].as_f64(), Some(7.0));
    for kept in ["product_name", "product_description", "product_images", "images", "created_at"] {
        assert_eq!(after[kept], before[kept]);
    }
    let null = json!({"product_description": null, "product_images": null});
    let emptied = patch(&test, PRODUCT, &null).await.is(200).json()["data"].clone();
    assert_eq!((&emptied["product_description"], &emptied["product_images"]), (&json!(""), &json!([])));
    assert_eq!(emptied["images"].as_array().map(Vec::len), Some(1));
    let same = patch(&test, PRODUCT, &json!({})).await.is(200).json()["data"].clone();
    assert_eq!(same["revision"].as_u64(), emptied["revision"].as_u64().map(|revision| revision + 1));
}

#[tokio::test]
async fn what_an_edit_may_not_say_is_pointed_at() {
    let test = uploaded().await;
    let before = data(&test).await;
    for (wrong, pointers) in [
        (
            json!({"product_name": null, "product_price": null, "user_id": null}),
            &["/user_id", "/product_name", "/product_price"][..],
        ),
        (json!({"product_name": "", "id": 1, "colour": "red"}), &["/product_name", "/colour", "/id"]),
        (json!({"user_id": 2}), &["/user_id"]),
        (json!({"product_price": 1.005}), &["/product_price"]),
        (json!({"product_images": ["ftp://a.example/"]}), &["/product_images/0"]),
        (json!({"product_images": {}, "version": 3}), &["/product_images", "/version"]),
    ] {
        assert_eq!(patch(&test, PRODUCT, &wrong).await.problem(422, "validation_failed").pointers(), pointers);
    }
    let others = json!({"user_id": 2, "product_name": "Mug", "product_price": 1});
    assert_eq!(put(&test, PRODUCT, &others).await.problem(422, "validation_failed").pointers(), ["/user_id"]);
    let part = put(&test, PRODUCT, &json!({"product_name": "Mug"})).await.problem(422, "validation_failed");
    assert_eq!(part.pointers(), ["/user_id", "/product_price"]);
    let urls: Vec<String> = ["a", "b", "c"].map(|name| page(&test, name)).to_vec();
    let many = patch(&test, PRODUCT, &json!({"product_images": urls})).await.problem(422, "too_many_images");
    assert_eq!(many.pointers(), ["/product_images"]);
    send(&test, Method::PATCH, PRODUCT, "text/plain", &json!({}), None).await.problem(415, "unsupported_media_type");
    send(&test, Method::PUT, PRODUCT, MERGE_PATCH, &json!({}), None).await.problem(415, "unsupported_media_type");
    patch(&test, PRODUCT, &json!([])).await.problem(400, "invalid_request");
    assert_eq!(data(&test).await, before);
}

#[tokio::test]
async fn an_etag_from_before_the_images_were_ready_is_good_and_one_from_before_another_edit_is_not() {
    let test = TestApi::new().with_product().await;
    test.upload(IMAGES, Form::default().part("file", "a.jpg", &picture(4, 4))).await.is(201);
    let read = test.get(PRODUCT).await.header("etag").to_owned();
    test.work().await;
    assert_ne!(test.get(PRODUCT).await.header("etag"), read);
    let edit = |tag: &'static str, price: u32| {
        let test = &test;
        async move { send(test, Method::PATCH, PRODUCT, MERGE_PATCH, &json!({"product_price": price}), Some(tag)).await }
    };
    assert_eq!(read, "\"2.2\"");
    let edited = edit("\"2.2\"", 1).await.is(200);
    let refused = edit("\"2.2\"", 2).await.problem(412, "precondition_failed");
    assert_eq!(refused.header("etag"), edited.header("etag"));
    for stale in ["\"9.9\"", "W/\"3.5\"", "\"x\"", "\"1.1\", \"2.2\""] {
        edit(stale, 2).await.problem(412, "precondition_failed");
    }
    for malformed in ["3.5", "", "\"3.5", "*, \"3.5\"", "\"3.5\" \"4.6\""] {
        edit(malformed, 2).await.problem(400, "invalid_request");
    }
    assert_eq!(data(&test).await["product_price"].as_f64(), Some(1.0));
    edit("\"9.9\", \"3.5\"", 2).await.is(200);
    edit("*", 3).await.is(200);
    let missing = send(&test, Method::PATCH, "/products/9", MERGE_PATCH, &json!({}), Some("*")).await;
    missing.problem(404, "not_found");
}

#[tokio::test]
async fn a_deleted_product_is_gone() {
    let test = uploaded().await;
    let answer = delete(&test, PRODUCT).await.is(204);
    assert!(answer.body.is_empty());
    test.get(PRODUCT).await.problem(404, "not_found");
    delete(&test, PRODUCT).await.problem(404, "not_found");
    patch(&test, PRODUCT, &json!({})).await.problem(404, "not_found");
    let whole = json!({"user_id": 1, "product_name": "Mug", "product_price": 2.5});
    put(&test, PRODUCT, &whole).await.problem(404, "not_found");
    assert_eq!(
        test.post("/products", whole.to_string()).await.is(201).header("location"),
        "http://shop.test/products/2"
    );
}

#[tokio::test]
async fn an_image_is_added_from_a_url_or_from_base64() {
    let test = TestApi::new().with_product().await;
    let url = page(&test, "a");
    let added = test.post(IMAGES, json!({"url": url}).to_string()).await.is(201);
    assert_eq!((added.header("location"), added.header("etag")), ("http://shop.test/products/1", "\"2.2\""));
    let encoded = STANDARD.encode(picture(8, 4));
    test.post(IMAGES, json!({"base64": encoded}).to_string()).await.is(201);
    let data_url = json!({"base64": format!("data:image/png;base64,{encoded}")});
    let added = test.post(IMAGES, data_url.to_string()).await.is(201).json();
    assert_eq!(added["added"].as_array().map(Vec::len), Some(1));
    assert_eq!(added["added"][0], added["data"]["images"][2]["id"]);
    for _ in 0..3 {
        test.work().await;
    }
    let images = data(&test).await["images"].clone();
    let kinds: Vec<_> =
        images.as_array().unwrap().iter().map(|image| image["source"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["url", "base64", "base64"]);
    assert!(images.as_array().unwrap().iter().all(|image| image["status"] == "ready"), "{images}");
    assert_eq!(images[1]["source"]["sha256"], images[2]["source"]["sha256"]);
    for (member, value) in [("url", &url), ("base64", &encoded)] {
        let full = test.post(IMAGES, json!({member: value}).to_string()).await.problem(422, "too_many_images");
        assert_eq!(full.pointers(), [format!("/{member}")]);
    }
}

#[tokio::test]
async fn an_image_in_base64_is_judged_as_an_upload_is() {
    let test = TestApi::new().with_product().await;
    let base64 = |bytes: &[u8]| json!({"base64": STANDARD.encode(bytes)}).to_string();
    for (body, status, code) in [
        (base64(&[0; 4001]), 413, "payload_too_large"),
        (base64(b"%PDF-1.7"), 415, "unsupported_image"),
        (base64(b""), 415, "unsupported_image"),
        (json!({"base64": "no base64"}).to_string(), 422, "validation_failed"),
    ] {
        let answer = test.post(IMAGES, body).await.problem(status, code);
        assert_eq!(answer.pointers(), ["/base64"]);
    }
    for (body, pointers) in [
        (json!({}), &["/url"][..]),
        (json!({"url": "ftp://a.example/"}), &["/url"]),
        (json!({"url": 7, "alt": "a"}), &["/alt", "/url"]),
        (json!({"url": "http://a.example/", "base64": "AA=="}), &["/base64"]),
    ] {
        let answer = test.post(IMAGES, body.to_string()).await.problem(422, "validation_failed");
        assert_eq!(answer.pointers(), pointers);
    }
    for unreadable in ["", "[]", "{", "{\"url\": \"a\", \"url\": \"b\"}"] {
        test.post(IMAGES, unreadable).await.problem(400, "invalid_request");
    }
    test.post("/products/9/images", json!({"url": "http://a.example/"}).to_string()).await.problem(404, "not_found");
    assert_eq!(data(&test).await["version"], 1);
}

#[tokio::test]
async fn json_with_an_image_may_be_large_and_other_json_may_not() {
    let settings =
        ApiSettings { json_max_bytes: 1000, base64_max_bytes: 100_000, ..ApiSettings::at("http://shop.test") };
    let test = TestApi::with(|_| {}, settings).with_product().await;
    let large = |field: &str, length| json!({field: "A".repeat(length)}).to_string();
    test.post(IMAGES, large("base64", 90_000)).await.problem(413, "payload_too_large");
    let answer = test.post(IMAGES, large("base64", 4000)).await.problem(415, "unsupported_image");
    assert_eq!(answer.pointers(), ["/base64"]);
    let answer = test.post(IMAGES, large("base64", 100_001)).await.problem(413, "payload_too_large");
    assert_eq!(answer.pointers(), [""; 0], "it was read to its end");
    test.post("/products", large("product_name", 1001)).await.problem(413, "payload_too_large");
    patch(&test, PRODUCT, &json!({"product_name": "A".repeat(1001)})).await.problem(413, "payload_too_large");
}

#[tokio::test(start_paused = true)]
async fn images_in_json_share_the_memory_of_uploads() {
    let settings = ApiSettings { upload_memory_bytes: 100 * 1024, ..ApiSettings::at("http://shop.test") };
    let test = TestApi::with(|_| {}, settings).with_product().await;
    let large = json!({"base64": "A".repeat(60_000)}).to_string();
    test.post(IMAGES, large).await.problem(503, "unavailable");
    for _ in 0..3 {
        let small = json!({"base64": STANDARD.encode(picture(2, 2))}).to_string();
        test.post(IMAGES, small).await.is(201);
    }
}

#[tokio::test]
async fn one_image_is_found_and_not_sent_again() {
    let test = uploaded().await;
    let path = image(&test, 0).await;
    let found = test.get(&path).await.is(200);
    assert_eq!(found.json()["data"], data(&test).await["images"][0]);
    assert_eq!((found.header("etag"), found.header("cache-control")), ("\"2.4\"", "private, no-cache"));
    test.get_with(&path, "If-None-Match", "\"2.4\"").await.is(304);
    test.send(request(Method::HEAD, &path).finish()).await.is(200);
    let nobody = path.replace("/products/1/", "/products/2/");
    let canonical = path.rsplit('/').next().unwrap();
    for missing in [nobody.as_str(), "/products/1/images/7", &format!("{IMAGES}/{}", canonical.replace('-', ""))] {
        test.get(missing).await.problem(404, "not_found");
        patch(&test, missing, &json!({})).await.problem(404, "not_found");
        delete(&test, missing).await.problem(404, "not_found");
        test.send(request(Method::POST, &format!("{missing}/retry")).finish()).await.problem(404, "not_found");
        put(&test, missing, &json!({"url": "http://a.example/"})).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_image_is_moved_and_given_words() {
    let test = uploaded().await;
    for name in ["a", "b"] {
        let url = page(&test, name);
        test.post(IMAGES, json!({"url": url}).to_string()).await.is(201);
        test.work().await;
    }
    let (last, before) = (image(&test, 2).await, data(&test).await);
    let answer = patch(&test, &last, &json!({"alt": "from the left", "position": 0})).await.is(200);
    let moved = answer.json()["data"].clone();
    let order: Vec<_> = moved["images"].as_array().unwrap().iter().map(|image| &image["id"]).collect();
    assert_eq!(order, [2, 0, 1].map(|place: usize| &before["images"][place]["id"]));
    assert_eq!((&moved["images"][0]["alt"], &moved["images"][0]["position"]), (&json!("from the left"), &json!(0)));
    assert_eq!(moved["compressed_product_images"].as_array().map(Vec::len), Some(3));
    assert_eq!(data(&test).await, moved);
    let silent = send(&test, Method::PATCH, &last, JSON, &json!({"alt": null, "position": 99}), None).await.is(200);
    let silent = silent.json()["data"]["images"][2].clone();
    assert_eq!((&silent["id"], &silent["alt"], &silent["position"]), (order[0], &Value::Null, &json!(2)));
    let wrong = json!({"alt": 7, "position": -1, "status": "ready", "colour": "red"});
    let answer = patch(&test, &last, &wrong).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/alt", "/position", "/colour", "/status"]);
}

#[tokio::test]
async fn an_image_is_replaced_by_a_file_or_by_json() {
    let test = uploaded().await;
    let (path, before) = (image(&test, 0).await, data(&test).await);
    let url = page(&test, "a");
    let answer = put(&test, &path, &json!({"url": url})).await.is(200);
    assert_eq!(answer.header("retry-after"), "1");
    let replaced = answer.json()["data"]["images"][0].clone();
    assert_eq!(replaced["id"], before["images"][0]["id"]);
    assert_eq!((&replaced["status"], &replaced["source"]["url"]), (&json!("pending"), &json!(url)));
    test.work().await;
    let encoded = STANDARD.encode(picture(3, 3));
    let replaced = put(&test, &path, &json!({"base64": encoded})).await.is(200).json();
    assert_eq!(replaced["data"]["images"][0]["source"]["kind"], "base64");
    test.work().await;
    let form = |form: Form| {
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        test.send(request(Method::PUT, &path).content_type(&content_type).body(form.finish()))
    };
    let file = || Form::default().part("file", "b.jpg", &picture(2, 2));
    let replaced = form(file()).await.is(200).json()["data"]["images"][0]["source"].clone();
    assert_eq!((&replaced["kind"], &replaced["filename"]), (&json!("upload"), &json!("b.jpg")));
    test.work().await;
    assert_eq!(data(&test).await["images"][0]["status"], "ready");
    assert_eq!(form(Form::default()).await.problem(422, "validation_failed").pointers(), ["/file"]);
    let two = form(file().part("file", "c.jpg", &picture(2, 2))).await.problem(422, "validation_failed");
    assert_eq!(two.pointers(), ["/file/1"]);
    assert_eq!(two.json()["errors"][0]["detail"], "exactly one file is expected");
    let unread = form(Form::default().part("file", "c.txt", b"text")).await.problem(415, "unsupported_image");
    assert_eq!(unread.pointers(), ["/file/0"]);
    assert_eq!(data(&test).await["revision"], 5);
}

#[tokio::test]
async fn an_image_is_removed() {
    let test = uploaded().await;
    let path = image(&test, 0).await;
    let stale = request(Method::DELETE, &path).header("If-Match", "\"1.1\"").finish();
    test.send(stale).await.problem(412, "precondition_failed");
    delete(&test, &path).await.is(204);
    delete(&test, &path).await.problem(404, "not_found");
    let left = test.get(PRODUCT).await.is(200);
    assert_eq!((left.header("etag"), &left.json()["data"]["images"]), ("\"3.5\"", &json!([])));
}

#[tokio::test]
async fn a_failed_image_is_tried_again_and_another_is_not() {
    let test = TestApi::new().with_product().await;
    let url = "http://a.example/gone.png";
    test.web.put(ImageUrl::new(url).unwrap(), MemoryPage::Status(404, None));
    test.post(IMAGES, json!({"url": url}).to_string()).await.is(201);
    let retry = format!("{}/retry", image(&test, 0).await);
    let post = || test.send(request(Method::POST, &retry).finish());
    post().await.problem(409, "wrong_state");
    test.work().await;
    assert_eq!(data(&test).await["images"][0]["status"], "failed");
    page(&test, "gone");
    let answer = post().await.is(202);
    assert_eq!((answer.header("retry-after"), &answer.json()["data"]["images"][0]["status"]), ("1", &json!("pending")));
    assert_eq!(answer.header("etag"), test.get(PRODUCT).await.header("etag"));
    test.work().await;
    assert_eq!(data(&test).await["images"][0]["status"], "ready");
    post().await.problem(409, "wrong_state");
}

#[tokio::test]
async fn an_update_that_changes_one_of_three_urls_downloads_only_that_one() {
    let test = TestApi::new().with_product().await;
    let urls: Vec<String> = ["a", "b", "c", "d"].map(|name| page(&test, name)).to_vec();
    patch(&test, PRODUCT, &json!({"product_images": &urls[..3]})).await.is(200);
    for _ in 0..3 {
        test.work().await;
    }
    let before = data(&test).await;
    patch(&test, PRODUCT, &json!({"product_images": [urls[0], urls[3], urls[2]]})).await.is(200);
    test.work().await;
    let after = data(&test).await;
    assert_eq!((&after["images"][0], &after["images"][2]), (&before["images"][0], &before["images"][2]));
    assert_eq!(after["images"][1]["source"]["url"], urls[3]);
    assert_eq!(after["images_summary"]["ready"], 3);
    let asked: Vec<_> = urls.iter().map(|url| test.web.requests(&ImageUrl::new(url).unwrap())).collect();
    assert_eq!(asked, [1, 1, 1, 1]);
}
