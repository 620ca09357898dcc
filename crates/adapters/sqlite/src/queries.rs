//! Products as readers see them, read beside the writer.

use crate::{SqliteStore, images, products};
use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::{ImageOwner, ProductId};
use wareroom_ports::{Origin, ProductQueries, ProductView, StoreError};

#[async_trait]
impl ProductQueries for SqliteStore {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let view = self.shared.read(move |connection| {
            // One transaction, so that the images are those of the version that the product has.
            let moment = connection.transaction()?;
            let Some(product) = products::load(&moment, id)? else { return Ok(None) };
            let images = images::of_owner(&moment, ImageOwner::Product(id))?;
            Ok(Some(Arc::new(ProductView { product, images })))
        });
        Ok((view.await?, Origin::Store))
    }
}
