//! `/products/{id}/images`: all files of a request, or none.

use crate::support::{BOUNDARY, Form, TestApi, picture, request};
use poem::http::Method;

const IMAGES: &str = "/products/1/images";

#[tokio::test]
async fn images_are_accepted_and_then_ready() {
    let test = TestApi::new().with_product().await;
    let form = Form::default().part("file", "/home/ada/kettle.jpg", &picture(16, 8)).part("file", "", &picture(3, 3));
    let answer = test.upload(IMAGES, form).await.is(201);
    assert_eq!(answer.header("etag"), "\"2.2\"");
    assert_eq!(answer.header("location"), "http://shop.test/products/1");
    assert_eq!(answer.header("retry-after"), "1");
    insta::assert_json_snapshot!("images_pending", answer.json());
    test.work().await;
    test.work().await;
    insta::assert_json_snapshot!("images_ready", test.get("/products/1").await.is(200).json());
}

#[tokio::test]
async fn a_damaged_image_is_a_failed_one() {
    let test = TestApi::new().with_product().await;
    let whole = picture(4, 4);
    test.upload(IMAGES, Form::default().part("file", "a.jpg", &whole[..whole.len() - 3])).await.is(201);
    test.work().await;
    let product = test.get("/products/1").await.is(200).json();
    let error = &product["data"]["images"][0]["error"];
    assert_eq!((error["code"].as_str(), error["retryable"].as_bool()), (Some("truncated"), Some(false)));
    assert_eq!(product["data"]["images_summary"]["failed"], 1);
}

#[tokio::test]
async fn every_refused_file_is_told_and_none_is_kept() {
    let test = TestApi::new().with_product().await;
    let refused = |form| test.upload(IMAGES, form);
    let form = Form::default().part("file", "a", &picture(4, 4)).part("file", "b", b"text").part("file", "c", b"");
    assert_eq!(refused(form).await.problem(415, "unsupported_image").pointers(), ["/file/1", "/file/2"]);
    let form = Form::default().part("file", "a", &picture(4, 4)).part("file", "b", &[0; 4001]);
    assert_eq!(refused(form).await.problem(413, "payload_too_large").pointers(), ["/file/1"]);
    let mut huge = picture(1, 1).to_vec();
    huge[4..12].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let form = Form::default().part("file", "a", &huge);
    assert_eq!(refused(form).await.problem(422, "too_many_pixels").pointers(), ["/file/0"]);
    let form = Form::default().part("file", "a", &picture(1, 1)).part("picture", "b", b"x").part("alt", "c", b"y");
    assert_eq!(refused(form).await.problem(422, "validation_failed").pointers(), ["/picture", "/alt"]);
    let form = Form::default().part("file", "a", &[0; 4001]).part("other", "b", b"x").part("file", "c", &picture(1, 1));
    assert_eq!(refused(form).await.problem(422, "validation_failed").pointers(), ["/other", "/file/0"]);
    assert_eq!(refused(Form::default()).await.problem(422, "validation_failed").pointers(), ["/file"]);
    let four = (0..4).fold(Form::default(), |form, _| form.part("file", "a", &picture(1, 1)));
    assert_eq!(refused(four).await.problem(422, "too_many_images").pointers(), ["/file/3"]);
    let many = (0..200).fold(Form::default(), |form, _| form.part("x", "a", b""));
    assert_eq!(refused(many).await.problem(422, "validation_failed").pointers().len(), 100);
    let product = test.get("/products/1").await.is(200).json();
    assert_eq!(product["data"]["images"].as_array().map(Vec::len), Some(0));
    assert_eq!(product["data"]["version"], 1);
}

#[tokio::test]
async fn a_product_has_room_for_so_many_images() {
    let test = TestApi::new().with_product().await;
    let two = || Form::default().part("file", "a", &picture(1, 1)).part("file", "b", &picture(2, 2));
    test.upload(IMAGES, two()).await.is(201);
    assert_eq!(test.upload(IMAGES, two()).await.problem(422, "too_many_images").pointers(), ["/file/1"]);
    test.upload(IMAGES, Form::default().part("file", "a", &picture(1, 1))).await.is(201);
    let full = test.upload(IMAGES, two()).await.problem(422, "too_many_images");
    assert_eq!(full.pointers(), ["/file/0", "/file/1"]);
    assert_eq!(test.get("/products/1").await.is(200).json()["data"]["version"], 3);
}

#[tokio::test]
async fn images_of_nothing_are_refused() {
    let test = TestApi::new().with_product().await;
    for path in ["/products/2/images", "/products/abc/images", "/products/0/images"] {
        test.upload(path, Form::default().part("file", "a", &picture(1, 1))).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_form_that_breaks_off_is_not_taken_for_a_whole_one() {
    let test = TestApi::new().with_product().await;
    let send = |content_type: &'static str, body: Vec<u8>| {
        test.send(request(Method::POST, IMAGES).content_type(content_type).body(body))
    };
    let form = || Form::default().part("file", "a", &picture(4, 4));
    let content_type = "multipart/form-data; boundary=frontier";
    assert!(content_type.ends_with(BOUNDARY));
    let mut cut = form().cut();
    cut.truncate(cut.len() - 20);
    send(content_type, cut).await.problem(400, "invalid_request");
    send(content_type, vec![]).await.problem(400, "invalid_request");
    send("multipart/form-data", form().finish()).await.problem(400, "invalid_request");
    send("application/octet-stream", picture(4, 4).to_vec()).await.problem(415, "unsupported_media_type");
    let bare = request(Method::POST, IMAGES).body(form().finish());
    test.send(bare).await.problem(415, "unsupported_media_type");
    assert_eq!(test.get("/products/1").await.is(200).json()["data"]["version"], 1);
}

#[tokio::test]
async fn a_part_without_a_name_cannot_be_read() {
    let test = TestApi::new().with_product().await;
    for disposition in [
        "Content-Disposition: form-data; filename=\"a.png\"\r\n",
        "Content-Disposition: form-data\r\n",
        "Content-Type: text/plain\r\n",
    ] {
        let form = format!("--{BOUNDARY}\r\n{disposition}\r\nx\r\n--{BOUNDARY}--\r\n");
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let answer = test.send(request(Method::POST, IMAGES).content_type(&content_type).body(form)).await;
        let detail = answer.problem(400, "invalid_request").json()["detail"].clone();
        assert!(detail.as_str().is_some_and(|detail| detail.contains("has no name")), "{disposition}: {detail}");
    }
}
