//! Removes what was kept long enough. It takes the writer's place, so no unit of work sees a row go.

use crate::state::State;
use crate::store::MemoryStore;
use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;
use wareroom_domain::DeadLetterId;
use wareroom_ports::{IdempotencyKey, Kept, Retention, StoreError};

impl State {
    /// Keys that may be removed, the oldest first.
    fn expired_keys(&self, before: Timestamp) -> impl Iterator<Item = &IdempotencyKey> {
        let now = Instant::now();
        self.keys.before(before).filter(move |(_, row)| !row.running(now)).map(|(key, _)| key)
    }

    /// How many events at the beginning of the log may be removed.
    fn expired_events(&self, before: Timestamp) -> usize {
        let all_but_the_newest = self.log.placed.len().saturating_sub(1);
        self.log.placed.iter().take(all_but_the_newest).take_while(|event| event.at < before).count()
    }
}

#[async_trait]
impl Retention for MemoryStore {
    async fn expired(&self, what: Kept, before: Timestamp) -> Result<u64, StoreError> {
        let state = self.shared.read();
        let expired = match what {
            Kept::IdempotencyKeys => state.expired_keys(before).count(),
            Kept::Events => state.expired_events(before),
            Kept::DeadLetters => state.dead_letters.before(before).count(),
        };
        Ok(expired as u64)
    }

    async fn remove_expired(&self, what: Kept, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let _writer = self.writer().await?;
        let mut state = self.shared.write();
        let removed = match what {
            Kept::IdempotencyKeys => {
                let keys: Vec<IdempotencyKey> = state.expired_keys(before).take(limit).cloned().collect();
                for key in &keys {
                    state.keys.remove(key);
                }
                keys.len()
            }
            Kept::Events => {
                let count = state.expired_events(before).min(limit);
                state.log.remove_first(count);
                count
            }
            Kept::DeadLetters => {
                let letters: Vec<DeadLetterId> = state.dead_letters.before(before).take(limit).collect();
                for id in &letters {
                    state.dead_letters.remove(*id);
                }
                letters.len()
            }
        };
        Ok(removed as u64)
    }

    async fn compact(&self) -> Result<(), StoreError> {
        self.shared.write().log.placed.shrink_to_fit();
        Ok(())
    }
}
