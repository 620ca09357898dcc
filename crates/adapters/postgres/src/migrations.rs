//! The schema's history. Each migration is applied once, in order, and never changed afterwards: its hash is kept.
//!
//! Programs of two versions run side by side during an upgrade. So each migration says what it is to the programs before it:
//! one that only adds is compatible, and they go on; one that takes away or changes what they use is breaking, and they
//! refuse to start. What a migration takes away, the version before it must have stopped to use.

use crate::OpenError;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

/// What a migration is to the programs that do not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It only adds: they go on.
    Compatible,
    /// It takes away or changes what they use: they must not start.
    Breaking,
}

pub(crate) struct Migration {
    version: u32,
    name: &'static str,
    change: Change,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "catalogue",
    change: Change::Breaking,
    sql: include_str!("../migrations/0001_catalogue.sql"),
}];

/// A migration, as a database has it or lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaStep {
    /// Its number; the first is 1.
    pub version: u32,
    /// What it is about, in a word.
    pub name: String,
    /// What it is to the programs before it.
    pub change: Change,
    /// When it was applied, by the server's clock; `None` when it was not.
    pub applied_at: Option<Timestamp>,
    /// Whether this program knows it. One that it does not know is of a newer one, and compatible.
    pub known: bool,
}

/// Held by whoever migrates, for as long as its connection lasts.
const LOCK: &str = "SELECT pg_advisory_lock(1463898701, 1)";

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     NOT NULL PRIMARY KEY,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    breaking   boolean     NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)";

/// The number of the newest migration that this program knows.
pub(crate) fn newest() -> u32 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Brings the schema up to date: all that is missing, or nothing; answers what was missing. Of several who try, one does it
/// and the others wait until it is done.
pub(crate) async fn migrate(client: &mut Client) -> Result<Vec<SchemaStep>, OpenError> {
    apply(client, MIGRATIONS).await
}

/// Every migration, applied or not. Only reads.
pub(crate) async fn history(client: &Client) -> Result<Vec<SchemaStep>, OpenError> {
    recorded(client, MIGRATIONS).await
}

async fn apply(client: &mut Client, migrations: &[Migration]) -> Result<Vec<SchemaStep>, OpenError> {
    client.batch_execute(LOCK).await?;
    let mut missing = recorded(client, migrations).await?;
    missing.retain(|step| step.applied_at.is_none());
    let transaction = client.transaction().await?;
    transaction.batch_execute(TABLE).await?;
    for step in &mut missing {
        let Some(migration) = migrations.iter().find(|migration| migration.version == step.version) else { continue };
        transaction.batch_execute(migration.sql).await?;
        let record = "INSERT INTO schema_migrations (version, name, sha256, breaking) VALUES ($1, $2, $3, $4)
                      RETURNING applied_at";
        let breaking = migration.change == Change::Breaking;
        let values = (to_column(migration.version), hash_of(migration.sql));
        let row = transaction.query_one(record, &[&values.0, &migration.name, &values.1, &breaking]).await?;
        step.applied_at = Some(row.try_get(0)?);
    }
    transaction.commit().await?;
    Ok(missing)
}

async fn recorded(client: &Client, migrations: &[Migration]) -> Result<Vec<SchemaStep>, OpenError> {
    let there = client.query_one("SELECT to_regclass('schema_migrations') IS NOT NULL", &[]).await?;
    let mut steps: Vec<SchemaStep> = migrations.iter().map(missing).collect();
    if !there.try_get::<_, bool>(0)? {
        return Ok(steps);
    }
    let applied = "SELECT version, name, sha256, breaking, applied_at FROM schema_migrations ORDER BY version";
    for row in client.query(applied, &[]).await? {
        let (version, name): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
        let (hash, breaking, at): (String, bool, Timestamp) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
        let version = u32::try_from(version).unwrap_or_default();
        match steps.iter_mut().zip(migrations).find(|(step, _)| step.version == version) {
            Some((_, migration)) if hash_of(migration.sql) != hash => {
                return Err(OpenError::ChangedMigration { version });
            }
            Some((step, _)) => step.applied_at = Some(at),
            None if breaking => return Err(OpenError::NewerSchema { version }),
            None => {
                let change = Change::Compatible;
                steps.push(SchemaStep { version, name, change, applied_at: Some(at), known: false });
            }
        }
    }
    Ok(steps)
}

fn missing(migration: &Migration) -> SchemaStep {
    let &Migration { version, name, change, .. } = migration;
    SchemaStep { version, name: name.to_owned(), change, applied_at: None, known: true }
}

fn to_column(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}

fn hash_of(sql: &str) -> String {
    wareroom_domain::Sha256(Sha256::digest(sql).into()).to_string()
}
