//! A store that is wrong, with all that comes with one: blob references, dead letters, idempotency keys, outbox, events,
//! retention, queries and lists.

mod faults;
mod keys;
mod letters;
mod lists;
mod parts;
mod reads;
mod repositories;
mod retention;
mod unit;

use crate::proof::fault;
use async_trait::async_trait;
use faults::Fault;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::Instant;
use unit::WrongUnit;
use wareroom_domain::{BlobKey, DeadLetterId, Event, Image, ImageId, MessageId, ProductId, Sha256, Stamped};
use wareroom_memory::{MemoryConfig, MemoryStore};
use wareroom_port_contracts::dead_letter_queries::DeadLetterQueriesFixture;
use wareroom_port_contracts::events::EventsFixture;
use wareroom_port_contracts::outbox::OutboxFixture;
use wareroom_port_contracts::queries::QueriesFixture;
use wareroom_port_contracts::store::StoreFixture;
use wareroom_port_contracts::user_queries::UserQueriesFixture;
use wareroom_ports::{
    DeadLetter, DeadLetterQueries, EventLog, IdempotencyKey, OutboxRelay, ProductQueries, ProductView, Retention,
    Store, StoreError, UnitOfWork, UserQueries,
};

/// The store in memory, with a fault. Clones share one.
#[derive(Clone)]
struct Wrong {
    behind: MemoryStore,
    fault: Option<Fault>,
    remembered: Arc<Mutex<Remembered>>,
}

/// What faults remember from one call to another.
#[derive(Default)]
struct Remembered {
    /// The product inserted last, by its real id.
    product: Option<ProductId>,
    /// Every image that was inserted.
    images: Vec<Image>,
    /// Every image that was stuck once.
    stuck: Vec<ImageId>,
    /// When the claim on a key ends, by the last word on it.
    claims: HashMap<BlobKey, Instant>,
    held: HashSet<BlobKey>,
    condemned: HashSet<BlobKey>,
    /// The newest token that a row was lent under.
    tokens: HashMap<MessageId, u64>,
    /// Events in a log of the fault's own.
    log: Vec<Stamped<Event>>,
    sequenced: usize,
    views: HashMap<ProductId, Arc<ProductView>>,
    /// How many products were listed since a list was begun.
    listed: usize,
    /// Every dead letter that was added, with its moment.
    letters: Vec<(Timestamp, DeadLetterId)>,
    /// Every dead letter that was given as marked.
    marked: Vec<DeadLetter>,
    /// Every key that was granted.
    keys: HashMap<IdempotencyKey, RememberedKey>,
    /// Keys that somebody asked to forget.
    forgotten: HashSet<IdempotencyKey>,
    /// The moment that events were removed up to.
    removed_before: Option<Timestamp>,
}

/// A key as it was granted last.
#[derive(Clone, Copy)]
struct RememberedKey {
    token: u64,
    fingerprint: Sha256,
    at: Timestamp,
    answered: bool,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap()
    }

    fn image(&self, id: ImageId) -> Option<Image> {
        self.remembered().images.iter().find(|image| image.id == id).cloned()
    }
}

#[async_trait]
impl Store for Wrong {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        match self.behind.begin().await {
            Ok(behind) => Ok(Box::new(WrongUnit::new(self.clone(), behind))),
            Err(StoreError::Busy) if self.is(Fault::HangsWhenBusy) => std::future::pending().await,
            Err(error) => Err(error),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.is(Fault::IsNeverFit) { Err(StoreError::Busy) } else { self.behind.check().await }
    }
}

#[async_trait]
impl StoreFixture for Wrong {
    async fn fresh(begin_wait: Duration) -> Self {
        let behind = MemoryStore::new(MemoryConfig { begin_wait, ..MemoryConfig::default() });
        Self { behind, fault: fault(), remembered: Arc::default() }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl OutboxFixture for Wrong {
    fn relay(&self) -> Arc<dyn OutboxRelay> {
        Arc::new(self.clone())
    }

    fn events(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl EventsFixture for Wrong {
    fn events(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }

    fn retention(&self) -> Arc<dyn Retention> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl QueriesFixture for Wrong {
    fn queries(&self) -> Arc<dyn ProductQueries> {
        Arc::new(self.clone())
    }
}

impl UserQueriesFixture for Wrong {
    fn users(&self) -> Arc<dyn UserQueries> {
        Arc::new(self.clone())
    }
}

impl DeadLetterQueriesFixture for Wrong {
    fn dead_letters(&self) -> Arc<dyn DeadLetterQueries> {
        Arc::new(self.clone())
    }
}
