//! What the tests of this crate have in common: settings, messages, and a client of the broker that is none of ours.

use crate::server;
use amqprs::channel::{Channel, ExchangeDeleteArguments, QueueDeleteArguments};
use amqprs::connection::{Connection, OpenConnectionArguments};
use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use url::Url;
use uuid::Uuid;
use wareroom_domain::{ImageId, Job, Lane, MessageId, Stamped, Trace};
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError};
use wareroom_rabbitmq::{Limits, RabbitConfig, RabbitQueue};

/// For what must come, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long a message may take where the broker is to stop.
pub(crate) const PUBLISH: Duration = Duration::from_secs(1);
/// What a busy machine may add to it.
pub(crate) const SLACK: Duration = Duration::from_secs(2);

/// Names that nobody else has, on whatever broker.
pub(crate) fn own_prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("wareroom-test-{}-{}", std::process::id(), COUNT.fetch_add(1, SeqCst))
}

/// Settings for whatever has no fault: a busy machine is none.
pub(crate) fn patient(url: &str) -> RabbitConfig {
    let long = Duration::from_secs(20);
    RabbitConfig {
        prefix: own_prefix(),
        connect_time: long,
        publish_time: long,
        settle_time: Duration::from_secs(9),
        longest_wait: Duration::from_millis(200),
        ..RabbitConfig::at(url)
    }
}

/// Room for whatever is published while nobody looks.
pub(crate) fn roomy() -> Limits {
    Limits { messages: 10_000_000, deliveries: 1_000_000 }
}

/// A queue on the broker that all tests share, which gets rid of its names afterwards.
pub(crate) struct Opened {
    pub(crate) queue: Arc<RabbitQueue>,
}

/// On the broker that all tests share.
pub(crate) async fn open(config: RabbitConfig) -> Opened {
    let queue = RabbitQueue::open(config).await.unwrap_or_else(|error| server::unusable(&error));
    Opened { queue: Arc::new(queue) }
}

impl Deref for Opened {
    type Target = RabbitQueue;

    fn deref(&self) -> &RabbitQueue {
        &self.queue
    }
}

/// In a runtime of its own: that of the test may be on its way out.
impl Drop for Opened {
    fn drop(&mut self) {
        let topology = self.queue.topology().clone();
        let sweep = async move {
            let stranger = Stranger::at(server::shared()).await;
            let older = topology.older.into_iter().flat_map(|older| older.queues);
            for queue in topology.queues.into_iter().map(|queue| queue.name).chain(older) {
                stranger.channel.queue_delete(QueueDeleteArguments::new(&queue)).await.unwrap();
            }
            for exchange in topology.exchanges {
                stranger.channel.exchange_delete(ExchangeDeleteArguments::new(&exchange.name)).await.unwrap();
            }
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _ = std::thread::spawn(move || runtime().block_on(async { timeout(PATIENCE, sweep).await })).join();
    }
}

pub(crate) fn job() -> Message {
    Message::of(&Stamped {
        id: MessageId(Uuid::from_u128(fastrand::u128(..))),
        at: jiff::Timestamp::UNIX_EPOCH,
        trace: Trace::default(),
        body: Job::ProcessImage(ImageId(Uuid::from_u128(fastrand::u128(..)))),
    })
}

pub(crate) fn jobs(count: usize) -> Vec<Message> {
    (0..count).map(|_| job()).collect()
}

pub(crate) fn ids(messages: &[Message]) -> HashSet<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// Publishes one message and answers what became of it.
pub(crate) async fn publish_one(queue: &RabbitQueue, message: &Message) -> Result<(), QueueError> {
    queue.publish(std::slice::from_ref(message)).await?.pop().unwrap()
}

/// Publishes what must be taken.
pub(crate) async fn publish(queue: &RabbitQueue, messages: &[Message]) {
    for outcome in queue.publish(messages).await.unwrap() {
        outcome.unwrap();
    }
}

/// Publishes it again and again until it is taken.
pub(crate) async fn publish_at_last(queue: &RabbitQueue, message: &Message) {
    let end = Instant::now() + PATIENCE;
    while let Err(error) = publish_one(queue, message).await {
        assert!(Instant::now() < end, "nothing is taken any more: {error:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn consumer(queue: &RabbitQueue, prefetch: u16) -> Box<dyn Consumer> {
    queue.consume(Lane::Images, prefetch).await.unwrap_or_else(|error| panic!("no consumer: {error:?}"))
}

pub(crate) async fn receive(consumer: &mut dyn Consumer) -> Delivery {
    timeout(PATIENCE, consumer.receive()).await.unwrap_or_else(|_| panic!("nothing is delivered")).unwrap()
}

/// Receives and acknowledges until all of these were delivered; what else comes, too. Whether an ack that was under way has
/// arrived is not known when a connection is cut, and need not be.
pub(crate) async fn expect_all(consumer: &mut dyn Consumer, mut missing: HashSet<MessageId>) {
    while !missing.is_empty() {
        let delivery = receive(consumer).await;
        missing.remove(&delivery.message.id);
        match delivery.ack().await {
            Ok(()) | Err(QueueError::Lost) => {}
            Err(error) => panic!("an ack failed: {error:?}"),
        }
    }
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so().await {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody else at the same broker.
pub(crate) struct Stranger {
    _connection: Connection,
    pub(crate) channel: Channel,
}

impl Stranger {
    pub(crate) async fn at(url: &str) -> Self {
        let url = Url::parse(url).unwrap();
        let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(5672));
        let arguments = OpenConnectionArguments::new(host, port, url.username(), url.password().unwrap_or_default());
        let connection = Connection::open(&arguments).await.unwrap();
        let channel = connection.open_channel(None).await.unwrap();
        Self { _connection: connection, channel }
    }
}
