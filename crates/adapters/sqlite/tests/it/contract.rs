//! The promises of every port that the store implements, each case on a fresh database.

use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use wareroom_port_contracts::{
    async_trait, dead_letter_queries::DeadLetterQueriesFixture, events::EventsFixture, outbox::OutboxFixture,
    queries::QueriesFixture, queue::QueueFixture, store::StoreFixture, transfer::TransferFixture,
    user_queries::UserQueriesFixture,
};
use wareroom_ports::{
    DeadLetterQueries, EventLog, Export, Import, OutboxRelay, ProductQueries, Queue, Retention, Store, UserQueries,
};
use wareroom_sqlite::{SqliteConfig, SqliteStore, SqliteTransfer};

struct Fixture {
    store: SqliteStore,
    transfer: SqliteTransfer,
    _folder: TempDir,
}

impl Fixture {
    async fn with(settings: impl FnOnce(&mut SqliteConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = SqliteConfig::at(folder.path().join("wareroom.db"));
        settings(&mut config);
        let transfer = SqliteTransfer::at(&config).unwrap();
        Self { store: SqliteStore::open(config).await.unwrap(), transfer, _folder: folder }
    }
}

#[async_trait]
impl StoreFixture for Fixture {
    async fn fresh(begin_wait: Duration) -> Self {
        Self::with(|config| config.begin_wait = begin_wait).await
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }
}

impl OutboxFixture for Fixture {
    fn relay(&self) -> Arc<dyn OutboxRelay> {
        Arc::new(self.store.clone())
    }

    fn events(&self) -> Arc<dyn EventLog> {
        Arc::new(self.store.clone())
    }
}

impl EventsFixture for Fixture {
    fn events(&self) -> Arc<dyn EventLog> {
        Arc::new(self.store.clone())
    }

    fn retention(&self) -> Arc<dyn Retention> {
        Arc::new(self.store.clone())
    }
}

impl TransferFixture for Fixture {
    fn export(&self) -> Arc<dyn Export> {
        Arc::new(self.transfer.clone())
    }

    fn import(&self) -> Arc<dyn Import> {
        Arc::new(self.transfer.clone())
    }
}

impl QueriesFixture for Fixture {
    fn queries(&self) -> Arc<dyn ProductQueries> {
        Arc::new(self.store.clone())
    }
}

impl UserQueriesFixture for Fixture {
    fn users(&self) -> Arc<dyn UserQueries> {
        Arc::new(self.store.clone())
    }
}

impl DeadLetterQueriesFixture for Fixture {
    fn dead_letters(&self) -> Arc<dyn DeadLetterQueries> {
        Arc::new(self.store.clone())
    }
}

#[async_trait]
impl QueueFixture for Fixture {
    async fn fresh(lease: Duration) -> Self {
        Self::with(|config| config.lease = lease).await
    }

    fn queue(&self) -> Arc<dyn Queue> {
        Arc::new(self.store.clone())
    }
}

wareroom_port_contracts::store_suite!(Fixture);
wareroom_port_contracts::blob_refs_suite!(Fixture);
wareroom_port_contracts::dead_letters_suite!(Fixture);
wareroom_port_contracts::idempotency_suite!(Fixture);
wareroom_port_contracts::outbox_suite!(Fixture);
wareroom_port_contracts::events_suite!(Fixture);
wareroom_port_contracts::retention_suite!(Fixture);
wareroom_port_contracts::transfer_suite!(Fixture);
wareroom_port_contracts::queries_suite!(Fixture);
wareroom_port_contracts::user_queries_suite!(Fixture);
wareroom_port_contracts::dead_letter_queries_suite!(Fixture);
wareroom_port_contracts::queue_suite!(Fixture);
