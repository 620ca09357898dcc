//! The register of blobs in use, in a unit of work. Rows are locked in the order of their keys, so that two units that want
//! the same keys do not wait for each other.

use crate::{
    pipeline::step,
    rows::{limit, seconds, to_key},
    unit::Unit,
};
use async_trait::async_trait;
use std::{collections::BTreeMap, time::Duration};
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobRefs, StoreError};

const CLAIM: &str = "INSERT INTO blobs (key, claimed_until)
     SELECT key, clock_timestamp() + $2 * interval '1 second' FROM unnest($1::text[]) AS key
     ON CONFLICT (key) DO UPDATE SET claimed_until = greatest(blobs.claimed_until, excluded.claimed_until)
     WHERE NOT blobs.condemned
     RETURNING key";

const HOLD: &str = "WITH wanted AS (
         SELECT * FROM unnest($1::text[], $2::bigint[]) AS wanted (key, times)
     ), locked AS MATERIALIZED (
         SELECT key FROM blobs WHERE key IN (SELECT key FROM wanted) AND NOT condemned ORDER BY key FOR UPDATE
     )
     UPDATE blobs SET references_count = references_count + wanted.times
     FROM wanted JOIN locked ON locked.key = wanted.key
     WHERE blobs.key = wanted.key
     RETURNING blobs.key";

const DROP: &str = "WITH wanted AS (
         SELECT * FROM unnest($1::text[], $2::bigint[]) AS wanted (key, times)
     ), locked AS MATERIALIZED (
         SELECT key FROM blobs WHERE key IN (SELECT key FROM wanted) ORDER BY key FOR UPDATE
     ), dropped AS (
         UPDATE blobs SET references_count = references_count - wanted.times
         FROM wanted JOIN locked ON locked.key = wanted.key
         WHERE blobs.key = wanted.key AND references_count >= wanted.times
         RETURNING 1
     )
     SELECT stands(count(*) = cardinality($1::text[])) FROM dropped";

const CONDEMN: &str = "UPDATE blobs SET condemned = true
     WHERE key IN (SELECT key FROM blobs
                   WHERE references_count = 0 AND NOT condemned AND claimed_until <= statement_timestamp()
                   ORDER BY claimed_until LIMIT $1 FOR UPDATE SKIP LOCKED)";

const CONDEMNED: &str = "SELECT key FROM blobs WHERE condemned ORDER BY key";

const BURY: &str = "DELETE FROM blobs WHERE key = ANY ($1::text[]) AND condemned";

/// Each key once, in order, and how often it was named.
fn counted(keys: &[BlobKey]) -> (Vec<String>, Vec<i64>) {
    let mut times: BTreeMap<String, i64> = BTreeMap::new();
    for key in keys {
        *times.entry(key.to_string()).or_default() += 1;
    }
    times.into_iter().unzip()
}

#[async_trait]
impl BlobRefs for Unit {
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError> {
        let (keys, _) = counted(keys);
        let wanted = keys.len();
        let claimed = self.ask(step!(CLAIM, keys, seconds(lease))).await?;
        if claimed.len() == wanted { Ok(()) } else { self.refuse(StoreError::Conflict) }
    }

    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let (keys, times) = counted(keys);
        let wanted = keys.len();
        let held = self.ask(step!(HOLD, keys, times)).await?;
        if held.len() == wanted { Ok(()) } else { self.refuse(StoreError::Conflict) }
    }

    /// A reference that is not there cannot be dropped: whoever tries has read something that changed since.
    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let (keys, times) = counted(keys);
        self.keep(step!(DROP, keys, times))
    }

    async fn condemn(&mut self, most: usize) -> Result<Vec<BlobKey>, StoreError> {
        let rows = self.ask_all(vec![step!(CONDEMN, limit(most)), step!(CONDEMNED)]).await?.pop();
        self.judge(rows.unwrap_or_default().iter().map(to_key).collect())
    }

    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        let (keys, _) = counted(keys);
        self.keep(step!(BURY, keys))
    }
}
