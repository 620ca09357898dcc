//! The keys of requests in a unit of work.

use crate::{
    clock::{milliseconds, now},
    error::Fault,
    rows::instant,
    unit::Unit,
};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;
use wareroom_domain::Sha256;
use wareroom_ports::{IdempotencyKey, IdempotencyKeys, Reservation, StoreError};

/// What a key that is there says to a request with this fingerprint; `None` when it may be reserved.
fn found(
    connection: &Connection,
    key: &IdempotencyKey,
    fingerprint: &str,
    now: i64,
) -> rusqlite::Result<Option<Reservation>> {
    let sql = "SELECT fingerprint = ?3, answer, leased_until > ?4 FROM idempotency_keys WHERE scope = ?1 AND key = ?2";
    let row = connection
        .prepare_cached(sql)?
        .query_one((&key.scope, &key.key, fingerprint, now), |row| {
            let (same, answer, running): (bool, Option<Vec<u8>>, Option<bool>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(match answer {
                _ if !same => Some(Reservation::Mismatch),
                Some(answer) => Some(Reservation::Answered(Bytes::from(answer))),
                None => running.unwrap_or(false).then_some(Reservation::Running),
            })
        })
        .optional()?;
    Ok(row.flatten())
}

/// A token for a key that is not there; `None` when it is. Drawn, not counted: a key that was removed and came back must not
/// repeat one.
fn draw(connection: &Connection, key: &IdempotencyKey) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT random() & 9223372036854775807
               WHERE NOT EXISTS (SELECT 1 FROM idempotency_keys WHERE scope = ?1 AND key = ?2)";
    connection.prepare_cached(sql)?.query_one((&key.scope, &key.key), |row| row.get(0)).optional()
}

/// A key that was granted and is not written yet. It goes with whatever its unit does next: a unit that looks around
/// then has written nothing before, and sees what is stored.
pub(crate) struct Granted {
    key: IdempotencyKey,
    fingerprint: String,
    at: Timestamp,
    lease: Duration,
    token: u64,
}

impl Granted {
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let sql = "INSERT INTO idempotency_keys (scope, key, fingerprint, at, leased_until, token)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (scope, key) DO NOTHING";
        let Self { key, fingerprint, at, lease, token } = self;
        let leased_until = now(connection)?.saturating_add(milliseconds(*lease));
        let values = (&key.scope, &key.key, fingerprint, instant(*at), leased_until, token);
        match connection.prepare_cached(sql)?.execute(values)? {
            // A member of the same group had removed it, and was rolled back.
            0 => Err(StoreError::Conflict.into()),
            _ => Ok(()),
        }
    }
}

/// Reserves a key that is there, when its lease is over and nothing was answered.
fn reserve_again(
    connection: &Connection,
    key: &IdempotencyKey,
    fingerprint: &str,
    at: Timestamp,
    lease: Duration,
) -> Result<Reservation, Fault> {
    let now = now(connection)?;
    if let Some(found) = found(connection, key, fingerprint, now)? {
        return Ok(found);
    }
    let sql = "UPDATE idempotency_keys SET at = ?3, leased_until = ?4, token = random() & 9223372036854775807
               WHERE scope = ?1 AND key = ?2
               RETURNING token";
    let values = (&key.scope, &key.key, instant(at), now.saturating_add(milliseconds(lease)));
    let token = connection.prepare_cached(sql)?.query_one(values, |row| row.get(0)).optional()?;
    // It went with the member of a group that was rolled back meanwhile.
    Ok(Reservation::Granted { token: token.ok_or(StoreError::Conflict)? })
}

#[async_trait]
impl IdempotencyKeys for Unit {
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError> {
        let (key, fingerprint) = (key.clone(), fingerprint.to_string());
        let new = key.clone();
        if let Some(token) = self.add(move |connection| Ok(draw(connection, &new)?)).await? {
            self.granted = Some(Granted { key, fingerprint, at, lease, token });
            return Ok(Reservation::Granted { token });
        }
        self.call(move |connection| reserve_again(connection, &key, &fingerprint, at, lease)).await
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        let key = key.clone();
        self.call(move |connection| {
            let sql = "UPDATE idempotency_keys SET answer = ?4, leased_until = NULL, token = NULL
                       WHERE scope = ?1 AND key = ?2 AND token = ?3";
            let values = (&key.scope, &key.key, token, result.as_ref());
            match connection.prepare_cached(sql)?.execute(values)? {
                0 => Err(StoreError::Conflict.into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        let key = key.clone();
        self.call(move |connection| {
            let sql = "DELETE FROM idempotency_keys WHERE scope = ?1 AND key = ?2 AND token = ?3";
            Ok(connection.prepare_cached(sql)?.execute((&key.scope, &key.key, token))? > 0)
        })
        .await
    }
}
