//! Reads outside a unit of work. Caches are decorators of these.

use crate::StoreError;
use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::{Image, Product, ProductId};

/// A product with everything that its answer shows, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// Its images, by position, then by id.
    pub images: Vec<Image>,
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A cache.
    Cache,
    /// The store itself.
    Store,
}

/// Products as readers see them.
#[async_trait]
pub trait ProductQueries: Send + Sync {
    /// A product and its images.
    ///
    /// - MUST show every write that was acknowledged, and announced, before the call.
    /// - MUST show one moment: the images are those of the version that the product has.
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError>;
}
