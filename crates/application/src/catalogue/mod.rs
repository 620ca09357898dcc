//! Products.

pub(crate) mod create_product;
pub(crate) mod delete_product;
pub(crate) mod edit_product;
pub(crate) mod get_product;
pub(crate) mod list_products;

pub use create_product::CreateProduct;
pub use delete_product::DeleteProduct;
pub use edit_product::{EditProduct, ProductEdit};
pub use get_product::FoundProduct;
pub use list_products::ListProducts;
