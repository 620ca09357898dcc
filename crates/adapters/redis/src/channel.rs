//! The channel on which processes tell each other what changed, for as long as one connection lasts.
//!
//! The driver does not say whether the server took a subscription, and does not always notice that a connection is dead.
//! So every message has to come back to its sender: the first one proves the subscription, and one each heartbeat that it
//! still stands. A message that does not come back ends the connection.

use crate::config::RedisConfig;
use crate::connection::{Connection, WAITING, about, within};
use crate::error::OpenError;
use crate::names;
use crate::news::{Heard, News};
use fred::error::Error;
use fred::interfaces::{EventInterface, PubsubInterface};
use fred::types::{Message, RespVersion};
use futures::future::{BoxFuture, OptionFuture};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use uuid::Uuid;
use wareroom_ports::Invalidation;

/// How many changes one message may carry. What is announced while another message is under way goes together.
const CHANGES: usize = 512;

/// Changes, and who waits until they are told.
pub(crate) struct Announcement {
    pub(crate) changes: Vec<Invalidation>,
    pub(crate) told: oneshot::Sender<()>,
}

/// What a process has told, over all its connections.
pub(crate) struct Voice {
    pub(crate) own: Uuid,
    pub(crate) announced: mpsc::Receiver<Announcement>,
    /// The last number that was given to a message.
    pub(crate) number: u64,
}

impl Voice {
    /// The next message. One number is left out when something could not be told since the last.
    fn next(&mut self, missed: &AtomicBool, changes: Vec<Invalidation>) -> News {
        self.number += if missed.swap(false, SeqCst) { 2 } else { 1 };
        News { sender: self.own, number: self.number, changes }
    }

    /// Together with `first`, all that was announced meanwhile, up to what one message carries.
    fn gather(&mut self, first: Announcement) -> (Vec<Invalidation>, Vec<oneshot::Sender<()>>) {
        let (mut changes, mut waiting) = (first.changes, vec![first.told]);
        while changes.len() < CHANGES
            && let Ok(next) = self.announced.try_recv()
        {
            changes.extend(next.changes);
            waiting.push(next.told);
        }
        (changes, waiting)
    }
}

/// Why a channel is over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Over {
    #[error("the connection ended")]
    Ended,
    #[error("nothing comes back any more")]
    Silent,
    #[error("a message could not be told")]
    Mute(#[source] Error),
}

pub(crate) struct Channel {
    connection: Connection,
    name: String,
    messages: broadcast::Receiver<Message>,
    heard: Heard,
    /// Looks whether news come through.
    heartbeat: Interval,
    /// What was told at the last heartbeat and must have come back by the next.
    expected: u64,
}

impl Channel {
    /// Opens one, all within `connect_time`: it hears whatever is told from now on.
    pub(crate) async fn open(config: &RedisConfig, voice: &mut Voice, missed: &AtomicBool) -> Result<Self, OpenError> {
        // On the heap, because what the driver does meanwhile is large.
        within(config.connect_time, Box::pin(Self::opening(config, voice, missed))).await
    }

    async fn opening(config: &RedisConfig, voice: &mut Voice, missed: &AtomicBool) -> Result<Self, OpenError> {
        let connection = Connection::open(config, RespVersion::RESP3).await?;
        let unhurried = connection.unhurried(None, config);
        // A replica hears what its primary is told, and nobody hears what it is told.
        about(&unhurried).await?;
        let messages = connection.client.message_rx();
        let name = names::channel(&config.prefix);
        unhurried.subscribe(name.clone()).await?;
        let mut heartbeat = interval_at(Instant::now() + config.heartbeat, config.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (heard, expected) = (Heard::by(voice.own), 0);
        let mut channel = Self { connection, name, messages, heard, heartbeat, expected };
        let sign = voice.next(missed, vec![]);
        unhurried.publish::<i64, _, _>(channel.name.clone(), sign.encode()).await?;
        while channel.heard.echoed() < sign.number {
            let message = channel.messages.recv().await;
            channel
                .heard
                .hear(message.map_err(|error| OpenError::Unreachable(Box::new(error)))?.value.as_str().as_deref());
        }
        // Whatever was heard meanwhile is part of what may have been missed.
        channel.heard.forget_others();
        channel.expected = sign.number;
        Ok(channel)
    }

    /// Tells what is announced and hears what others tell, until there is doubt.
    pub(crate) async fn run(
        &mut self,
        voice: &mut Voice,
        missed: &AtomicBool,
        hear: impl Fn(Invalidation) + Send + Sync,
    ) -> Over {
        let mut telling: OptionFuture<BoxFuture<'static, Result<(), Error>>> = None.into();
        let mut busy = false;
        let mut waiting = vec![];
        loop {
            tokio::select! {
                // What has come back is heard before it is judged missing.
                biased;
                message = self.messages.recv() => match message {
                    Ok(message) => self.heard.hear(message.value.as_str().as_deref()).into_iter().for_each(&hear),
                    // Too slow: what was skipped is not known.
                    Err(RecvError::Lagged(_)) => {
                        self.heard.forget_others();
                        hear(Invalidation::Everything);
                    }
                    Err(RecvError::Closed) => return Over::Ended,
                },
                () = self.connection.ended() => return Over::Ended,
                Some(outcome) = &mut telling => {
                    (telling, busy) = (None.into(), false);
                    if let Err(error) = outcome {
                        return Over::Mute(error);
                    }
                    for told in waiting.drain(..) {
                        // Who has stopped waiting need not know.
                        let _: Result<(), ()> = oneshot::Sender::send(told, ());
                    }
                }
                _ = self.heartbeat.tick() => {
                    if self.heard.echoed() < self.expected {
                        return Over::Silent;
                    }
                    if !busy {
                        (telling, busy) = (Some(self.tell(&voice.next(missed, vec![]))).into(), true);
                    }
                    self.expected = voice.number;
                }
                Some(first) = voice.announced.recv(), if !busy => {
                    let changes;
                    (changes, waiting) = voice.gather(first);
                    (telling, busy) = (Some(self.tell(&voice.next(missed, changes))).into(), true);
                }
            }
        }
    }

    fn tell(&self, news: &News) -> BoxFuture<'static, Result<(), Error>> {
        let (client, name, text) = (self.connection.client.clone(), self.name.clone(), news.encode());
        Box::pin(async move { client.publish(name, text).await })
    }
}

/// The two ends between those who announce and the one who tells.
pub(crate) fn announcements() -> (mpsc::Sender<Announcement>, mpsc::Receiver<Announcement>) {
    mpsc::channel(WAITING)
}
