//! The keys of requests within a unit of work.

use crate::deadline;
use crate::state::{Staged, State};
use crate::tables::{KeyRow, KeyState};
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::Sha256;
use wareroom_ports::{IdempotencyKey, IdempotencyKeys, Reservation, StoreError};

fn row<'a>(staged: &'a Staged, state: &'a State, key: &IdempotencyKey) -> Option<&'a KeyRow> {
    staged.keys.get(key, state.keys.get(key))
}

/// The row, when it is reserved under this token.
fn reserved<'a>(staged: &'a Staged, state: &'a State, key: &IdempotencyKey, token: u64) -> Option<&'a KeyRow> {
    row(staged, state, key)
        .filter(|row| matches!(row.state, KeyState::Running { token: holder, .. } if holder == token))
}

#[async_trait]
impl IdempotencyKeys for MemoryUnit {
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError> {
        self.run(|staged, state| {
            let now = Instant::now();
            if let Some(row) = row(staged, state, key) {
                match &row.state {
                    _ if row.fingerprint != fingerprint => return Ok(Reservation::Mismatch),
                    KeyState::Answered(result) => return Ok(Reservation::Answered(result.clone())),
                    KeyState::Running { until, .. } if *until > now => return Ok(Reservation::Running),
                    KeyState::Running { .. } => {}
                }
            }
            let token = state.new_token();
            let until = deadline::after(now, lease);
            staged.keys.put(key.clone(), KeyRow { fingerprint, at, state: KeyState::Running { token, until } });
            Ok(Reservation::Granted { token })
        })
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        self.run(|staged, state| {
            let row = reserved(staged, state, key, token).ok_or(StoreError::Conflict)?;
            let answered = KeyRow { state: KeyState::Answered(result), ..row.clone() };
            staged.keys.put(key.clone(), answered);
            Ok(())
        })
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        self.run(|staged, state| {
            let there = reserved(staged, state, key, token).is_some();
            if there {
                staged.keys.remove(key.clone());
            }
            Ok(there)
        })
    }
}
