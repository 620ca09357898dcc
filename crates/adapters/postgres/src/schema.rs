//! The schema of a database, looked at or brought up to date without using the database for anything else.

use crate::{OpenError, PostgresConfig, PostgresStore, SchemaStep, migrations, pool::Target};

impl PostgresStore {
    /// The number of the newest migration that this program knows.
    pub fn newest_schema() -> u32 {
        migrations::newest()
    }

    /// Every migration, applied to the database or not, those of newer programs included. Changes nothing.
    pub async fn schema(config: PostgresConfig) -> Result<Vec<SchemaStep>, OpenError> {
        let client = Target::of(&config)?.connect().await?;
        migrations::history(&client).await
    }

    /// Brings the database's schema up to date, beside whoever uses it; answers which migrations were missing: all are applied
    /// now, or the call fails and none is. Waits while another process does the same.
    pub async fn migrate(config: PostgresConfig) -> Result<Vec<SchemaStep>, OpenError> {
        let mut client = Target::of(&config)?.connect().await?;
        migrations::migrate(&mut client).await
    }
}
