//! Keeps the collector from deleting blobs for as long as something needs them all.
//!
//! Collectors take turns, and this is a turn like theirs in which nothing is collected. It is kept by taking it anew, in one
//! unit of work with giving it back, long before it is over; who dies gives it back by that.

use crate::upkeep::collect_blobs::{LEASE, Turn};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until};
use wareroom_domain::Sha256;
use wareroom_ports::{Clock, Reservation, Store, StoreError};

/// Why collecting does not pause, or did not all the while.
#[derive(Debug, thiserror::Error)]
pub enum PauseError {
    /// A collector is at work and does not end.
    #[error("blobs are being collected and it does not end; try again later")]
    Busy,
    /// The turn was lost, as when the machine slept: blobs may have been deleted since.
    #[error("blobs may have been deleted meanwhile, because this process stood still for too long; run it again")]
    Lost,
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Collecting that pauses, in whatever process, until this is ended or dropped; dropped, it goes on some minutes later.
pub struct CollectingPaused {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    token: u64,
    since: jiff::Timestamp,
}

/// How often the turn is taken anew.
const RENEW: Duration = Duration::from_secs(LEASE.as_secs() / 10);
/// How often a turn that another has is asked for.
const ASK: Duration = Duration::from_millis(100);

impl CollectingPaused {
    /// Waits for a collector that is at work, for its turn's time and a little more.
    pub async fn begin(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Result<Self, PauseError> {
        let until = Instant::now() + LEASE + RENEW;
        loop {
            let since = clock.now();
            match take(&*store, since, None).await {
                Ok(Some(token)) => return Ok(Self { store, clock, token, since }),
                Ok(None) | Err(StoreError::Conflict | StoreError::Busy) if Instant::now() < until => sleep(ASK).await,
                Ok(None) => return Err(PauseError::Busy),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Does something while collecting pauses.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, PauseError> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.has_lasted()?;
                    return Ok(done);
                }
                () = sleep_until(Instant::now() + RENEW) => self.renew().await?,
            }
        }
    }

    /// Lets collecting go on at once.
    pub async fn end(self) -> Result<(), PauseError> {
        let mut unit = self.store.begin().await?;
        unit.idempotency().forget(&Turn::key(), self.token).await?;
        Ok(unit.commit().await?)
    }

    /// By the clock that also moves while the machine sleeps.
    fn has_lasted(&self) -> Result<(), PauseError> {
        let passed = Duration::try_from(self.clock.now().duration_since(self.since)).unwrap_or_default();
        if passed < LEASE / 2 { Ok(()) } else { Err(PauseError::Lost) }
    }

    async fn renew(&mut self) -> Result<(), PauseError> {
        self.has_lasted()?;
        let since = self.clock.now();
        match take(&*self.store, since, Some(self.token)).await {
            Ok(Some(token)) => (self.token, self.since) = (token, since),
            Ok(None) => return Err(PauseError::Lost),
            // There is time for a few more attempts.
            Err(StoreError::Conflict | StoreError::Busy) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Takes the turn, giving back the one that is held in the same unit; `None` while another has it, or when another had it
/// meanwhile.
async fn take(store: &dyn Store, at: jiff::Timestamp, held: Option<u64>) -> Result<Option<u64>, StoreError> {
    let mut unit = store.begin().await?;
    if let Some(token) = held
        && !unit.idempotency().forget(&Turn::key(), token).await?
    {
        return Ok(None);
    }
    let taken = unit.idempotency().reserve(&Turn::key(), Sha256([0; 32]), at, LEASE).await?;
    let Reservation::Granted { token } = taken else { return Ok(None) };
    unit.commit().await?;
    Ok(Some(token))
}
