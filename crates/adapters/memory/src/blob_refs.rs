//! The register of blobs within a unit of work.

use crate::deadline;
use crate::state::{Staged, State};
use crate::tables::BlobRow;
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobRefs, StoreError};

fn row(staged: &Staged, state: &State, key: &BlobKey) -> Option<BlobRow> {
    staged.blobs.get(key, state.blobs.get(key)).copied()
}

#[async_trait]
impl BlobRefs for MemoryUnit {
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError> {
        self.run(|staged, state| {
            let until = deadline::after(Instant::now(), lease);
            for key in keys {
                let mut row = row(staged, state, key).unwrap_or_default();
                if row.condemned {
                    return Err(StoreError::Conflict);
                }
                row.claimed_until = row.claimed_until.max(Some(until));
                staged.blobs.put(*key, row);
            }
            Ok(())
        })
    }

    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.run(|staged, state| {
            for key in keys {
                let mut row = row(staged, state, key).filter(|row| !row.condemned).ok_or(StoreError::Conflict)?;
                row.references += 1;
                staged.blobs.put(*key, row);
            }
            Ok(())
        })
    }

    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.run(|staged, state| {
            for key in keys {
                if let Some(mut row) = row(staged, state, key) {
                    row.references = row.references.saturating_sub(1);
                    staged.blobs.put(*key, row);
                }
            }
            Ok(())
        })
    }

    async fn condemn(&mut self, limit: usize) -> Result<Vec<BlobKey>, StoreError> {
        self.run(|staged, state| {
            let now = Instant::now();
            let committed = state.blobs.unreferenced().filter(|(key, _)| !staged.blobs.covers(key));
            let written = staged.blobs.written().filter(|(_, row)| row.references == 0);
            let (mut condemned, mut free) = (vec![], vec![]);
            for (key, row) in committed.chain(written) {
                if row.condemned {
                    condemned.push(*key);
                } else if free.len() < limit && row.claimed_until.is_none_or(|until| until <= now) {
                    free.push(*key);
                }
            }
            for key in &free {
                staged.blobs.put(*key, BlobRow { condemned: true, ..BlobRow::default() });
            }
            condemned.append(&mut free);
            Ok(condemned)
        })
    }

    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError> {
        self.run(|staged, state| {
            for key in keys {
                if row(staged, state, key).is_some_and(|row| row.condemned) {
                    staged.blobs.remove(*key);
                }
            }
            Ok(())
        })
    }
}
