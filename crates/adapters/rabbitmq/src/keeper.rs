//! Keeps something connected: when it ends, opens the next, for as long as anybody wants it.

use crate::address::Address;
use crate::back_off::BackOff;
use crate::config::RabbitConfig;
use crate::connection::Connection;
use crate::error::{OpenError, Trouble};
use crate::outage::Outages;
use crate::topology::Topology;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// What everything that connects has in common.
pub(crate) struct Plan {
    pub(crate) config: RabbitConfig,
    pub(crate) address: Address,
    pub(crate) topology: Topology,
    pub(crate) outages: Outages,
    /// How many consumers the broker does not serve although it is there.
    pub(crate) unserved: AtomicUsize,
}

impl Plan {
    pub(crate) async fn connect(&self, what_it_does: &str) -> Result<Connection, OpenError> {
        let name = format!("{} {what_it_does}", self.config.prefix);
        Connection::open(&self.address, &name, self.config.connect_time).await
    }
}

/// What lasts as long as its connection.
#[async_trait]
pub(crate) trait Session: Sized + Send + Sync + 'static {
    /// What it does, for whoever lists connections.
    const NAME: &'static str;

    /// Opens one.
    async fn open(plan: &Plan) -> Result<Self, OpenError>;

    /// Resolves when it is over.
    async fn ended(&self);

    /// Why it was lost; `None` when it was given up here.
    fn lost(&self) -> Option<Trouble>;
}

#[async_trait]
impl Session for Connection {
    const NAME: &'static str = "consumes";

    async fn open(plan: &Plan) -> Result<Self, OpenError> {
        let connection = plan.connect(Self::NAME).await?;
        crate::declare::declare(&connection, &plan.topology, plan.config.connect_time).await?;
        Ok(connection)
    }

    async fn ended(&self) {
        Self::ended(self).await;
    }

    fn lost(&self) -> Option<Trouble> {
        Self::lost(self)
    }
}

pub(crate) struct Keeper<T> {
    current: watch::Receiver<Option<Arc<T>>>,
    keeping: AbortHandle,
}

impl<T: Session> Keeper<T> {
    /// Opens the first, and keeps it.
    pub(crate) async fn open(plan: &Arc<Plan>) -> Result<Self, OpenError> {
        let first = Arc::new(within(plan).await?);
        let (sender, current) = watch::channel(Some(first));
        let keeping = tokio::spawn(keep(Arc::clone(plan), sender)).abort_handle();
        Ok(Self { current, keeping })
    }

    /// The one that is there.
    pub(crate) fn current(&self) -> Option<Arc<T>> {
        self.current.borrow().clone()
    }

    /// Shows which one is there, now and later.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<Arc<T>>> {
        self.current.clone()
    }
}

impl<T> Drop for Keeper<T> {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

async fn keep<T: Session>(plan: Arc<Plan>, current: watch::Sender<Option<Arc<T>>>) {
    loop {
        let session = current.borrow().clone();
        let (mut lost, mut told) = (false, false);
        if let Some(session) = session {
            session.ended().await;
            current.send_replace(None);
            // One that was given up may be replaced before anybody misses it.
            if let Some(reason) = session.lost() {
                plan.outages.lost(&reason);
                lost = true;
            }
        }
        let mut back_off = BackOff::up_to(plan.config.longest_wait);
        let next = loop {
            back_off.wait().await;
            let error = match within(&plan).await {
                Ok(next) => break next,
                Err(error) => error,
            };
            if !lost {
                plan.outages.lost(&error);
                lost = true;
            }
            if told || matches!(error, OpenError::Unreachable(_)) {
                tracing::debug!(%error, "RabbitMQ is not back yet");
            } else {
                tracing::error!(%error, "RabbitMQ is back, and of no use; it is tried again");
                told = true;
            }
        };
        current.send_replace(Some(Arc::new(next)));
        if lost {
            plan.outages.back();
        }
    }
}

/// On the heap, because what the driver does meanwhile is large.
async fn within<T: Session>(plan: &Plan) -> Result<T, OpenError> {
    timeout(plan.config.connect_time, Box::pin(T::open(plan))).await.map_err(|_| Trouble::Late)?
}
