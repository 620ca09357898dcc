//! The database's rows as those of no store in particular, given away and taken in by connections of their own.

mod export;
mod import;
mod insert;

use crate::{OpenError, PostgresConfig, error::of_statement, pool::Target};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_postgres::Client;
use wareroom_ports::StoreError;

/// A copy from a database, or into one. Its schema is that of today, as
/// [`PostgresStore::migrate`](crate::PostgresStore::migrate) makes it. Clones share their connection.
#[derive(Clone)]
pub struct PostgresTransfer {
    target: Target,
    /// What rows are put by; opened with the first of them.
    writer: Arc<Mutex<Option<Client>>>,
}

/// What a connection of a copy is called, for whoever looks at the server's list of them.
const NAME: &str = "SET application_name = 'wareroom copy'";

/// Whoever else works with the database, copies aside.
const OTHERS: &str = "SELECT coalesce(nullif(application_name, ''), 'a program without a name') AS name
     FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
       AND application_name IS DISTINCT FROM 'wareroom copy'
     ORDER BY name";

impl PostgresTransfer {
    /// For this database, which is not connected to before it is needed.
    pub fn at(config: &PostgresConfig) -> Result<Self, OpenError> {
        Ok(Self { target: Target::of(config)?, writer: Arc::default() })
    }

    /// The names of all programs that are connected to the database at this moment, one for each connection, copies aside. Where
    /// there is none, nobody serves from it: whoever does keeps a connection, to look for jobs.
    pub async fn others(&self) -> Result<Vec<String>, StoreError> {
        let client = self.connect().await?;
        let rows = client.query(OTHERS, &[]).await.map_err(of_statement)?;
        rows.iter().map(|row| crate::rows::get(row, "name")).collect()
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let client = self.target.connect().await.map_err(|error| StoreError::Backend(error.into()))?;
        client.batch_execute(NAME).await.map_err(of_statement)?;
        Ok(client)
    }
}
