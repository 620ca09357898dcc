//! The same bytes more than once.

use super::house::House;
use serde_json::Value;
use std::collections::BTreeSet;
use wareroom_test_kit::{Encoding, OriginPage, Picture};

pub(super) async fn the_same_bytes_at_two_products_are_two_images(house: &House) {
    let picture = Picture::new(20, 800, 600);
    let file = picture.encode(Encoding::Jpeg);
    // At one URL for both, and beside it as uploads.
    let url = house.page("/same", OriginPage::image(file.clone()));
    let mut images: Vec<Value> = vec![];
    for name in ["one", "two"] {
        let product = house.product(name, std::slice::from_ref(&url)).await;
        house.client.upload(product, vec![("same.jpg".to_owned(), file.clone())]).await.unwrap().expect(201);
        images.extend(house.settled(product).await);
    }
    let ids: BTreeSet<_> = images.iter().map(|image| image["id"].as_str().unwrap()).collect();
    assert_eq!((images.len(), ids.len()), (4, 4), "{images:#?}");
    for image in &images {
        house.assert_shows(image, picture).await;
        assert_eq!(image["source"]["sha256"], images[0]["source"]["sha256"], "{images:#?}");
        assert_eq!(image["source"]["bytes"].as_u64(), Some(file.len() as u64), "{image:#}");
    }
}
