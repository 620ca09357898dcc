//! What was read is sent back as it is, and nothing is another image or at another place for that.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, Form, TestApi, picture, request};
use poem::http::Method;
use serde_json::{Value, json};

const PRODUCT: &str = "/products/1";
const IMAGES: &str = "/products/1/images";

/// As many images as a product of the test has room for.
const ROOM: usize = 3;

async fn send(test: &TestApi, method: Method, path: &str, body: &Value) -> Answer {
    test.send(request(method, path).content_type("application/json").body(body.to_string())).await
}

async fn product(test: &TestApi) -> Value {
    test.get(PRODUCT).await.is(200).json()["data"].clone()
}

fn images(product: &Value) -> Vec<Value> {
    product["images"].as_array().unwrap().clone()
}

fn path(image: &Value) -> String {
    format!("{IMAGES}/{}", image["id"].as_str().unwrap())
}

/// A product whose images are told apart by their words. 0 was uploaded, any other number is in the URL.
async fn with_images(sources: &[usize]) -> TestApi {
    let test = TestApi::new().with_product().await;
    for source in sources {
        if *source == 0 {
            test.upload(IMAGES, Form::default().part("file", "a", &picture(1, 1))).await.is(201);
        } else {
            let url = format!("http://a.example/{source}");
            test.post(IMAGES, json!({"url": url}).to_string()).await.is(201);
        }
    }
    for (image, number) in images(&product(&test).await).iter().zip(0..) {
        send(&test, Method::PATCH, &path(image), &json!({"alt": format!("image {number}")})).await.is(200);
    }
    test
}

#[tokio::test]
async fn an_image_that_is_sent_its_own_position_stays_where_it_is_whichever_others_were_removed() {
    for removed in 0_usize..1 << ROOM {
        let test = with_images(&[0; ROOM]).await;
        for (number, image) in images(&product(&test).await).iter().enumerate() {
            if removed & (1 << number) != 0 {
                test.send(request(Method::DELETE, &path(image)).finish()).await.is(204);
            }
        }
        let before = images(&product(&test).await);
        let positions: Vec<_> = before.iter().map(|image| image["position"].as_u64().unwrap()).collect();
        assert_eq!(positions, (0..).take(before.len()).collect::<Vec<_>>(), "without {removed:b}");
        for image in &before {
            assert_eq!(test.get(&path(image)).await.is(200).json()["data"], *image);
            let own = json!({"position": image["position"]});
            let after = send(&test, Method::PATCH, &path(image), &own).await.is(200).json()["data"].clone();
            assert_eq!(images(&after), before, "without {removed:b}");
        }
    }
}

#[tokio::test]
async fn the_urls_as_they_were_read_change_no_image_whichever_are_the_same() {
    for number in 0..ROOM.pow(3) {
        let sources = [number % ROOM, number / ROOM % ROOM, number / ROOM / ROOM];
        let test = with_images(&sources).await;
        let before = product(&test).await;
        let urls = json!({"product_images": before["product_images"]});
        let patched = send(&test, Method::PATCH, PRODUCT, &urls).await.is(200).json()["data"].clone();
        assert_eq!(images(&patched), images(&before), "{sources:?}");
        let members = ["user_id", "product_name", "product_description", "product_price", "product_images"];
        let whole: Value = members.iter().map(|member| ((*member).to_owned(), before[member].clone())).collect();
        let put = send(&test, Method::PUT, PRODUCT, &whole).await.is(200).json()["data"].clone();
        assert_eq!(images(&put), images(&before), "{sources:?}");
    }
}

#[tokio::test]
async fn a_new_url_that_is_repeated_is_one_image() {
    let test = with_images(&[1, 1]).await;
    let before = product(&test).await;
    let [old, new] = ["http://a.example/1", "http://a.example/2"];
    let list = json!({"product_images": [new, old, new]});
    let after = send(&test, Method::PATCH, PRODUCT, &list).await.is(200).json()["data"].clone();
    assert_eq!(after["product_images"], json!([new, old]));
    assert_eq!(after["images"][1]["alt"], before["images"][0]["alt"]);
}
