//! The promises of the ports, kept by the decorators over the memory adapter.

use crate::stand::Stand;
use std::{sync::Arc, time::Duration};
use wareroom_domain::{ProductId, Version};
use wareroom_memory::{MemoryCache, MemoryConfig};
use wareroom_port_contracts::{
    async_trait, invalidations::InvalidationsFixture, queries::QueriesFixture, store::StoreFixture,
};
use wareroom_ports::{Invalidation, Invalidations, ProductQueries, Store};

#[async_trait]
impl StoreFixture for Stand {
    async fn fresh(begin_wait: Duration) -> Self {
        Self::with(MemoryConfig { begin_wait, ..MemoryConfig::default() }, Arc::new(MemoryCache::new(500)))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }
}

#[async_trait]
impl QueriesFixture for Stand {
    fn queries(&self) -> Arc<dyn ProductQueries> {
        Arc::clone(&self.queries)
    }

    async fn announce(&self, product: ProductId, version: Version) {
        self.invalidations.announce(&[Invalidation::Product(product, version)]).await;
    }
}

#[async_trait]
impl InvalidationsFixture for Stand {
    async fn fresh() -> Self {
        Self::new()
    }

    fn invalidations(&self) -> Arc<dyn Invalidations> {
        Arc::clone(&self.invalidations)
    }
}

wareroom_port_contracts::queries_suite!(Stand);
wareroom_port_contracts::invalidations_suite!(Stand);
