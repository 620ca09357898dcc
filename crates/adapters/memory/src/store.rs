//! The store: one writer at a time, any number of readers.

use crate::config::MemoryConfig;
use crate::lending::Lending;
use crate::state::State;
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wareroom_ports::{DeadLetter, Store, StoreError, UnitOfWork};

/// A store in memory: products, images, users, blob references, dead letters, idempotency keys, jobs and events. Clones share one state.
///
/// Units of work run one after another, so they never conflict; readers see what is committed and never wait for a unit.
/// Leases, due times and the ages of images go by `tokio::time::Instant`.
#[derive(Clone)]
pub struct MemoryStore {
    pub(crate) shared: Arc<Shared>,
    writer: Arc<Semaphore>,
    pub(crate) config: MemoryConfig,
}

pub(crate) struct Shared {
    state: RwLock<State>,
    pub(crate) jobs: Arc<Lending>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(config: MemoryConfig) -> Self {
        let shared = Shared { state: RwLock::default(), jobs: Arc::default() };
        Self { shared: Arc::new(shared), writer: Arc::new(Semaphore::new(1)), config }
    }

    /// How many job rows are left: waiting, not due yet, or on loan. For tests.
    pub fn jobs(&self) -> usize {
        self.shared.jobs.len()
    }

    /// Every committed dead letter, by id. For tests.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.read().dead_letters.all().cloned().collect()
    }

    /// The writer's place, or `Busy`.
    pub(crate) async fn writer(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let place = Arc::clone(&self.writer).acquire_owned();
        match tokio::time::timeout(self.config.begin_wait, place).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(StoreError::Busy),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(MemoryConfig::default())
    }
}

// A panic cannot leave a lock's content half changed: nothing that holds one calls code that could panic. So a poisoned
// lock is as good as any.
impl Shared {
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let writer = self.writer().await?;
        Ok(Box::new(MemoryUnit::new(Arc::clone(&self.shared), writer)))
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.writer().await.map(drop)
    }
}
