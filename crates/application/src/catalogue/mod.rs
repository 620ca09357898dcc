//! Products.

pub(crate) mod create_product;
pub(crate) mod get_product;

pub use create_product::CreateProduct;
pub use get_product::FoundProduct;
