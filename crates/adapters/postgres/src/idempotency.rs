//! The keys of requests in a unit of work. Who asks for a key that another unit has waits until that unit ends.

use crate::{
    pipeline::{must_find, step},
    rows::{get, instant, number, seconds},
    unit::Unit,
};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;
use tokio_postgres::Row;
use wareroom_domain::Sha256;
use wareroom_ports::{IdempotencyKey, IdempotencyKeys, Reservation, StoreError};

const RESERVE: &str = "INSERT INTO idempotency_keys (scope, key, fingerprint, at, leased_until, token)
     VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second', nextval('tokens'))
     ON CONFLICT (scope, key) DO NOTHING
     RETURNING token";

const FOUND: &str =
    "SELECT fingerprint = $3 AS same, answer, coalesce(leased_until > clock_timestamp(), false) AS running
     FROM idempotency_keys WHERE scope = $1 AND key = $2 FOR UPDATE";

const TAKE_OVER: &str = "UPDATE idempotency_keys
     SET at = $3, leased_until = clock_timestamp() + $4 * interval '1 second', token = nextval('tokens')
     WHERE scope = $1 AND key = $2
     RETURNING token";

const ANSWER: &str = must_find!(
    "UPDATE idempotency_keys SET answer = $4, leased_until = NULL, token = NULL
     WHERE scope = $1 AND key = $2 AND token = $3"
);

const FORGET: &str = "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND token = $3 RETURNING token";

/// What a key that is there says; `None` when it may be reserved.
fn told(row: &Row) -> Result<Option<Reservation>, StoreError> {
    let answer: Option<Vec<u8>> = get(row, "answer")?;
    Ok(match answer {
        _ if !get::<bool>(row, "same")? => Some(Reservation::Mismatch),
        Some(answer) => Some(Reservation::Answered(Bytes::from(answer))),
        None => get::<bool>(row, "running")?.then_some(Reservation::Running),
    })
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
        let (fingerprint, at, lease) = (fingerprint.to_string(), instant(at), seconds(lease));
        let (scope, name) = (key.scope.clone(), key.key.clone());
        let reserve = step!(RESERVE, scope.clone(), name.clone(), fingerprint.clone(), at, lease);
        let mut answers = self.ask_all(vec![reserve, step!(FOUND, scope.clone(), name.clone(), fingerprint)]).await?;
        let (found, mut granted) = (answers.pop().unwrap_or_default(), answers.pop().unwrap_or_default());
        if granted.is_empty() {
            // Forgotten between the two: the next time it is free.
            let Some(row) = found.first() else { return self.refuse(StoreError::Conflict) };
            if let Some(told) = self.judge(told(row))? {
                return Ok(told);
            }
            granted = self.ask(step!(TAKE_OVER, scope, name, at, lease)).await?;
        }
        let Some(row) = granted.first() else { return self.refuse(StoreError::Conflict) };
        let token = self.judge(number(row, "token"))?;
        self.known.reservations.insert((key.clone(), token));
        Ok(Reservation::Granted { token })
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        let shown = i64::try_from(token).unwrap_or(-1);
        let answer = step!(ANSWER, key.scope.clone(), key.key.clone(), shown, result.to_vec());
        if self.known.reservations.remove(&(key.clone(), token)) {
            return self.keep(answer);
        }
        self.ask(answer).await.map(drop)
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        let shown = i64::try_from(token).unwrap_or(-1);
        let forget = step!(FORGET, key.scope.clone(), key.key.clone(), shown);
        if self.known.reservations.remove(&(key.clone(), token)) {
            return self.keep(forget).map(|()| true);
        }
        Ok(!self.ask(forget).await?.is_empty())
    }
}
