//! The unit of work: it has a connection to itself. It implements every repository itself; each does so in a file of its
//! own.
//!
//! A write whose answer is known beforehand is kept back ([`Unit::keep`]) and goes with the next statement that somebody
//! waits for, or with COMMIT. Its answer is known beforehand when it is about what this unit has locked or made itself
//! ([`Known`]); such a write says what it must find, so that one that was wrong about it undoes the unit.

use crate::{
    error::{is_lost, of_call, of_commit},
    outbox::Pending,
    pipeline::{Broken, Frame, Step},
    pool::Session,
    store::Shared,
};
use async_trait::async_trait;
use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};
use tokio_postgres::Row;
use wareroom_domain::{Fence, ImageId, ProductId, Version};
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKey, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, StoreError, UnitOfWork,
    UserRepo,
};

const BEGIN: &str = "BEGIN";

/// What nobody else can change until the unit ends, as it is now.
#[derive(Default)]
pub(crate) struct Known {
    /// Products that it made or locked, with their versions.
    pub(crate) products: HashMap<ProductId, Version>,
    /// Images of such products, with their fences.
    pub(crate) images: HashMap<ImageId, Fence>,
    /// Reservations that it made.
    pub(crate) reservations: HashSet<(IdempotencyKey, u64)>,
}

/// A unit that is open. Dropping it rolls it back.
pub(crate) struct Unit {
    shared: Arc<Shared>,
    session: Session,
    /// Whether the server has heard of it.
    begun: bool,
    /// A call failed, or was given up by its caller and may or may not have been done.
    dead: bool,
    kept: Vec<Step>,
    pub(crate) known: Known,
    pub(crate) pending: Pending,
}

impl Unit {
    pub(crate) fn new(shared: Arc<Shared>, session: Session) -> Self {
        let (known, pending) = (Known::default(), Pending::default());
        Self { shared, session, begun: false, dead: false, kept: vec![], known, pending }
    }

    /// Keeps a write that nobody has to wait for.
    pub(crate) fn keep(&mut self, step: Step) -> Result<(), StoreError> {
        if self.dead {
            return Err(StoreError::Aborted);
        }
        self.kept.push(step);
        Ok(())
    }

    /// What the unit itself knows to be an error.
    pub(crate) fn refuse<T>(&mut self, error: StoreError) -> Result<T, StoreError> {
        if mem::replace(&mut self.dead, true) { Err(StoreError::Aborted) } else { Err(error) }
    }

    /// What came of reading an answer: one that cannot be read is an error like any other.
    pub(crate) fn judge<T>(&mut self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        self.dead |= read.is_err();
        read
    }

    /// Asks for one statement's rows.
    pub(crate) async fn ask(&mut self, step: Step) -> Result<Vec<Row>, StoreError> {
        Ok(self.ask_all(vec![step]).await?.pop().unwrap_or_default())
    }

    /// Asks for several statements' rows in one round trip, what was kept before them. The unit counts as failed until its
    /// answer is here: a caller that does not wait for it cannot know what was done, so nothing may be stored.
    pub(crate) async fn ask_all(&mut self, steps: Vec<Step>) -> Result<Vec<Vec<Row>>, StoreError> {
        if mem::replace(&mut self.dead, true) {
            return Err(StoreError::Aborted);
        }
        let asked = steps.len();
        let mut all = mem::take(&mut self.kept);
        all.extend(steps);
        let mut rows = self.send(None, &all).await.map_err(of_call)?;
        self.dead = false;
        Ok(rows.split_off(rows.len() - asked))
    }

    /// BEGIN goes with what is sent first. A connection that died before is found out by that, and nothing is lost with it.
    /// Should the server have heard it all and not know that the connection is dead, it is waited for by the second attempt:
    /// sessions that are idle within a transaction are ended before a statement's time is over.
    async fn send(&mut self, end: Option<&str>, steps: &[Step]) -> Result<Vec<Vec<Row>>, Broken> {
        let first = !mem::replace(&mut self.begun, true);
        let frame = Frame { begin: first.then_some(BEGIN), end };
        let answer = self.session.send(frame, steps).await;
        match answer {
            Err(broken) if first && !broken.end_sent && broken.error.as_ref().is_some_and(is_lost) => {
                if self.session.renew().await.is_err() {
                    return Err(broken);
                }
                self.session.send(frame, steps).await
            }
            answer => answer,
        }
    }
}

#[async_trait]
impl UnitOfWork for Unit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    /// What was kept, the outbox and COMMIT are one round trip. COMMIT behind a statement that failed answers success and
    /// stores nothing: it is the statements' own answers that tell.
    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.dead {
            return Err(StoreError::Aborted);
        }
        let has_jobs = self.pending.has_jobs();
        let mut steps = mem::take(&mut self.kept);
        steps.extend(mem::take(&mut self.pending).into_steps());
        if !self.begun && steps.is_empty() {
            return Ok(());
        }
        self.send(Some("COMMIT"), &steps).await.map_err(of_commit)?;
        if has_jobs {
            self.shared.jobs.notify_waiters();
        }
        Ok(())
    }
}
