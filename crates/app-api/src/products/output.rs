//! Products as clients see them.

use crate::images::Image;
use crate::links::Links;
use crate::near_cache::Kept;
use crate::schema::{Instant, Link};
use crate::{etag, payload};
use poem_openapi::Object;
use serde::Serialize;
use wareroom_domain::{self as domain, ImageState, ImageUrl, image::MAIN};
use wareroom_ports::ProductView;

/// A product with its images.
#[derive(Object, Serialize)]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
pub(crate) struct Product {
    /// Identity.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    id: i64,
    /// Whom it belongs to.
    #[oai(validator(minimum(value = "1"), maximum(value = "9007199254740991")))]
    user_id: i64,
    /// What it is called.
    #[oai(validator(max_length = 255))]
    product_name: String,
    /// What it is.
    #[oai(validator(max_length = 65536))]
    product_description: String,
    /// What it costs, exact to two places.
    #[oai(validator(minimum(value = "0"), maximum(value = "99999999.99")))]
    product_price: f64,
    /// The URLs of the images that came by URL.
    #[oai(validator(max_items = 1000))]
    product_images: Vec<Link>,
    /// The URL of the main rendition of each image that is ready, in their order.
    #[oai(validator(max_items = 1000))]
    compressed_product_images: Vec<Link>,
    /// Its images, by position.
    #[oai(validator(max_items = 1000))]
    images: Vec<Image>,
    /// How many images are how far.
    images_summary: ImagesSummary,
    /// Grows with each write of a client.
    revision: u64,
    /// Grows with each change.
    version: u64,
    /// When it was created.
    created_at: Instant,
    /// When it changed last.
    updated_at: Instant,
}

/// How many images are how far.
#[derive(Default, Object, Serialize)]
struct ImagesSummary {
    /// They wait.
    pending: u32,
    /// They are being worked on.
    processing: u32,
    /// Their renditions are there.
    ready: u32,
    /// They were given up; each says why.
    failed: u32,
}

/// An answer with a product.
#[derive(Object, Serialize)]
pub(crate) struct ProductAnswer {
    data: Product,
    /// What happened, in words.
    #[oai(validator(max_length = 255))]
    message: String,
}

impl ProductAnswer {
    pub(crate) fn new(view: &ProductView, links: &Links, message: &str) -> Self {
        Self { data: Product::new(view, links), message: message.to_owned() }
    }
}

impl Product {
    pub(crate) fn new(view: &ProductView, links: &Links) -> Self {
        let domain::Product { id, owner, name, description, price, revision, version, created_at, updated_at } =
            &view.product;
        Self {
            id: id.get(),
            user_id: owner.get(),
            product_name: name.to_string(),
            product_description: description.to_string(),
            // The shortest form of the nearest float is the price again: a law of the domain.
            product_price: price.to_string().parse().unwrap_or_default(),
            product_images: view.images.iter().filter_map(|image| image.source.url()).map(link).collect(),
            compressed_product_images: view.images.iter().filter_map(|image| main_rendition(image, links)).collect(),
            images: view.images.iter().zip(0..).map(|(image, place)| Image::new(image, place, links)).collect(),
            images_summary: ImagesSummary::of(&view.images),
            revision: revision.0,
            version: version.0,
            created_at: Instant(created_at.to_string()),
            updated_at: Instant(updated_at.to_string()),
        }
    }
}

impl ImagesSummary {
    fn of(images: &[domain::Image]) -> Self {
        images.iter().fold(Self::default(), |mut summary, image| {
            *match image.state {
                ImageState::Pending { .. } => &mut summary.pending,
                ImageState::Processing => &mut summary.processing,
                ImageState::Ready { .. } => &mut summary.ready,
                ImageState::Failed(_) => &mut summary.failed,
            } += 1;
            summary
        })
    }
}

fn link(url: &ImageUrl) -> Link {
    Link(url.to_string())
}

fn main_rendition(image: &domain::Image, links: &Links) -> Option<Link> {
    let ImageState::Ready { renditions, .. } = &image.state else { return None };
    renditions.iter().find(|rendition| rendition.name == MAIN).map(|rendition| Link(links.rendition(rendition)))
}

/// The answer to `GET /products/{id}`, ready to be kept: the same bytes wherever the product was read from.
pub(crate) fn rendered(view: &ProductView, links: &Links) -> Kept {
    Kept {
        version: view.product.version,
        owner: view.product.owner,
        etag: etag::of(view.product.revision, view.product.version),
        body: payload::render(&ProductAnswer::new(view, links, "Product found")),
        unsettled: view.images.iter().any(|image| !image.state.settled()),
    }
}
