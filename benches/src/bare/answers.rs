//! What the bare programs are sent, and what they answer.

use serde::{Deserialize, Serialize};

/// The answer to GET of a product without images, byte for byte.
#[derive(Serialize)]
pub(super) struct Found {
    data: Product,
    message: &'static str,
}

impl From<Product> for Found {
    fn from(data: Product) -> Self {
        Self { data, message: "Product found" }
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
pub(super) struct Product {
    pub(super) id: i64,
    pub(super) user_id: i64,
    pub(super) product_name: String,
    pub(super) product_description: String,
    pub(super) product_price: f64,
    pub(super) product_images: [(); 0],
    pub(super) compressed_product_images: [(); 0],
    pub(super) images: [(); 0],
    pub(super) images_summary: Summary,
    pub(super) revision: i64,
    pub(super) version: i64,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

#[derive(Default, Serialize)]
pub(super) struct Summary {
    pending: u32,
    processing: u32,
    ready: u32,
    failed: u32,
}

/// What POST brings.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Draft {
    pub(super) user_id: i64,
    pub(super) product_name: String,
    pub(super) product_description: String,
    pub(super) product_price: f64,
    pub(super) product_images: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Created {
    pub(super) id: i64,
    #[serde(flatten)]
    pub(super) draft: Draft,
}
