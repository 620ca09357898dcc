//! Deletes blobs that nobody names any more.
//!
//! ```text
//! take the turn, condemn, commit      from now on nobody can claim these keys
//! delete the bytes
//! give the turn back, bury, commit    they can be claimed again, if it was still ours
//! ```
//!
//! One collector at a time, in whatever process: condemned keys are shown to every collector, and one that is late would delete
//! what was put again after another had buried the key. The turn is a lease in the store. Whoever dies in between leaves
//! condemned rows, which the next one takes up when the lease is over.
//!
//! A process may stand still at any moment, and find its turn over when it goes on. It buries nothing then: the store says
//! so, in the same unit of work. A delete cannot be asked like that. It is begun in the first half of a turn only, and one
//! that failed may still be under way somewhere: its key stays condemned for a whole turn more. What is left is a process
//! that stands still for minutes just between the look at the clock and the delete.

use crate::{Application, Error, unit::retry_conflicts};
use jiff::Timestamp;
use std::time::Duration;
use wareroom_domain::{BlobKey, Sha256};
use wareroom_ports::{BlobError, IdempotencyKey, Reservation, StoreError};

/// How many are condemned at a time. Few, because an upload of the same bytes waits while they are.
const BATCH: usize = 16;

/// How long a turn lasts. Nothing is begun in its second half, so that a delete that hangs is over when the next turn begins.
pub(crate) const LEASE: Duration = Duration::from_mins(5);

/// A turn to collect.
pub(crate) struct Turn {
    token: u64,
    begun: Timestamp,
}

impl Turn {
    /// What the turn is kept under, as if collecting were a request: no scope of a request looks like this one.
    pub(crate) fn key() -> IdempotencyKey {
        IdempotencyKey { scope: "upkeep".to_owned(), key: "collect_blobs".to_owned() }
    }

    /// Whether something may be begun: by the clock that also moves while the machine sleeps.
    fn lasts(&self, app: &Application) -> bool {
        Duration::try_from(app.ports.clock.now().duration_since(self.begun)).is_ok_and(|spent| spent < LEASE / 2)
    }
}

/// Answers to how many were deleted or, on a dry run, would be; none while another collector is at work.
pub(super) async fn execute(app: &Application, dry_run: bool) -> Result<u64, Error> {
    if dry_run {
        // Dropped, which condemns nothing.
        let mut unit = app.ports.store.begin().await?;
        return Ok(unit.blobs().condemn(usize::MAX).await?.len() as u64);
    }
    let mut collected = 0;
    while let Some((turn, keys)) = retry_conflicts(|| condemn(app)).await? {
        let (gone, outcome) = delete(app, &turn, &keys).await;
        let under_way = outcome.is_err();
        if !turn.lasts(app) || !retry_conflicts(|| bury(app, &turn, gone, under_way)).await? {
            // What is deleted already is taken up again by the next one, who finds nothing there.
            return outcome.map(|()| collected).map_err(Error::from);
        }
        collected += gone.len() as u64;
        outcome?;
    }
    Ok(collected)
}

/// A turn, and the keys to be deleted in it; `None` when there are none, or it is another's turn.
async fn condemn(app: &Application) -> Result<Option<(Turn, Vec<BlobKey>)>, StoreError> {
    let begun = app.ports.clock.now();
    let mut unit = app.ports.store.begin().await?;
    let taken = unit.idempotency().reserve(&Turn::key(), Sha256([0; 32]), begun, LEASE).await?;
    let Reservation::Granted { token } = taken else { return Ok(None) };
    let keys = unit.blobs().condemn(BATCH).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    unit.commit().await?;
    Ok(Some((Turn { token, begun }, keys)))
}

/// Deletes bytes while the turn lasts; answers to those that are gone.
async fn delete<'keys>(
    app: &Application,
    turn: &Turn,
    keys: &'keys [BlobKey],
) -> (&'keys [BlobKey], Result<(), BlobError>) {
    for (index, key) in keys.iter().enumerate() {
        if !turn.lasts(app) {
            return (&keys[..index], Ok(()));
        }
        if let Err(error) = app.ports.blobs.delete(key).await {
            return (&keys[..index], Err(error));
        }
    }
    (keys, Ok(()))
}

/// Forgets what is gone and ends the turn, or begins it anew when a delete may be under way. Answers whether it was still
/// ours: otherwise another collector is about to delete the same keys, and they must not be claimed.
async fn bury(app: &Application, turn: &Turn, gone: &[BlobKey], under_way: bool) -> Result<bool, StoreError> {
    let mut unit = app.ports.store.begin().await?;
    if !unit.idempotency().forget(&Turn::key(), turn.token).await? {
        return Ok(false);
    }
    unit.blobs().bury(gone).await?;
    if under_way {
        // Kept by nobody, so it ends with its lease.
        unit.idempotency().reserve(&Turn::key(), Sha256([0; 32]), app.ports.clock.now(), LEASE).await?;
    }
    unit.commit().await?;
    Ok(true)
}
