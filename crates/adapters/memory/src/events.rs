//! The log of events. Units commit one after another, so the order of their commits is that of a product's versions; a
//! position is still given afterwards and not by the unit, as with every store.

use crate::store::MemoryStore;
use async_trait::async_trait;
use wareroom_domain::EventPosition;
use wareroom_ports::{EventLog, LogPage, StoreError};

#[async_trait]
impl EventLog for MemoryStore {
    async fn read(&self, after: EventPosition, limit: usize) -> Result<LogPage, StoreError> {
        let state = self.shared.read();
        let removed = state.log.removed;
        let Some(skipped) = after.0.checked_sub(removed) else {
            return Ok(LogPage::Pruned { oldest: EventPosition(removed + 1) });
        };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let events = state.log.placed.iter().skip(skipped).take(limit);
        let positions = (after.0.saturating_add(1)..).map(EventPosition);
        Ok(LogPage::Events(positions.zip(events.cloned()).collect()))
    }

    async fn head(&self) -> Result<EventPosition, StoreError> {
        let state = self.shared.read();
        Ok(EventPosition(state.log.removed + state.log.placed.len() as u64))
    }

    async fn sequence(&self, limit: usize) -> Result<usize, StoreError> {
        let mut state = self.shared.write();
        let log = &mut state.log;
        let ready = limit.min(log.waiting.len());
        log.placed.extend(log.waiting.drain(..ready));
        Ok(ready)
    }
}
