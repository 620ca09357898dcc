//! Reads of products, counted by where the answer came from.

use async_trait::async_trait;
use metrics::{Counter, counter};
use std::sync::Arc;
use wareroom_domain::ProductId;
use wareroom_ports::{Origin, ProductFilter, ProductPage, ProductQueries, ProductView, StoreError};

pub(super) struct MeasuredProducts {
    inner: Arc<dyn ProductQueries>,
    hits: Counter,
    misses: Counter,
}

impl MeasuredProducts {
    pub(super) fn new(inner: Arc<dyn ProductQueries>) -> Self {
        let result = |result: &'static str| counter!("wareroom_shared_cache_total", "result" => result);
        Self { inner, hits: result("hit"), misses: result("miss") }
    }
}

#[async_trait]
impl ProductQueries for MeasuredProducts {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        let found = self.inner.get(id).await?;
        match found.1 {
            Origin::Cache => self.hits.increment(1),
            Origin::Store => self.misses.increment(1),
        }
        Ok(found)
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        self.inner.list(filter, page).await
    }
}
