//! Connections: how they are made, and what becomes of one whose user went away in the middle. Knows no table.

use crate::{
    OpenError, PostgresConfig,
    error::of_pool,
    pipeline::{self, Broken, Frame, Step},
    tls::{connector, part},
};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures::FutureExt;
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, time::timeout};
use tokio_postgres::{Client, Config, Row};
use tokio_postgres_rustls::MakeRustlsConnect;
use wareroom_ports::StoreError;

/// Beyond what the server is given for a statement, before it is taken for dead.
const GRACE: Duration = Duration::from_secs(2);
/// What a connection that says nothing is asked, and how soon it is given up: half a minute at the latest.
const IDLE: Duration = Duration::from_secs(10);
const PROBE: Duration = Duration::from_secs(5);
const PROBES: u32 = 4;
/// How long something may go on that nobody waits for any more. Beyond that it most likely waits for a lock.
const SETTLE: Duration = Duration::from_secs(1);

/// Which server, and how to speak to it.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Target {
    pub(crate) fn of(settings: &PostgresConfig) -> Result<Self, OpenError> {
        let parted = part(&settings.url)?;
        // The driver's own words name no secret: they say which parameter is wrong.
        let config = parted.url.parse::<Config>();
        let mut config = config.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            OpenError::Url(cause.unwrap_or_else(|| error.to_string()))
        })?;
        let tls = connector(parted.protection, parted.roots.as_deref())?;
        config
            .ssl_mode(parted.protection.mode())
            .connect_timeout(settings.begin_wait)
            .keepalives(true)
            .keepalives_idle(IDLE)
            .keepalives_interval(PROBE)
            .keepalives_retries(PROBES)
            .tcp_user_timeout(IDLE + PROBE * PROBES);
        if config.get_application_name().is_none() {
            config.application_name("wareroom");
        }
        Ok(Self { config, tls })
    }

    /// A connection of its own, outside any pool and without limits of time.
    pub(crate) async fn connect(&self) -> Result<Client, OpenError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        Ok(client)
    }

    /// A pool of connections, none of them open yet.
    pub(crate) fn pool(&self, settings: &PostgresConfig) -> Result<Connections, OpenError> {
        let mut config = self.config.clone();
        let given = config.get_options().unwrap_or_default();
        let statement_time = settings.statement_time.as_millis();
        // A unit waits for nothing but the server, so one that is idle for long is of a process that hangs, or of a connection
        // that is cut without the server's knowledge. It is ended while those who wait for its locks still do: also the one
        // that took its place.
        let idle_time = (settings.statement_time * 3 / 4).as_millis().max(1);
        // Each statement sees what is committed when it begins: what units rely on. Compiling a plan takes longer than any of
        // these statements.
        let options = format!(
            "{given} -c statement_timeout={statement_time} -c idle_in_transaction_session_timeout={idle_time} \
             -c default_transaction_isolation=read\\ committed -c jit=off"
        );
        config.options(options.trim_start());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, self.tls.clone(), recycling);
        let wait = Some(settings.begin_wait);
        let pool = Pool::builder(manager)
            .max_size(settings.connections.max(1))
            .wait_timeout(wait)
            .create_timeout(wait)
            .recycle_timeout(wait)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| OpenError::Refused(Box::new(error)))?;
        Ok(Connections {
            pool,
            tls: self.tls.clone(),
            runtime: Handle::current(),
            wait: settings.begin_wait,
            answer_time: settings.statement_time + GRACE,
        })
    }
}

/// The connections that the store has.
pub(crate) struct Connections {
    pool: Pool,
    tls: MakeRustlsConnect,
    pub(crate) runtime: Handle,
    wait: Duration,
    answer_time: Duration,
}

impl Connections {
    /// A connection for a while: `Busy` when none is free in time.
    pub(crate) async fn session(self: &Arc<Self>) -> Result<Session, StoreError> {
        let connection = timeout(self.wait, self.pool.get()).await.map_err(|_| StoreError::Busy)?.map_err(of_pool)?;
        Ok(Session { connection: Some(connection), of: Arc::clone(self), open: false, state: State::Idle })
    }

    /// A new connection, after one turned out to be dead: those that lie idle most likely are, too.
    pub(crate) async fn new_session(self: &Arc<Self>) -> Result<Session, StoreError> {
        self.pool.retain(|_, _| false);
        self.session().await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// Something was sent and not answered yet.
    Asking,
    /// The same, and the end of a transaction went with it, or was to.
    Ending,
    /// There was no answer in time, and there may never be.
    Silent,
}

/// A connection for a while. Dropped, it goes back fit for whoever is next, or is closed.
pub(crate) struct Session {
    connection: Option<Object>,
    of: Arc<Connections>,
    /// Whether a transaction is open, or may be.
    open: bool,
    state: State,
}

impl Session {
    /// Goes on with a new connection, this one having turned out to be dead.
    pub(crate) async fn renew(&mut self) -> Result<(), StoreError> {
        // Its place is given up first: there may be no other.
        drop(self.connection.take().map(Object::take));
        *self = self.of.new_session().await?;
        Ok(())
    }

    /// Sends statements together. Those of a frame with an end are a transaction of their own, or the rest of one.
    pub(crate) async fn send(&mut self, frame: Frame<'_>, steps: &[Step]) -> Result<Vec<Vec<Row>>, Broken> {
        let lost = Broken { error: None, at_end: false, end_sent: false };
        let Some(connection) = self.connection.as_ref() else { return Err(lost) };
        let ends = frame.end.is_some();
        self.open |= frame.begin.is_some();
        self.state = if ends { State::Ending } else { State::Asking };
        let answer = timeout(self.of.answer_time, pipeline::send(connection, frame, steps)).await;
        let Ok(answer) = answer else {
            self.state = State::Silent;
            return Err(Broken { end_sent: ends, ..lost });
        };
        self.state = State::Idle;
        // What was not sent has not ended anything.
        self.open &= !ends || answer.as_ref().is_err_and(|broken| !broken.end_sent);
        answer
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match self.state {
            State::Idle if !self.open => {}
            // Queued ahead of whatever the next user sends, and answered at once.
            State::Idle => drop(connection.batch_execute("ROLLBACK").now_or_never()),
            // What was sent ends by itself, but nobody is to stand behind it until then. Behind an end that did go out,
            // ROLLBACK is of no effect.
            State::Ending => drop(self.of.runtime.spawn(settle(connection, "ROLLBACK", Arc::clone(&self.of)))),
            State::Asking if !self.open => drop(self.of.runtime.spawn(settle(connection, "", Arc::clone(&self.of)))),
            // It may wait for a lock, and holds others.
            State::Asking | State::Silent => drop(self.of.runtime.spawn(close(connection, Arc::clone(&self.of)))),
        }
    }
}

/// Gives a connection back when it has ended what it does, and these words after it; or closes it, if that takes long.
async fn settle(connection: Object, words: &'static str, of: Arc<Connections>) {
    if !matches!(timeout(SETTLE, connection.batch_execute(words)).await, Ok(Ok(()))) {
        close(connection, of).await;
    }
}

/// Ends what a connection does, and the connection.
async fn close(connection: Object, of: Arc<Connections>) {
    let client = Object::take(connection);
    let cancel = client.cancel_token();
    // Whether it could be told or not, the server finds the connection closed.
    drop(timeout(of.wait, cancel.cancel_query(of.tls.clone())).await);
    drop(client);
}
