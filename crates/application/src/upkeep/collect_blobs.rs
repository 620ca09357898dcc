//! Deletes blobs that nobody names any more.
//!
//! A key is condemned in a unit of work of its own, and from then on nobody can claim it; then its bytes are deleted; last its
//! row. Whoever dies in between leaves a condemned row, which the next run takes up.

use crate::{Application, Error, unit::retry_conflicts};

/// How many are condemned at a time. Few, because an upload of the same bytes waits while they are.
const BATCH: usize = 16;

/// Answers to how many were deleted or, on a dry run, would be.
pub(super) async fn execute(app: &Application, dry_run: bool) -> Result<u64, Error> {
    if dry_run {
        // Dropped, which condemns nothing.
        let mut unit = app.ports.store.begin().await?;
        return Ok(unit.blobs().condemn(usize::MAX).await?.len() as u64);
    }
    let mut collected = 0;
    loop {
        let keys = retry_conflicts(async || {
            let mut unit = app.ports.store.begin().await?;
            let keys = unit.blobs().condemn(BATCH).await?;
            unit.commit().await?;
            Ok(keys)
        })
        .await?;
        if keys.is_empty() {
            return Ok(collected);
        }
        for key in &keys {
            app.ports.blobs.delete(key).await?;
        }
        retry_conflicts(async || {
            let mut unit = app.ports.store.begin().await?;
            unit.blobs().bury(&keys).await?;
            unit.commit().await
        })
        .await?;
        collected += keys.len() as u64;
    }
}
