//! The keys of requests, of the wrong store's unit.

use super::unit::WrongUnit;
use super::{Fault, RememberedKey};
use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::Sha256;
use wareroom_ports::{IdempotencyKey, IdempotencyKeys, Reservation, StoreError};

impl WrongUnit {
    fn named(&self, key: &IdempotencyKey) -> IdempotencyKey {
        let scope = if self.is(Fault::IgnoresScopes) { String::new() } else { key.scope.clone() };
        IdempotencyKey { scope, key: key.key.clone() }
    }

    /// The token that counts for the fault, given the one that was shown.
    fn token(&self, key: &IdempotencyKey, shown: u64, fault: Fault) -> u64 {
        if self.is(fault) { self.store.remembered().keys[key].token } else { shown }
    }
}

#[async_trait]
impl IdempotencyKeys for WrongUnit {
    async fn reserve(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: Sha256,
        at: Timestamp,
        lease: Duration,
    ) -> Result<Reservation, StoreError> {
        let key = self.named(key);
        let before = self.store.remembered().keys.get(&key).copied();
        let (asked, lease) = match (self.store.fault, before) {
            (Some(Fault::IgnoresFingerprints), Some(before)) => (before.fingerprint, lease),
            (Some(Fault::GrantsWithoutLease), _) => (fingerprint, Duration::ZERO),
            (Some(Fault::ReservesForGood), _) => (fingerprint, 1_000 * lease),
            _ => (fingerprint, lease),
        };
        let reservation = self.behind().await.idempotency().reserve(&key, asked, at, lease).await?;
        Ok(match (reservation, before, self.store.fault) {
            (Reservation::Granted { token }, ..) => {
                let remembered = RememberedKey { token, fingerprint, at, answered: false };
                self.store.remembered().keys.insert(key, remembered);
                Reservation::Granted { token }
            }
            (Reservation::Mismatch, Some(before), Some(Fault::LooksForRunningFirst)) if !before.answered => {
                Reservation::Running
            }
            (Reservation::Answered(_), _, Some(Fault::ForgetsAnswers))
                if self.store.remembered().forgotten.contains(&key) =>
            {
                Reservation::Granted { token: 0 }
            }
            (Reservation::Answered(bytes), _, Some(Fault::KeepsAnswersAsText)) => {
                Reservation::Answered(String::from_utf8_lossy(&bytes).into_owned().into())
            }
            (told, ..) => told,
        })
    }

    async fn answer(&mut self, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
        let key = self.named(key);
        let mut token = self.token(&key, token, Fault::AnswersForWhoeverHolds);
        let Some(before) = self.store.remembered().keys.get(&key).copied() else {
            return self.behind().await.idempotency().answer(&key, token, result).await;
        };
        if before.answered && self.is(Fault::AnswersTwice) {
            return Ok(());
        }
        if self.is(Fault::AnswersWhatIsGone) {
            let (fingerprint, at) = (before.fingerprint, before.at);
            let behind = self.behind().await;
            let again = behind.idempotency().reserve(&key, fingerprint, at, Duration::ZERO).await?;
            if let Reservation::Granted { token: new } = again {
                token = new;
            }
        }
        self.behind().await.idempotency().answer(&key, token, result).await?;
        self.store.remembered().keys.get_mut(&key).unwrap().answered = true;
        Ok(())
    }

    async fn forget(&mut self, key: &IdempotencyKey, token: u64) -> Result<bool, StoreError> {
        let key = self.named(key);
        if self.is(Fault::ForgetsNoKey) {
            return Ok(true);
        }
        let token = self.token(&key, token, Fault::ForgetsForWhoeverHolds);
        self.store.remembered().forgotten.insert(key.clone());
        let there = self.behind().await.idempotency().forget(&key, token).await?;
        Ok(there || self.is(Fault::ForgetsAndDoesNotLook))
    }
}
