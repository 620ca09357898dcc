//! Reads outside a unit of work: what is committed, under one lock, so of one moment.

use crate::store::MemoryStore;
use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::{ImageOwner, ProductId};
use wareroom_ports::{Origin, ProductQueries, ProductView, StoreError};

#[async_trait]
impl ProductQueries for MemoryStore {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let state = self.shared.read();
        let view = state.products.get(&id).map(|product| {
            let images = state.images.of_owner(ImageOwner::Product(id)).map(|row| row.image.clone()).collect();
            Arc::new(ProductView { product: product.clone(), images })
        });
        Ok((view, Origin::Store))
    }
}
