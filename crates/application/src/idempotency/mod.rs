//! Requests that come again take effect once: what every use case behind a POST does with its caller's key.
//!
//! ```text
//! let once = app.once(context, fingerprint);    the key, and a hash of what is asked for
//! begin, once.reserve(unit)?                    Turn::Ours: go on.  Turn::Told: it was done, this came of it
//! ..., place.answer(unit, &result)?, commit     the result is kept with what it tells of, or neither is
//! ```
//!
//! A use case of one unit of work does all of it in that unit, so that a failure leaves nothing behind. One that has to
//! commit before it is done ([`Place::hold`]) says how it ended ([`Held::end`]); the key of one that failed, was given up or
//! panicked is free again; that of one whose process died, or which was given up while its first unit was being committed, is
//! taken over when the lease is over. A request without a key
//! is always its own.
//!
//! What is kept is the result, in a form of bytes that begins with its number. How an edge writes it is not known here.

mod fingerprint;
mod kept;

pub(crate) use fingerprint::Fingerprint;
pub(crate) use kept::Kept;

use crate::unit::retry_conflicts;
use crate::write::Halt;
use crate::{Application, Context, Error, ErrorCode};
use std::ops::Deref;
use tokio::runtime::Handle;
use wareroom_domain::{ProductId, Sha256, Version};
use wareroom_ports::{IdempotencyKey, Reservation, Store, StoreError, UnitOfWork};

/// What came of a request: now, or when it came first. Reads like its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The result.
    pub result: T,
    /// Whether the request had been done before and nothing was done now.
    pub replayed: bool,
}

impl<T> Answered<T> {
    /// The result of what was done now.
    pub(crate) const fn now(result: T) -> Self {
        Self { result, replayed: false }
    }
}

impl<T> Deref for Answered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.result
    }
}

/// A request that takes effect once, when it has a key.
pub(crate) struct Once<'a> {
    app: &'a Application,
    keyed: Option<(&'a IdempotencyKey, Sha256)>,
}

/// Whether a request is ours to do.
pub(crate) enum Turn<'a, T> {
    /// It is: by the end of the unit of work, its result belongs into this place.
    Ours(Place<'a>),
    /// It was done before: this came of it, and is the answer.
    Told(Answered<T>),
}

/// Where the result of a request belongs, as long as its unit of work lasts.
pub(crate) struct Place<'a> {
    app: &'a Application,
    reserved: Option<(&'a IdempotencyKey, u64)>,
}

/// A place that is kept beyond the unit of work which reserved it. Dropped without an end, as when the caller went away, it
/// is given back in the background.
pub(crate) struct Held<'a> {
    place: Place<'a>,
    ended: bool,
}

impl Application {
    /// The request of this context, whose content has that fingerprint.
    pub(crate) fn once<'a>(&'a self, context: &'a Context, fingerprint: Fingerprint) -> Once<'a> {
        Once { app: self, keyed: context.idempotency_key.as_ref().map(|key| (key, fingerprint.finish())) }
    }

    /// Tells the caches what was overwritten, also what was overwritten before: whoever did it may have committed and not
    /// told yet, or have died in between, and the read that follows this answer is to see it.
    pub(crate) async fn announce_done<T: Sync>(&self, done: &Answered<T>, of: impl FnOnce(&T) -> (ProductId, Version)) {
        self.announce(Some(of(&done.result))).await;
    }
}

impl<'a> Once<'a> {
    /// Asks whether the request is to be done now, before anything else is asked of the unit of work. When it is not, the
    /// unit is to be dropped.
    pub(crate) async fn reserve<T: Kept>(&self, unit: &mut dyn UnitOfWork) -> Result<Turn<'a, T>, Halt> {
        let ours = |reserved| Turn::Ours(Place { app: self.app, reserved });
        let Some((key, fingerprint)) = self.keyed else { return Ok(ours(None)) };
        let (now, lease) = (self.app.ports.clock.now(), self.app.settings.idempotency_lease);
        match unit.idempotency().reserve(key, fingerprint, now, lease).await? {
            Reservation::Granted { token } => Ok(ours(Some((key, token)))),
            Reservation::Running => Err(running().into()),
            Reservation::Answered(bytes) => {
                let result = T::from_bytes(&bytes).ok_or_else(unreadable)?;
                Ok(Turn::Told(Answered { result, replayed: true }))
            }
            Reservation::Mismatch => Err(reused().into()),
        }
    }
}

impl<'a> Place<'a> {
    /// Keeps the result, in the unit of work that stores what it tells of. Refuses when the lease was over and another has
    /// taken over, or has done the request already.
    pub(crate) async fn answer<T: Kept>(&self, unit: &mut dyn UnitOfWork, result: &T) -> Result<(), Halt> {
        let Some((key, token)) = self.reserved else { return Ok(()) };
        unit.idempotency().answer(key, token, result.to_bytes()).await.map_err(|error| match error {
            StoreError::Conflict => running().into(),
            other => other.into(),
        })
    }

    /// Keeps the place beyond its unit of work, which was committed.
    pub(crate) const fn hold(self) -> Held<'a> {
        Held { place: self, ended: false }
    }
}

impl Held<'_> {
    /// The place, for the unit of work that stores the result.
    pub(crate) const fn place(&self) -> &Place<'_> {
        &self.place
    }

    /// The request is over. Unless it was done, its key is free from now on.
    pub(crate) async fn end<T>(mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let (Err(_), Some((key, token))) = (&outcome, self.place.reserved) {
            forget(&*self.place.app.ports.store, key, token).await;
        }
        self.ended = true;
        outcome
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some((key, token)) = self.place.reserved.filter(|_| !self.ended) else { return };
        if let Ok(runtime) = Handle::try_current() {
            let (store, key) = (self.place.app.ports.store.clone(), key.clone());
            runtime.spawn(async move { forget(&*store, &key, token).await });
        }
    }
}

/// Gives a key back. When that fails, its lease does it later.
async fn forget(store: &dyn Store, key: &IdempotencyKey, token: u64) {
    let forgotten = retry_conflicts(async || {
        let mut unit = store.begin().await?;
        unit.idempotency().forget(key, token).await?;
        unit.commit().await
    });
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "an idempotency key stays reserved until its lease is over");
    }
}

fn running() -> Error {
    Error::new(ErrorCode::InProgress, "a request with this idempotency key is still running; ask again in a moment")
}

fn reused() -> Error {
    let detail = "this idempotency key was used for a request of other content; use a new one for each request";
    Error::new(ErrorCode::KeyReused, detail)
}

/// What was done must not be done again, and what came of it cannot be told: the client is to stop and look.
fn unreadable() -> Error {
    let detail = "this request was done before, and its answer can no longer be shown; look at what is there, and use a new \
                  idempotency key for anything else";
    Error::new(ErrorCode::KeyReused, detail)
}
