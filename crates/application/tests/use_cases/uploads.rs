//! Users, products and uploads.

use bytes::Bytes;
use wareroom_application::{AddImages, Context, CreateProduct, Error, ErrorCode, UploadedFile};
use wareroom_domain::{BlobKey, Description, Format, ImageState, Price, ProductId, ProductName, Sha256, UserId};
use wareroom_ports::Origin;
use wareroom_test_kit::TestApp;

async fn upload(app: &TestApp, product: ProductId, files: Vec<Bytes>) -> Result<usize, Error> {
    let files = files.into_iter().map(|bytes| UploadedFile { filename: None, bytes }).collect();
    let added = app.application.add_images(&Context::operator(), AddImages::new(product, files)).await?;
    Ok(added.added.len())
}

#[tokio::test]
async fn a_product_of_nobody_is_refused_with_the_field() {
    let app = TestApp::new();
    let command = CreateProduct {
        owner: UserId::new(404).unwrap(),
        name: ProductName::new("kettle").unwrap(),
        description: Description::new("").unwrap(),
        price: Price::default(),
        images: vec![],
    };
    let error = app.application.create_product(&Context::operator(), command).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownUser);
    assert_eq!(error.faults[0].pointer, "/user_id");
}

#[tokio::test]
async fn an_upload_raises_revision_and_version_and_is_seen_at_once() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.view(product.id).await;
    app.upload(product.id, 10).await;
    let view = app.view(product.id).await;
    assert_eq!((view.product.revision.0, view.product.version.0), (2, 2));
    assert_eq!(view.images.len(), 1);
    assert_eq!(view.images[0].state, ImageState::Pending { setback: None });
    app.work().await;
}

#[tokio::test]
async fn the_files_of_a_request_are_all_or_nothing_and_each_fault_is_named() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let files = vec![TestApp::image(1), Bytes::from_static(b"%PDF-1.7"), Bytes::from_static(b"hello")];
    let error = upload(&app, product.id, files).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnsupportedImage);
    let pointers: Vec<&str> = error.faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/file/1", "/file/2"]);
    assert!(app.view(product.id).await.images.is_empty());
}

#[tokio::test]
async fn a_file_over_the_size_and_one_over_the_pixels_are_refused_before_anything_is_kept() {
    let app = TestApp::with(|settings| {
        settings.image_max_bytes = 1000;
        settings.codec.pixels = 10;
    });
    let product = app.product(app.user().await.id).await;
    let too_large = upload(&app, product.id, vec![Bytes::from(vec![0; 1001])]).await.unwrap_err();
    assert_eq!(too_large.code, ErrorCode::TooLarge);
    let too_many_pixels = upload(&app, product.id, vec![TestApp::image(1)]).await.unwrap_err();
    assert_eq!(too_many_pixels.code, ErrorCode::TooManyPixels);
    assert_eq!(upload(&app, product.id, vec![]).await.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test]
async fn a_product_takes_its_twenty_images_and_no_more() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let files = |count: u8| (0..count).map(TestApp::image).collect::<Vec<_>>();
    assert_eq!(upload(&app, product.id, files(15)).await.unwrap(), 15);
    let error = upload(&app, product.id, files(6)).await.unwrap_err();
    let pointers: Vec<_> = error.faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!((error.code, &pointers[..]), (ErrorCode::TooManyImages, &["/file/5"][..]));
    assert_eq!(upload(&app, product.id, files(5)).await.unwrap(), 5);
    let positions: Vec<u32> = app.view(product.id).await.images.iter().map(|image| image.position).collect();
    assert_eq!(positions, (0..20).collect::<Vec<_>>());
    app.work().await;
}

#[tokio::test]
async fn an_upload_to_a_product_that_is_not_there_is_not_found() {
    let app = TestApp::new();
    let error = upload(&app, ProductId::new(9).unwrap(), vec![TestApp::image(1)]).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn stores_that_are_gone_are_unavailable_and_nothing_is_half_accepted() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.blob_fault.set(true);
    let error = upload(&app, product.id, vec![TestApp::image(1)]).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unavailable);
    assert!(!error.detail.contains("gone"), "internals leak: {}", error.detail);
    assert!(app.application.check().await.is_err());
    app.blob_fault.set(false);
    app.store_fault.set(true);
    assert_eq!(upload(&app, product.id, vec![TestApp::image(1)]).await.unwrap_err().code, ErrorCode::Unavailable);
    app.store_fault.set(false);
    assert!(app.application.check().await.is_ok());
    assert!(app.view(product.id).await.images.is_empty());
}

#[tokio::test]
async fn a_rendition_is_found_by_its_key_and_a_source_never_is() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    app.work().await;
    let view = app.view(product.id).await;
    let ImageState::Ready { renditions, width, height } = &view.images[0].state else { panic!("{view:?}") };
    assert_eq!((*width, *height), (8, 4));
    assert_eq!(
        renditions.iter().map(|rendition| rendition.name.as_str()).collect::<Vec<_>>(),
        ["thumb", "medium", "main"]
    );
    for rendition in renditions {
        let blob = app.application.get_rendition(rendition.key, None).await.unwrap();
        assert_eq!(blob.meta.bytes, rendition.bytes);
    }
    let source = BlobKey::Source(view.images[0].source.sha256().unwrap());
    assert_eq!(app.application.get_rendition(source, None).await.err().unwrap().code, ErrorCode::NotFound);
    let unknown = BlobKey::Rendition(Sha256([0; 32]), Format::Jpeg);
    assert_eq!(app.application.get_rendition(unknown, None).await.err().unwrap().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_second_read_comes_from_the_cache_and_shows_the_same() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    let read = async || app.application.get_product(&Context::operator(), product.id).await.unwrap();
    let (first, second) = (read().await, read().await);
    assert_eq!((first.origin, second.origin), (Origin::Store, Origin::Cache));
    assert_eq!(first.view, second.view);
}
