//! A database of a test's own, dropped with the test.

use crate::server::Server;
use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};
use tokio_postgres::Client;
use url::Url;
use wareroom_postgres::{PostgresConfig, PostgresStore};

/// A database, shared with nobody.
pub(crate) struct Database {
    name: String,
    pub(crate) url: Url,
}

/// No two test processes, and no two tests, have one name.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("wareroom_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst))
}

impl Database {
    /// One without any table.
    pub(crate) async fn empty() -> Self {
        Self::made("ENCODING 'UTF8'").await
    }

    /// One that is made in some way.
    pub(crate) async fn made(how: &str) -> Self {
        let name = name();
        let client = connect(&Server::get().url()).await;
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 {how}")).await.unwrap();
        Self { url: Server::get().database(&name), name }
    }

    /// One with the schema of today.
    pub(crate) async fn migrated() -> Self {
        let database = Self::empty().await;
        PostgresStore::migrate(PostgresConfig::at(database.url.as_str())).await.unwrap();
        database
    }

    /// A connection that the store knows nothing of.
    pub(crate) async fn connect(&self) -> Client {
        connect(&self.url).await
    }

    /// What is usual for it, with so many connections.
    pub(crate) fn config(&self) -> PostgresConfig {
        PostgresConfig { connections: 4, ..PostgresConfig::at(self.url.as_str()) }
    }

    /// A store on it.
    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::open(self.config()).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropped = std::thread::spawn(move || {
            alone(async {
                let client = connect(&Server::get().url()).await;
                client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("a test's database could not be dropped: {error}");
        }
    }
}

/// Runs something where nothing else runs.
pub(crate) fn alone<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) async fn connect(url: &Url) -> Client {
    let (client, connection) = tokio_postgres::connect(url.as_str(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
