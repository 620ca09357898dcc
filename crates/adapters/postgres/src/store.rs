//! The store itself: opening it, and beginning units of work.

use crate::{
    OpenError, PostgresConfig,
    error::{is_lost, of_call},
    migrations,
    pipeline::{Frame, Step, step},
    pool::{Connections, Session, Target},
    rows::first,
    unit::Unit,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    time::timeout,
};
use tokio_postgres::{Client, Row};
use wareroom_ports::{Store, StoreError, UnitOfWork};

/// A database that is open. Clones share its connections; they are closed when the last of them is gone, with everything
/// that they handed out.
#[derive(Clone)]
pub struct PostgresStore {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) connections: Arc<Connections>,
    /// What may take long leaves half of the connections to what does not.
    long: Semaphore,
    /// There may be jobs to claim.
    pub(crate) jobs: Notify,
    begin_wait: Duration,
    /// How the transaction of a list begins.
    list_begin: String,
    pub(crate) lease: Duration,
    pub(crate) poll: Duration,
}

impl PostgresStore {
    /// Opens the database, whose schema must have every migration of this program: [`migrate`](Self::migrate) applies what
    /// is missing. One that has more is opened as long as each of those is compatible with older programs, so that old and
    /// new can run side by side.
    pub async fn open(config: PostgresConfig) -> Result<Self, OpenError> {
        let target = Target::of(&config)?;
        let client = target.connect().await?;
        look_at(&client).await?;
        let missing: Vec<_> =
            migrations::history(&client).await?.into_iter().filter(|step| step.applied_at.is_none()).collect();
        if let Some(first) = missing.first() {
            return Err(OpenError::Pending { first: first.version, count: missing.len() });
        }
        let shared = Shared {
            connections: Arc::new(target.pool(&config)?),
            long: Semaphore::new((config.connections / 2).max(1)),
            jobs: Notify::new(),
            begin_wait: config.begin_wait,
            list_begin: list_begin(config.list_time),
            lease: config.lease,
            poll: config.poll,
        };
        Ok(Self { shared: Arc::new(shared) })
    }
}

/// What cannot be made good later: how texts are kept, and when the server says that it has stored something.
pub(crate) async fn look_at(client: &Client) -> Result<(), OpenError> {
    let sql = "SELECT current_setting('server_encoding'), current_setting('synchronous_commit')";
    let row = client.query_one(sql, &[]).await?;
    let (encoding, synchronous): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    if encoding != "UTF8" {
        return Err(OpenError::Encoding(encoding));
    }
    if synchronous == "off" { Err(OpenError::NotDurable) } else { Ok(()) }
}

/// One moment for all of a list's statements, each planned for the very values that are looked for: what a filter leaves
/// over decides which way is quick.
fn list_begin(list_time: Duration) -> String {
    let list_time = list_time.as_millis().max(1);
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {list_time}; \
         SET LOCAL plan_cache_mode = force_custom_plan"
    )
}

impl Shared {
    /// Reads, once more on another connection when the first was dead.
    pub(crate) async fn read(&self, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
        let first = self.connections.session().await?.send(Frame::default(), steps).await;
        match first {
            Err(broken) if broken.error.as_ref().is_some_and(is_lost) => {
                let again = self.connections.new_session().await?.send(Frame::default(), steps).await;
                again.map_err(of_call)
            }
            answer => answer.map_err(of_call),
        }
    }

    /// Writes outside a unit of work, each statement for itself.
    pub(crate) async fn write(&self, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.connections.session().await?.send(Frame::default(), steps).await.map_err(of_call)
    }

    /// Writes outside a unit of work, all of it or nothing, each statement seeing what is stored when it begins.
    pub(crate) async fn write_together(&self, steps: &[Step]) -> Result<Vec<Vec<Row>>, StoreError> {
        let frame = Frame { begin: Some("BEGIN"), end: Some("COMMIT") };
        self.connections.session().await?.send(frame, steps).await.map_err(of_call)
    }

    /// Begins a list, all of one moment, in the time that lists are given.
    pub(crate) async fn list(&self) -> Result<List<'_>, StoreError> {
        let turn = timeout(self.begin_wait, self.long.acquire()).await.map_err(|_| StoreError::Busy)?;
        let turn = turn.map_err(|closed| StoreError::Backend(Box::new(closed)))?;
        Ok(List { shared: self, session: self.connections.session().await?, begun: false, _turn: turn })
    }
}

/// A list that is being read.
pub(crate) struct List<'s> {
    shared: &'s Shared,
    session: Session,
    begun: bool,
    _turn: tokio::sync::SemaphorePermit<'s>,
}

impl List<'_> {
    /// A part of it, on which another will rest.
    pub(crate) async fn part(&mut self, step: Step) -> Result<Vec<Row>, StoreError> {
        self.ask(step, None).await
    }

    /// The last part of it.
    pub(crate) async fn end(mut self, step: Step) -> Result<Vec<Row>, StoreError> {
        self.ask(step, Some("COMMIT")).await
    }

    async fn ask(&mut self, step: Step, end: Option<&str>) -> Result<Vec<Row>, StoreError> {
        let first = !std::mem::replace(&mut self.begun, true);
        let frame = Frame { begin: first.then_some(self.shared.list_begin.as_str()), end };
        let steps = [step];
        let mut answer = self.session.send(frame, &steps).await;
        if first && answer.as_ref().is_err_and(|broken| broken.error.as_ref().is_some_and(is_lost)) {
            self.session.renew().await?;
            answer = self.session.send(frame, &steps).await;
        }
        Ok(answer.map_err(of_call)?.pop().unwrap_or_default())
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let session = self.shared.connections.session().await?;
        Ok(Box::new(Unit::new(Arc::clone(&self.shared), session)))
    }

    /// Asks the server, which must be one that can be written to.
    async fn check(&self) -> Result<(), StoreError> {
        let steps = [step!("SELECT current_setting('transaction_read_only') = 'off' AS writable")];
        let rows = timeout(self.shared.begin_wait, self.shared.read(&steps)).await.map_err(|_| StoreError::Busy)??;
        if rows.first().and_then(|rows| first(rows, "writable")) == Some(true) {
            Ok(())
        } else {
            Err(StoreError::Backend("the database's server can only be read".into()))
        }
    }
}
