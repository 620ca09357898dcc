//! The queue: publishes over one connection and consumes over another, so that a broker which stops one lets the other be.

use crate::address::Address;
use crate::config::RabbitConfig;
use crate::connection::Connection;
use crate::consumer::LaneConsumer;
use crate::declare::count;
use crate::error::{Absent, OpenError};
use crate::keeper::{Keeper, Plan};
use crate::outage::Outages;
use crate::publisher::Publisher;
use crate::topology::{Names, Topology};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use wareroom_domain::Lane;
use wareroom_ports::{Consumer, Message, Queue, QueueError};

/// A RabbitMQ as a queue. Dropping it ends its connections once its consumers are gone, too.
pub struct RabbitQueue {
    shared: Arc<Shared>,
}

/// What consumers keep alive.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) publishing: Keeper<Publisher>,
    pub(crate) consuming: Keeper<Connection>,
}

/// How a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// In use.
    Up,
    /// The broker takes nothing, as one does that is short of disk or memory, or it does not serve a consumer, as one does
    /// that has lost the majority of a queue.
    Stalled,
    /// Lost; it is tried again.
    Down,
}

/// How the connections to a broker are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RabbitState {
    /// The one that publishes.
    pub publishing: LinkState,
    /// The one that consumes.
    pub consuming: LinkState,
}

impl RabbitQueue {
    /// Connects, and declares what is missing. An outage later on is waited out.
    pub async fn open(config: RabbitConfig) -> Result<Self, OpenError> {
        let address = Address::of(&config)?;
        let topology = Topology::of(&config);
        let plan =
            Arc::new(Plan { config, address, topology, outages: Outages::default(), unserved: AtomicUsize::new(0) });
        let publishing = Keeper::open(&plan).await?;
        let consuming = Keeper::open(&plan).await?;
        Ok(Self { shared: Arc::new(Shared { plan, publishing, consuming }) })
    }

    /// How the connections are, without asking the broker.
    pub fn state(&self) -> RabbitState {
        let link = |up: bool| if up { LinkState::Up } else { LinkState::Down };
        let publishing = match self.shared.publishing.current() {
            Some(publisher) if publisher.is_stalled() => LinkState::Stalled,
            publisher => link(publisher.is_some()),
        };
        let consuming = match self.shared.consuming.current() {
            Some(_) if self.shared.plan.unserved.load(Relaxed) > 0 => LinkState::Stalled,
            connection => link(connection.is_some()),
        };
        RabbitState { publishing, consuming }
    }

    /// Whether messages can be published and received, as far as is known.
    pub fn is_connected(&self) -> bool {
        self.state() == RabbitState { publishing: LinkState::Up, consuming: LinkState::Up }
    }

    /// What is declared in the broker.
    pub fn topology(&self) -> &Topology {
        &self.shared.plan.topology
    }

    /// How many messages are put aside because nobody can read them. Asks the broker.
    pub async fn unreadable(&self) -> Result<u32, QueueError> {
        let plan = Arc::clone(&self.shared.plan);
        let connection = self.shared.consuming.current().ok_or(Absent::Lost)?;
        // Never dropped half-way: the driver would give the connection up, which others use, too.
        let counting = tokio::spawn(async move {
            let queue = Names::of(&plan.config.prefix, plan.config.version).unreadable();
            count(&connection, &queue, plan.config.settle_time).await
        });
        let counted = counting.await.map_err(|ended| QueueError::Backend(Box::new(ended)))?;
        Ok(counted?.unwrap_or_default())
    }
}

#[async_trait]
impl Queue for RabbitQueue {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        if messages.is_empty() {
            return Ok(vec![]);
        }
        let publisher = self.shared.publishing.current().ok_or(Absent::Lost)?;
        if !publisher.admits() {
            return Err(Absent::Stalled.into());
        }
        Ok(publisher.publish(messages, self.shared.plan.config.publish_time).await)
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Ok(Box::new(LaneConsumer::open(Arc::clone(&self.shared), lane, prefetch).await?))
    }
}
