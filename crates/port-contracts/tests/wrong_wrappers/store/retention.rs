//! What the wrong store removes, and what it keeps.

use super::{Fault, Wrong};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use wareroom_domain::DeadLetterId;
use wareroom_ports::{EventLog, Kept, Retention, Store, StoreError};

impl Wrong {
    /// Removes dead letters from the wrong end.
    async fn remove_the_newest(&self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let mut letters = self.remembered().letters.clone();
        letters.sort_unstable();
        let expired: Vec<DeadLetterId> =
            letters.into_iter().rev().filter(|(at, _)| *at < before).map(|(_, id)| id).collect();
        let mut unit = self.behind.begin().await?;
        let mut removed = 0;
        for id in expired {
            if removed < limit && unit.dead_letters().remove(id).await? {
                removed += 1;
            }
        }
        unit.commit().await?;
        Ok(removed as u64)
    }

    /// Gives every key back before it is looked at.
    async fn remove_running_keys(&self) -> Result<u64, StoreError> {
        let keys: Vec<_> = self.remembered().keys.drain().collect();
        let mut unit = self.behind.begin().await?;
        for (key, remembered) in &keys {
            unit.idempotency().forget(key, remembered.token).await?;
        }
        unit.commit().await?;
        Ok(keys.len() as u64)
    }
}

#[async_trait]
impl Retention for Wrong {
    async fn expired(&self, what: Kept, before: Timestamp) -> Result<u64, StoreError> {
        if self.is(Fault::CountsByRemoving) {
            return self.behind.remove_expired(what, before, usize::MAX).await;
        }
        self.behind.expired(what, before).await
    }

    async fn remove_expired(&self, what: Kept, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        match (self.fault, what) {
            (Some(Fault::RemovesWhatIsOfThatMoment), _) => {
                let later = before.checked_add(SignedDuration::from_micros(1)).unwrap_or(before);
                self.behind.remove_expired(what, later, limit).await
            }
            (Some(Fault::RemovesBeyondTheLimit), _) => self.behind.remove_expired(what, before, limit.max(4)).await,
            (Some(Fault::RemovesTheNewestFirst), Kept::DeadLetters) => self.remove_the_newest(before, limit).await,
            (Some(Fault::RemovesRunningKeys), Kept::IdempotencyKeys) => self.remove_running_keys().await,
            (Some(Fault::SequencesWhatItRemoves), Kept::Events) => {
                while self.behind.sequence(usize::MAX).await? > 0 {}
                self.behind.remove_expired(what, before, limit).await
            }
            (_, Kept::Events) => {
                self.remembered().removed_before = Some(before);
                self.behind.remove_expired(what, before, limit).await
            }
            _ => self.behind.remove_expired(what, before, limit).await,
        }
    }

    async fn compact(&self) -> Result<(), StoreError> {
        if self.is(Fault::CompactsByRemoving) {
            for what in Kept::ALL {
                self.behind.remove_expired(what, Timestamp::MAX, usize::MAX).await?;
            }
        }
        self.behind.compact().await
    }
}
