//! Back-pressure: while too much image work waits, no more is accepted. Must not know what takes the work away.
//!
//! How much waits is asked of the store, now and then, and never within a unit of work: it may take a connection.

use crate::{Application, Error, ErrorCode};
use std::time::Duration;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use wareroom_ports::{OutboxRelay, StoreError};

/// For how long an answer holds.
const FRESH: Duration = Duration::from_secs(1);

/// An answer that took long holds so many times as long, so that asking costs the store a small part of its time.
const SHARE: u32 = 20;

/// After how long it is not waited for: a store that is in trouble tells every request so by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// The store's latest answer. Whoever finds that it is over asks again; whoever comes meanwhile waits for the new one.
#[derive(Default)]
pub(crate) struct Pressure {
    latest: Mutex<Option<Answer>>,
}

#[derive(Clone, Copy)]
struct Answer {
    too_much: bool,
    holds_until: Instant,
}

/// Whether new image work can be accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlook {
    too_much: bool,
}

impl Outlook {
    /// An error unless it can.
    pub(crate) fn admit(self) -> Result<(), Error> {
        if self.too_much {
            let detail = "too many images wait to be processed; send this again later";
            return Err(Error::new(ErrorCode::TooMuchWaiting, detail));
        }
        Ok(())
    }
}

impl Application {
    /// How it looks for new image work. To be asked before a unit of work is begun, even where the unit may find that there
    /// is none: a request that comes again is told its answer, however much waits.
    pub(crate) async fn outlook(&self) -> Outlook {
        let too_much = match self.settings.outbox_limit {
            0 => false,
            limit => self.pressure.exceeds(&*self.ports.jobs, limit).await,
        };
        Outlook { too_much }
    }
}

impl Pressure {
    /// Whether as many jobs as the limit, or more, wait. Dropped half-way, it leaves asking to the next. While the store cannot
    /// tell, it is as it was.
    async fn exceeds(&self, jobs: &dyn OutboxRelay, limit: u64) -> bool {
        let mut latest = self.latest.lock().await;
        let asked = Instant::now();
        if let Some(answer) = latest.filter(|answer| asked < answer.holds_until) {
            return answer.too_much;
        }
        let before = latest.is_some_and(|answer| answer.too_much);
        let told = timeout(PATIENCE, jobs.at_least(limit)).await.unwrap_or(Err(StoreError::Busy));
        let (too_much, holds) = match told {
            Ok(too_much) => (too_much, FRESH.max(asked.elapsed() * SHARE)),
            Err(error) => {
                tracing::debug!(%error, "it is not known how many jobs wait");
                (before, FRESH)
            }
        };
        if too_much && !before {
            tracing::warn!(limit, "too many jobs wait: new images are refused");
        } else if before && !too_much {
            tracing::info!(limit, "new images are accepted again");
        }
        *latest = Some(Answer { too_much, holds_until: Instant::now() + holds });
        too_much
    }
}
