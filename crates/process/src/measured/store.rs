//! Units of work, measured: how long one waits for them to begin, how long they take to commit, and how many are open.

use super::call::Call;
use async_trait::async_trait;
use metrics::{Gauge, gauge};
use std::sync::Arc;
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, Store, StoreError, UnitOfWork, UserRepo,
};

pub(super) struct MeasuredStore {
    inner: Arc<dyn Store>,
    begin: Call,
    commit: Arc<Call>,
    open: Gauge,
}

impl MeasuredStore {
    pub(super) fn new(inner: Arc<dyn Store>) -> Self {
        let call = |name| Call::new("store", name);
        Self { inner, begin: call("begin"), commit: Arc::new(call("commit")), open: gauge!("wareroom_store_units") }
    }
}

#[async_trait]
impl Store for MeasuredStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let inner = self.begin.time(self.inner.begin()).await?;
        let open = Open::new(&self.open);
        Ok(Box::new(MeasuredUnit { inner, commit: Arc::clone(&self.commit), open }))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }
}

/// Counts as one for as long as it lives.
struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

struct MeasuredUnit {
    inner: Box<dyn UnitOfWork>,
    commit: Arc<Call>,
    open: Open,
}

#[async_trait]
impl UnitOfWork for MeasuredUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self.inner.products()
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self.inner.images()
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self.inner.users()
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self.inner.blobs()
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self.inner.dead_letters()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self.inner.idempotency()
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.inner.outbox()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { inner, commit, open } = *self;
        let committed = commit.time(inner.commit()).await;
        drop(open);
        committed
    }
}
