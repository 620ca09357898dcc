//! Keeps the cache connected: gives a session up when there is doubt about it, and opens the next one.
//!
//! A server that is slow, and answers others meanwhile, is no reason for doubt. What it was not told in time is told again at
//! once over the same session, which is not read until then.
//!
//! The next session is not used before the server has all that it was not told meanwhile; and not read before other
//! processes, which were cut off together with this one, had time for the same.

use crate::back_off::BackOff;
use crate::config::RedisConfig;
use crate::connection::Connection;
use crate::error::{Failure, NoSession, OpenError};
use crate::session::Session;
use crate::unsettled::{Tombstone, Unsettled};
use fred::error::Error;
use futures::{StreamExt, TryStreamExt, stream};
use std::convert::Infallible;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many invalidations are kept while nobody can be told.
const ROOM: usize = 65_536;
/// How many of them are under way at once.
const AT_ONCE: usize = 256;
/// Values of other processes are stored for as long, at least.
const USUAL_TTL: u64 = 60_000;

pub(crate) struct Keeper {
    config: RedisConfig,
    current: RwLock<Option<Current>>,
    doubtful: Notify,
    untold: Notify,
    unsettled: Mutex<Unsettled>,
    /// How often something could not be told since all was told.
    behind: AtomicU64,
    /// The longest that a value was stored for, in milliseconds.
    outlives: AtomicU64,
}

#[derive(Clone)]
struct Current {
    session: Arc<Session>,
    readable_from: Instant,
}

impl Keeper {
    pub(crate) async fn open(config: RedisConfig) -> Result<(Arc<Self>, Connection), OpenError> {
        let (connection, session) = Session::open(&config).await?;
        let current = Current { session: Arc::new(session), readable_from: Instant::now() };
        let keeper = Self {
            config,
            current: RwLock::new(Some(current)),
            doubtful: Notify::new(),
            untold: Notify::new(),
            unsettled: Mutex::new(Unsettled::new(ROOM)),
            behind: AtomicU64::new(0),
            outlives: AtomicU64::new(USUAL_TTL),
        };
        Ok((Arc::new(keeper), connection))
    }

    /// The session to read with and to store values.
    pub(crate) fn readable(&self) -> Result<Arc<Session>, NoSession> {
        let current = self.current()?;
        if self.behind.load(SeqCst) > 0 {
            return Err(NoSession::Behind);
        }
        if current.readable_from > Instant::now() {
            return Err(NoSession::Quarantine);
        }
        Ok(current.session)
    }

    /// The session to leave tombstones with, which is never too early.
    pub(crate) fn writable(&self) -> Result<Arc<Session>, NoSession> {
        Ok(self.current()?.session)
    }

    fn current(&self) -> Result<Current, NoSession> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(NoSession::Lost)
    }

    /// Looks at what a command came back with, and gives the session up when that leaves doubt.
    pub(crate) fn watch<T>(&self, session: &Arc<Session>, outcome: Result<T, Failure>) -> Result<T, Error> {
        if let Err(Failure { error, doubtful: true }) = &outcome {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.session, session)) {
                tracing::debug!(%error, "a connection to Redis is given up");
                *current = None;
                self.doubtful.notify_one();
            }
        }
        outcome.map_err(|failure| failure.error)
    }

    /// Somebody dropped an invalidation on its way.
    pub(crate) fn was_dropped(&self) {
        self.untold.notify_one();
    }

    /// Leaves tombstones that are kept as unsettled. When one could not be left nobody reads, over this session or the next,
    /// before it is told.
    pub(crate) async fn invalidate(&self, session: &Arc<Session>, waiting: Vec<Tombstone>) -> Result<(), Error> {
        let mut outcome = self.tell(session, waiting, self.config.command_time).await;
        if let Err(failure) = &mut outcome {
            // What found no room cannot be told again, and is waited out by the next session.
            failure.doubtful |= self.unsettled().lost_until().is_some_and(|lost| lost > Instant::now());
            if !failure.doubtful {
                self.behind.fetch_add(1, SeqCst);
                self.untold.notify_one();
            }
        }
        self.watch(session, outcome)
    }

    pub(crate) fn unsettled(&self) -> MutexGuard<'_, Unsettled> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest that any value is stored for, as far as is known here.
    pub(crate) fn outlives(&self) -> Duration {
        Duration::from_millis(self.outlives.load(Relaxed))
    }

    pub(crate) fn stores_for(&self, ttl: Duration) {
        self.outlives.fetch_max(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).min(u64::from(u32::MAX)), Relaxed);
    }

    /// Goes on for good, from the first connection on.
    pub(crate) async fn keep(self: Arc<Self>, mut connection: Connection) {
        loop {
            tokio::select! {
                () = connection.ended() => {}
                () = self.doubt() => {}
                _ = self.pulse() => {}
                _ = self.tell_untold() => {}
            }
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = None;
            // Whoever still waits for an answer is told that there will be none.
            drop(connection);
            let mut back_off = BackOff::up_to(self.config.longest_wait);
            connection = loop {
                back_off.wait().await;
                match self.reopen().await {
                    Ok(connection) => break connection,
                    Err(error) => tracing::debug!(%error, "Redis is not back yet"),
                }
            };
        }
    }

    /// Resolves when somebody gave the session up.
    async fn doubt(&self) {
        while self.current().is_ok() {
            self.doubtful.notified().await;
        }
    }

    /// Asks the server for a sign of life now and then, so that a process that reads nothing for a while does not go on
    /// afterwards as if nothing had happened.
    async fn pulse(&self) -> Result<Infallible, NoSession> {
        loop {
            tokio::time::sleep(self.config.heartbeat).await;
            let session = self.writable()?;
            let _ = self.watch(&session, session.ping().await);
        }
    }

    /// Tells what somebody began to tell and dropped on its way, or could not tell in time, as often as it takes.
    async fn tell_untold(&self) -> Result<Infallible, NoSession> {
        loop {
            self.untold.notified().await;
            let mut back_off = BackOff::up_to(self.config.longest_wait);
            loop {
                back_off.wait().await;
                let session = self.writable()?;
                // Counted before it is looked what there is: it was kept before it was counted.
                let behind = self.behind.load(SeqCst);
                let waiting = self.unsettled().all();
                // Nobody waits for it.
                let told = self.tell(&session, waiting, self.config.connect_time).await;
                if self.watch(&session, told).is_ok() {
                    self.behind.fetch_sub(behind, SeqCst);
                    break;
                }
            }
        }
    }

    async fn reopen(&self) -> Result<Connection, OpenError> {
        let (connection, session) = Session::open(&self.config).await?;
        let session = Arc::new(session);
        loop {
            let waiting = {
                let mut unsettled = self.unsettled();
                let waiting = unsettled.all();
                if waiting.is_empty() {
                    // Still under the lock: whoever keeps another one now, finds the session.
                    self.behind.store(0, SeqCst);
                    let quarantine = Instant::now() + self.config.quarantine;
                    let readable_from = unsettled.lost_until().map_or(quarantine, |lost| lost.max(quarantine));
                    let current = Current { session, readable_from };
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
                    return Ok(connection);
                }
                waiting
            };
            let told = self.tell(&session, waiting, self.config.connect_time).await;
            told.map_err(|failure| failure.error)?;
        }
    }

    /// Leaves tombstones, each within `time`. What was left is settled.
    async fn tell(&self, session: &Session, waiting: Vec<Tombstone>, time: Duration) -> Result<(), Failure> {
        stream::iter(waiting)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, |tombstone| async move {
                session.bury(&tombstone, time).await?;
                self.unsettled().settle(&tombstone.key, tombstone.version);
                Ok(())
            })
            .await
    }
}
