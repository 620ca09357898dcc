//! One channel that consumes a lane, for as long as it lasts: hands on what arrives, and settles what was lent.

use crate::channel::Channel;
use crate::connection::Connection;
use crate::declare::count;
use crate::error::Trouble;
use crate::keeper::Plan;
use crate::loan::{Fetched, Loan, Settle};
use crate::topology::Names;
use crate::wire;
use amqprs::channel::{
    BasicAckArguments, BasicCancelArguments, BasicConsumeArguments, BasicNackArguments, BasicQosArguments,
    ConsumerMessage,
};
use futures::FutureExt;
use futures::stream::{self, BoxStream, SelectAll, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wareroom_domain::Lane;

/// How many are settled in one go.
const AT_ONCE: usize = 256;
/// How much of what the broker took out of a lane is fetched ahead.
const OF_THE_DEAD: u16 = 1;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nobody wants anything more of it.
    Stopped,
    /// Its channel is gone, and all that was lent with it.
    Lost,
}

/// Who asked to stop is told when what was fetched and not received is on its way back.
pub(crate) type Stop = oneshot::Receiver<oneshot::Sender<()>>;

/// What came from a queue: a message, or that nothing more will.
type Arrival = (Origin, Option<ConsumerMessage>);

/// What a queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    /// It has what the broker took out of the lane.
    dead: bool,
    /// It is of an older version, and may be deleted once it is empty.
    older: bool,
}

pub(crate) struct Session {
    connection: Arc<Connection>,
    channel: Channel,
    time: Duration,
    sources: Vec<(String, Origin)>,
    /// How much of a lane is fetched ahead so far.
    ahead: u16,
    /// The consumers' tags.
    consumers: Vec<String>,
    arrivals: SelectAll<BoxStream<'static, Arrival>>,
    settle: mpsc::UnboundedSender<Settle>,
    asked: mpsc::UnboundedReceiver<Settle>,
    lent: Lent,
}

/// Held by everything that a session lent.
pub(crate) type Lent = mpsc::Sender<Infallible>;

/// Tells when all of it was settled or dropped.
pub(crate) type Outstanding = mpsc::Receiver<Infallible>;

impl Session {
    /// Consumes the lane's queue, what the broker took out of it, and the same of older versions that are still there;
    /// fetches so many ahead.
    pub(crate) async fn open(
        connection: Arc<Connection>,
        plan: &Plan,
        lane: Lane,
        ahead: u16,
    ) -> Result<(Self, Outstanding), Trouble> {
        let (config, time) = (&plan.config, plan.config.settle_time);
        let mut sources = vec![];
        for version in config.older_versions.iter().chain([&config.version]) {
            let names = Names::of(&config.prefix, *version);
            let older = *version != config.version;
            for (queue, dead) in [(names.dead(lane), true), (names.lane(lane), false)] {
                if !older || count(&connection, &queue, time).await?.is_some() {
                    sources.push((queue, Origin { dead, older }));
                }
            }
        }
        let channel = connection.channel(None).await?;
        let (settle, asked) = mpsc::unbounded_channel();
        let (lent, outstanding) = mpsc::channel(1);
        let (consumers, arrivals) = (vec![], SelectAll::new());
        let mut session =
            Self { connection, channel, time, sources, ahead: 0, consumers, arrivals, settle, asked, lent };
        session.fetch(ahead).await?;
        Ok((session, outstanding))
    }

    /// Fetches so many more of each queue ahead: by one more consumer, because the limit of one that is there stays.
    async fn fetch(&mut self, more: u16) -> Result<(), Trouble> {
        for (queue, origin) in self.sources.clone() {
            if !origin.dead {
                self.consume(&queue, origin, more).await?;
            } else if self.ahead == 0 {
                self.consume(&queue, origin, OF_THE_DEAD).await?;
            }
        }
        self.ahead += more;
        Ok(())
    }

    async fn consume(&mut self, queue: &str, origin: Origin, ahead: u16) -> Result<(), Trouble> {
        self.limit(ahead).await?;
        let arguments = BasicConsumeArguments::new(queue, "").manual_ack(true).finish();
        let (tag, arriving) = self.channel.answer(self.time, self.channel.basic_consume_rx(arguments)).await?;
        self.consumers.push(tag);
        self.arrivals.push(Box::pin(stream::unfold(Some(arriving), move |arriving| async move {
            let mut arriving = arriving?;
            match arriving.recv().await {
                Some(message) => Some(((origin, Some(message)), Some(arriving))),
                None => Some(((origin, None), None)),
            }
        })));
        Ok(())
    }

    /// For consumers that begin from now on.
    async fn limit(&mut self, ahead: u16) -> Result<(), Trouble> {
        self.channel.answer(self.time, self.channel.basic_qos(BasicQosArguments::new(0, ahead, false))).await
    }

    /// Goes on until it is stopped and everything that was lent is settled, or until the channel is gone. Fetches as much
    /// as `prefetch` ahead once nothing is left of what earlier sessions lent.
    pub(crate) async fn run(
        mut self,
        prefetch: u16,
        earlier: &mut Vec<Outstanding>,
        out: &mpsc::UnboundedSender<Fetched>,
        stop: &mut Stop,
    ) -> Ended {
        loop {
            tokio::select! {
                biased;
                tell = &mut *stop => {
                    self.wind_down(tell.ok()).await;
                    break Ended::Stopped;
                }
                Some(first) = self.asked.recv() => {
                    if self.settle(first).await.is_err() {
                        break self.give_up();
                    }
                }
                arrival = self.arrivals.next() => match arrival {
                    Some((origin, Some(message))) => {
                        if self.hand_on(origin, message, out).await.is_err() {
                            break self.give_up();
                        }
                    }
                    Some((Origin { older: true, .. }, None)) => {}
                    // The queue is gone, or has moved to another broker.
                    Some((_, None)) | None => break Ended::Lost,
                },
                () = self.channel.ended() => break Ended::Lost,
                () = settled(earlier), if self.ahead < prefetch => {
                    if self.fetch(prefetch - self.ahead).await.is_err() {
                        break self.give_up();
                    }
                }
            }
        }
    }

    fn give_up(&self) -> Ended {
        self.connection.give_up();
        Ended::Lost
    }

    async fn hand_on(
        &mut self,
        origin: Origin,
        arrived: ConsumerMessage,
        out: &mpsc::UnboundedSender<Fetched>,
    ) -> Result<(), Trouble> {
        let ConsumerMessage { deliver: Some(deliver), basic_properties: Some(properties), content, .. } = arrived
        else {
            return Ok(());
        };
        let tag = deliver.delivery_tag();
        match wire::decode(&properties, content.unwrap_or_default()) {
            Ok(message) => {
                let loan = Loan::new(tag, self.settle.clone(), self.lent.clone());
                // When nobody receives any more it comes back as it is dropped.
                let _ = out.send(Fetched { message, loan });
                Ok(())
            }
            Err(reason) => {
                // The broker moves it on: from the lane to the dead, and from there to where people may look at it.
                if origin.dead {
                    let message_id = properties.message_id();
                    tracing::error!(%reason, message_id, "a message that nobody can read is put aside");
                }
                self.channel
                    .answer(self.time, self.channel.basic_nack(BasicNackArguments::new(tag, false, false)))
                    .await
            }
        }
    }

    /// Settles what is asked for by now. Those who acknowledged are told when the broker has come that far.
    async fn settle(&mut self, first: Settle) -> Result<(), Trouble> {
        let (mut next, mut acked) = (Some(first), vec![]);
        while let Some(settle) = next.take() {
            match settle {
                Settle::Ack(tag, tell) => {
                    self.channel.answer(self.time, self.channel.basic_ack(BasicAckArguments::new(tag, false))).await?;
                    acked.push(tell);
                }
                Settle::Release(tag) => self.release(tag).await?,
            }
            if acked.len() < AT_ONCE {
                next = self.asked.try_recv().ok();
            }
        }
        if !acked.is_empty() {
            // Answered after everything before it; what it asks for concerns nobody.
            self.limit(OF_THE_DEAD).await?;
        }
        for tell in acked {
            let _ = tell.send(());
        }
        Ok(())
    }

    async fn release(&mut self, tag: u64) -> Result<(), Trouble> {
        self.channel.answer(self.time, self.channel.basic_nack(BasicNackArguments::new(tag, false, true))).await
    }

    /// Takes nothing new, gives back what was fetched and not received, and settles what was received.
    async fn wind_down(mut self, tell: Option<oneshot::Sender<()>>) {
        if self.stop_arrivals().await.is_err() {
            self.give_up();
            return;
        }
        if let Some(tell) = tell {
            let _ = tell.send(());
        }
        // Once nothing is on loan any more, nobody can ask.
        drop(std::mem::replace(&mut self.settle, mpsc::unbounded_channel().0));
        loop {
            tokio::select! {
                asked = self.asked.recv() => {
                    let Some(first) = asked else { return };
                    if self.settle(first).await.is_err() {
                        self.give_up();
                        return;
                    }
                }
                () = self.channel.ended() => return,
            }
        }
    }

    async fn stop_arrivals(&mut self) -> Result<(), Trouble> {
        for tag in std::mem::take(&mut self.consumers) {
            self.channel.answer(self.time, self.channel.basic_cancel(BasicCancelArguments::new(&tag))).await?;
        }
        while let Some(Some((_, message))) = self.arrivals.next().now_or_never() {
            if let Some(deliver) = message.and_then(|message| message.deliver) {
                self.release(deliver.delivery_tag()).await?;
            }
        }
        Ok(())
    }
}

/// Resolves when all of it is.
async fn settled(outstanding: &mut Vec<Outstanding>) {
    while let Some(last) = outstanding.last_mut() {
        while last.recv().await.is_some() {}
        outstanding.pop();
    }
}
