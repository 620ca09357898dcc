//! Looks at a server and a database for whoever wants to know whether they are fit, and changes nothing.

use crate::{OpenError, PostgresConfig, PostgresStore, SchemaStep, migrations, pool::Target, store::look_at};
use jiff::Timestamp;

/// What a server and a database are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The server's version, as it says itself.
    pub version: String,
    /// The server's time.
    pub clock: Timestamp,
    /// Every migration, applied or not.
    pub schema: Vec<SchemaStep>,
    /// What the user may not do and has to, such as `INSERT on products`.
    pub missing_rights: Vec<String>,
    /// How many connections the server takes from all programs together, and how many there are.
    pub connections: (i64, i64),
}

/// Rights that are missing, of the tables and sequences that are there. The server looks at conditions in any order, and only
/// a sequence can be asked for the rights of one.
const RIGHTS: &str = "
    SELECT wanted || ' on ' || relname
    FROM pg_class, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS wanted
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname <> 'schema_migrations'
      AND NOT has_table_privilege(pg_class.oid, wanted)
    UNION ALL
    SELECT 'USAGE on ' || relname
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace
      AND CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') ELSE false END
    ORDER BY 1";

const SERVER: &str = "
    SELECT current_setting('server_version'), clock_timestamp(), current_setting('max_connections')::bigint,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";

impl PostgresStore {
    /// Looks at the server and the database.
    pub async fn examine(config: PostgresConfig) -> Result<Examined, OpenError> {
        let client = Target::of(&config)?.connect().await?;
        look_at(&client).await?;
        let row = client.query_one(SERVER, &[]).await?;
        let (version, clock) = (row.try_get(0)?, row.try_get(1)?);
        let connections = (row.try_get(2)?, row.try_get(3)?);
        let schema = migrations::history(&client).await?;
        let rows = client.query(RIGHTS, &[]).await?;
        let missing_rights = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        Ok(Examined { version, clock, schema, missing_rights, connections })
    }
}
