//! Products and images, changed by clients: what it does to them, to their files and to what is told.

mod images;
mod products;

use bytes::Bytes;
use std::time::Duration;
use wareroom_application::{
    AttemptBegun, Context, DeleteImage, DeleteProduct, EditImage, EditProduct, Error, ImageAttempt, ImageEdit,
    NewSource, Precondition, ProductEdit, ReplaceImage, RetryImage, UploadedFile,
};
use wareroom_domain::{Event, EventPosition, Image, ImageId, ImageUrl, Lane, ProductId, ProductName, Via};
use wareroom_memory::MemoryPage;
use wareroom_ports::{LogPage, ProductView};
use wareroom_test_kit::TestApp;

const A: &str = "http://a.example/a.png";
const B: &str = "http://a.example/b.png";
const C: &str = "http://a.example/c.png";
const GONE: &str = "http://a.example/gone.png";

fn url(text: &str) -> ImageUrl {
    ImageUrl::new(text).unwrap()
}

/// An application on a web where A, B and C are pictures. Blobs that nobody names go with the next prune.
fn app() -> TestApp {
    let app = TestApp::with(|settings| settings.blob_claim = Duration::ZERO);
    for (shade, page) in [A, B, C].into_iter().enumerate() {
        let shade = u8::try_from(shade).unwrap();
        app.web.put(url(page), MemoryPage::Body(TestApp::image(100 + shade)));
    }
    app.web.put(url(GONE), MemoryPage::Status(404, None));
    app
}

async fn edit_if(
    app: &TestApp,
    product: ProductId,
    precondition: Precondition,
    edit: ProductEdit,
) -> Result<ProductView, Error> {
    app.application.edit_product(&Context::operator(), EditProduct { product, precondition, edit }).await
}

async fn edit(app: &TestApp, product: ProductId, edit: ProductEdit) -> Result<ProductView, Error> {
    edit_if(app, product, Precondition::None, edit).await
}

fn images(urls: &[&str]) -> ProductEdit {
    ProductEdit { images: Some(urls.iter().copied().map(url).collect()), ..ProductEdit::default() }
}

fn name(text: &str) -> ProductEdit {
    ProductEdit { name: Some(ProductName::new(text).unwrap()), ..ProductEdit::default() }
}

async fn edit_image(app: &TestApp, product: ProductId, image: ImageId, edit: ImageEdit) -> Result<ProductView, Error> {
    let command = EditImage { product, image, precondition: Precondition::None, edit };
    app.application.edit_image(&Context::operator(), command).await
}

async fn delete_image(app: &TestApp, product: ProductId, image: ImageId) -> Result<(), Error> {
    let command = DeleteImage { product, image, precondition: Precondition::None };
    app.application.delete_image(&Context::operator(), command).await
}

async fn replace(app: &TestApp, product: ProductId, image: ImageId, source: NewSource) -> Result<ProductView, Error> {
    let command = ReplaceImage { product, image, precondition: Precondition::None, source };
    app.application.replace_image(&Context::operator(), command).await
}

async fn retry(app: &TestApp, product: ProductId, image: ImageId) -> Result<ProductView, Error> {
    let command = RetryImage { product, image, precondition: Precondition::None };
    Ok(app.application.retry_image(&Context::operator(), command).await?.result)
}

async fn delete(app: &TestApp, product: ProductId) -> Result<(), Error> {
    let command = DeleteProduct { product, precondition: Precondition::None };
    app.application.delete_product(&Context::operator(), command).await
}

/// Where each image came from, by position: its URL, or nothing for an upload.
fn sources(view: &ProductView) -> Vec<(u32, Option<&str>)> {
    view.images.iter().map(|image| (image.position, image.source.url().map(ImageUrl::as_str))).collect()
}

/// How many blobs go because nobody names them any more.
async fn pruned(app: &TestApp) -> u64 {
    app.application.prune(false).await.unwrap().blobs
}

async fn has_blobs(app: &TestApp, image: &Image) -> bool {
    let blobs = &app.application.ports().blobs;
    let mut found = 0;
    for key in image.blobs() {
        found += usize::from(blobs.head(&key).await.unwrap().is_some());
    }
    assert!(found == 0 || found == image.blobs().len(), "some of it is gone");
    found > 0
}

async fn told(app: &TestApp) -> Vec<Event> {
    while app.application.sequence_events().await.unwrap() > 0 {}
    let page = app.application.ports().events.read(EventPosition(0), 1000).await.unwrap();
    let LogPage::Events(events) = page else { panic!("nothing was removed: {page:?}") };
    events.iter().map(|(_, event)| event.body).collect()
}

/// An attempt at the next job, begun as a worker does.
async fn begun(app: &TestApp) -> ImageAttempt {
    let mut consumer = app.application.ports().queue.consume(Lane::Images, 1).await.unwrap();
    let delivery = consumer.receive().await.unwrap();
    let job = delivery.message.job().unwrap();
    let sourced = app.application.fetch_source(&job).await.unwrap();
    let begun = app.application.begin_attempt(&job, &sourced).await.unwrap();
    delivery.ack().await.unwrap();
    let AttemptBegun::Attempt(attempt) = begun else { panic!("nothing to attempt: {begun:?}") };
    *attempt
}

fn upload(via: Via, bytes: Bytes) -> NewSource {
    NewSource::Upload { via, file: UploadedFile { filename: None, bytes } }
}
