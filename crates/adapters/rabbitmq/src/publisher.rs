//! Publishes messages over one connection, for as long as it lasts, and tells what became of each.

use crate::channel::Channel;
use crate::confirms::{Confirms, Outcome};
use crate::connection::Connection;
use crate::declare::declare;
use crate::error::{Absent, OpenError, Trouble};
use crate::keeper::{Plan, Session};
use crate::topology::Names;
use crate::wire;
use amqprs::channel::{BasicPublishArguments, ConfirmSelectArguments};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, timeout_at};
use wareroom_ports::{Message, QueueError};

pub(crate) struct Publisher {
    connection: Connection,
    channel: Channel,
    exchange: String,
    confirms: Arc<Confirms>,
    /// The number of the last message that was sent. Held while the next is: the broker counts them as they come.
    last: Mutex<u64>,
}

/// A message that was sent, and will be told about.
struct Sent {
    number: u64,
    told: oneshot::Receiver<Outcome>,
}

#[async_trait]
impl Session for Publisher {
    const NAME: &'static str = "publishes";

    async fn open(plan: &Plan) -> Result<Self, OpenError> {
        let connection = plan.connect(Self::NAME).await?;
        let (config, time) = (&plan.config, plan.config.connect_time);
        declare(&connection, &plan.topology, time).await?;
        let confirms = Arc::new(Confirms::default());
        let channel = connection.channel(Some(Arc::clone(&confirms))).await?;
        channel.answer(time, channel.confirm_select(ConfirmSelectArguments::default())).await?;
        let exchange = Names::of(&config.prefix, config.version).exchange();
        Ok(Self { connection, channel, exchange, confirms, last: Mutex::new(0) })
    }

    async fn ended(&self) {
        tokio::select! {
            () = self.connection.ended() => {}
            () = self.channel.ended() => {}
        }
    }

    fn lost(&self) -> Option<Trouble> {
        self.channel.refusal().or_else(|| self.connection.lost())
    }
}

impl Publisher {
    /// Sends all of them, and then waits for what becomes of each, together no longer than that.
    pub(crate) async fn publish(&self, messages: &[Message], time: Duration) -> Vec<Result<(), QueueError>> {
        let deadline = Instant::now() + time;
        let mut sent = Vec::with_capacity(messages.len());
        for message in messages {
            sent.push(timeout_at(deadline, self.send(message)).await.unwrap_or_else(|_| Err(Absent::Stalled.into())));
        }
        let mut outcomes = Vec::with_capacity(messages.len());
        for sent in sent {
            outcomes.push(match sent {
                Ok(sent) => self.outcome(sent, deadline).await,
                Err(error) => Err(error),
            });
        }
        outcomes
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.confirms.is_stalled()
    }

    /// Whether it makes sense to publish.
    pub(crate) fn admits(&self) -> bool {
        self.confirms.admits()
    }

    /// Whoever drops this half-way has sent nothing, and the number is given to the next.
    async fn send(&self, message: &Message) -> Result<Sent, QueueError> {
        let mut last = self.last.lock().await;
        let number = *last + 1;
        let properties = wire::encode(message, number).map_err(|error| QueueError::Backend(Box::new(error)))?;
        let arguments = BasicPublishArguments::new(&self.exchange, message.lane.as_str()).mandatory(true).finish();
        let mut unsent = Unsent { confirms: &self.confirms, number: Some(number) };
        let told = self.confirms.expect(number);
        let sending = self.channel.basic_publish(properties, message.body.to_vec(), arguments);
        sending.await.map_err(|_| Absent::Lost)?;
        unsent.number = None;
        *last = number;
        Ok(Sent { number, told })
    }

    async fn outcome(&self, Sent { number, told }: Sent, deadline: Instant) -> Result<(), QueueError> {
        match timeout_at(deadline, told).await {
            Ok(Ok(Outcome::Kept)) => Ok(()),
            Ok(Ok(Outcome::Refused)) => Err(QueueError::Refused),
            Ok(Err(_)) => Err(Absent::Unconfirmed.into()),
            Err(_) => {
                self.confirms.stall(number);
                Err(Absent::Unconfirmed.into())
            }
        }
    }
}

/// A number that is not taken until its message is sent.
struct Unsent<'a> {
    confirms: &'a Confirms,
    number: Option<u64>,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.confirms.forget(number);
        }
    }
}
