//! Products with their images, each kind of row read by one statement for all of them.

use crate::{candidates::as_json, images, rows::to_product};
use rusqlite::{Connection, Result};
use std::collections::HashMap;
use wareroom_domain::ImageOwner;
use wareroom_ports::ProductView;

/// The products of these ids, in their order; those that do not exist are left out.
pub(crate) fn of(moment: &Connection, ids: &[i64]) -> Result<Vec<ProductView>> {
    let wanted = as_json(ids);
    let mut views = HashMap::with_capacity(ids.len());
    let mut select = moment.prepare_cached("SELECT * FROM products WHERE id IN (SELECT value FROM json_each(?1))")?;
    for product in select.query_map([&wanted], to_product)? {
        let product = product?;
        views.insert(product.id.get(), ProductView { product, images: vec![] });
    }
    for image in images::of_products(moment, &wanted)? {
        let ImageOwner::Product(product) = image.owner;
        if let Some(view) = views.get_mut(&product.get()) {
            view.images.push(image);
        }
    }
    Ok(ids.iter().filter_map(|id| views.remove(id)).collect())
}
