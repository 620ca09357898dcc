//! Replays some of the dead letters that were marked for it: a step that a worker repeats, with pauses, so that many of them
//! do not come over the servers of the images at once.

use super::replay::replay;
use crate::{Application, Error, unit::retry_conflicts};

/// Answers to how many letters are gone by that; 0 when none is marked.
pub(crate) async fn execute(app: &Application) -> Result<usize, Error> {
    let marked = retry_conflicts(async || {
        let mut unit = app.ports.store.begin().await?;
        unit.dead_letters().marked(app.settings.replay_batch).await
    })
    .await?;
    for letter in &marked {
        // Each in a unit of its own: what was replayed stays so, whatever becomes of the next.
        let change = retry_conflicts(async || {
            let mut unit = app.ports.store.begin().await?;
            let change = replay(app, &mut *unit, &letter.trace, letter).await?;
            unit.commit().await?;
            Ok(change)
        })
        .await?;
        app.announce(change).await;
    }
    Ok(marked.len())
}
