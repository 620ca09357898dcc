//! `Queue`, `Consumer`, `Delivery`: where jobs wait for a worker.

use crate::patience::{CUTS, LONG, MOMENT, SHORT, comes, eight, within};
use crate::samples::{instant, job, traces, uuid};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Consumer, Delivery, Message, Queue, QueueError};

/// A queue to be held to account.
#[async_trait]
pub trait QueueFixture: Send + Sync + Sized + 'static {
    /// An empty queue, shared with nobody, that lends a message for `lease`.
    async fn fresh(lease: Duration) -> Self;

    /// The queue.
    fn queue(&self) -> Arc<dyn Queue>;

    /// Makes the queue take back everything on loan, where loans do not end by time: cuts the connections that hold them.
    /// Nothing to do where they end by time.
    async fn end_loans(&self) {}
}

/// The one list of cases of [`queue`](crate::queue).
#[macro_export]
macro_rules! queue_cases {
    ($then:path, $given:tt) => {
        $then! { queue $given
            a_published_message_is_delivered
            publish_answers_one_outcome_a_message
            a_message_comes_back_as_it_was_published
            a_consumer_holds_at_most_its_prefetch
            a_message_is_lent_to_one_consumer_at_a_time
            a_cancelled_receive_loses_nothing
            a_stopped_consumer_answers_closed
            stop_gives_back_what_was_not_received
            what_was_received_is_settled_after_its_consumer_is_gone
            a_dropped_delivery_is_available_again
            a_released_delivery_is_available_now
            an_acked_message_is_not_delivered_again
            deliveries_are_acked_in_any_order
            an_ack_is_lost_when_the_message_was_lent_to_another_since
        }
    };
}

/// Tests that hold a [`QueueFixture`] to every case of [`queue`](crate::queue).
#[macro_export]
macro_rules! queue_suite {
    ($fixture:ty) => {
        $crate::queue_cases!($crate::tests, ($fixture));
    };
}

queue_cases!(names, ());

fn messages(count: usize) -> Vec<Message> {
    (0..count).map(|_| Message::of(&job(traces()[3].clone()))).collect()
}

async fn publish(queue: &Arc<dyn Queue>, messages: &[Message]) {
    let outcomes = within("publish answers", queue.publish(messages)).await.expect("messages are published");
    for outcome in outcomes {
        outcome.expect("a message is taken");
    }
}

async fn consumer(queue: &Arc<dyn Queue>, prefetch: u16) -> Box<dyn Consumer> {
    match within("a consumer opens", queue.consume(Lane::Images, prefetch)).await {
        Ok(consumer) => consumer,
        Err(error) => panic!("no consumer: {error:?}"),
    }
}

async fn receive(consumer: &mut dyn Consumer) -> Delivery {
    within("a message is delivered", consumer.receive()).await.expect("a delivery")
}

fn ids(messages: &[Message]) -> HashSet<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// Receives and acks until all of these were delivered.
async fn expect_all(consumer: &mut dyn Consumer, mut missing: HashSet<MessageId>) {
    while !missing.is_empty() {
        let delivery = receive(consumer).await;
        missing.remove(&delivery.message.id);
        delivery.ack().await.expect("an ack");
    }
}

/// `Ok` for a message MUST mean that it is kept and will be delivered.
pub async fn a_published_message_is_delivered<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let messages = messages(25);
    publish(&queue, &messages[..20]).await;
    let mut consumer = consumer(&queue, 4).await;
    publish(&queue, &messages[20..]).await;
    expect_all(&mut *consumer, ids(&messages)).await;
}

/// `publish` answers one outcome a message.
pub async fn publish_answers_one_outcome_a_message<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    for count in [0, 1, 3] {
        let outcomes = within("publish answers", fixture.queue().publish(&messages(count))).await.expect("outcomes");
        assert_eq!(outcomes.len(), count);
    }
}

/// Every field of a message, with every shape of a trace.
pub async fn a_message_comes_back_as_it_was_published<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let mut consumer = consumer(&queue, 1).await;
    for (trace, body) in traces().into_iter().zip([&b""[..], b"\0\xff\x80", b"'quoted'", &[7; 3000]]) {
        let message = Message {
            id: MessageId(uuid()),
            lane: Lane::Images,
            schema: u16::MAX,
            kind: "a kind of 'tomorrow'".to_owned(),
            body: Bytes::copy_from_slice(body),
            at: instant(),
            trace,
        };
        publish(&queue, std::slice::from_ref(&message)).await;
        let delivery = receive(&mut *consumer).await;
        assert_eq!(delivery.message, message);
        delivery.ack().await.expect("an ack");
    }
}

/// `consume` MUST lend at most `prefetch` unsettled deliveries at a time.
pub async fn a_consumer_holds_at_most_its_prefetch<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    publish(&queue, &messages(4)).await;
    let mut consumer = consumer(&queue, 2).await;
    let held = (receive(&mut *consumer).await, receive(&mut *consumer).await);
    assert!(comes(consumer.receive()).await.is_none(), "a third delivery, with a prefetch of two");
    held.0.ack().await.expect("an ack");
    let third = receive(&mut *consumer).await;
    held.1.release();
    let fourth = receive(&mut *consumer).await;
    assert_ne!(third.message.id, fourth.message.id);
}

/// `consume` MUST lend a message to one consumer at a time while its lease lasts.
pub async fn a_message_is_lent_to_one_consumer_at_a_time<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let messages = messages(12);
    publish(&queue, &messages).await;
    let lent = Arc::new(Mutex::new(HashSet::new()));
    let end = Instant::now() + MOMENT;
    eight("eight consumers receive", |_| {
        let (queue, lent) = (Arc::clone(&queue), Arc::clone(&lent));
        async move {
            let mut consumer = consumer(&queue, 12).await;
            let mut held = Vec::new();
            while Instant::now() < end || lent.lock().unwrap_or_else(PoisonError::into_inner).len() < 12 {
                if let Ok(delivery) = timeout(Duration::from_millis(20), consumer.receive()).await {
                    let delivery = delivery.expect("a delivery");
                    let first = lent.lock().unwrap_or_else(PoisonError::into_inner).insert(delivery.message.id);
                    assert!(first, "a message was lent to two");
                    held.push(delivery);
                }
            }
            (consumer, held)
        }
    })
    .await;
}

/// `receive` MUST be safe to cancel: a message is in the answer or still in the queue.
pub async fn a_cancelled_receive_loses_nothing<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let mut consumer = consumer(&queue, 100).await;
    let mut missing = HashSet::new();
    for cut in CUTS.into_iter().cycle().take(36) {
        let [message] = messages(1).try_into().expect("one message");
        missing.insert(message.id);
        let publisher = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { publish(&queue, &[message]).await }
        });
        if let Ok(delivery) = timeout(cut, consumer.receive()).await {
            let delivery = delivery.expect("a delivery");
            missing.remove(&delivery.message.id);
            delivery.ack().await.expect("an ack");
        }
        within("publish answers", publisher).await.expect("a message is published");
    }
    expect_all(&mut *consumer, missing).await;
}

/// `receive` answers `Closed` after `stop`.
pub async fn a_stopped_consumer_answers_closed<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let mut consumer = consumer(&queue, 2).await;
    publish(&queue, &messages(2)).await;
    within("stop answers", consumer.stop()).await.expect("a stop");
    let outcome = within("a stopped consumer answers", consumer.receive()).await;
    assert_refused!(outcome, QueueError::Closed);
}

/// What was fetched and not received MUST go back at once when a consumer stops.
pub async fn stop_gives_back_what_was_not_received<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let messages = messages(6);
    publish(&queue, &messages).await;
    let mut first = consumer(&queue, 6).await;
    let received = receive(&mut *first).await;
    within("stop answers", first.stop()).await.expect("a stop");
    let mut rest = ids(&messages);
    rest.remove(&received.message.id);
    expect_all(&mut *consumer(&queue, 2).await, rest).await;
}

/// What was received before MUST stay fit to be settled, also when the consumer is dropped.
pub async fn what_was_received_is_settled_after_its_consumer_is_gone<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let messages = messages(3);
    publish(&queue, &messages).await;
    let mut first = consumer(&queue, 2).await;
    let (one, other) = (receive(&mut *first).await, receive(&mut *first).await);
    let mut rest = ids(&messages);
    rest.remove(&one.message.id);
    rest.remove(&other.message.id);
    within("stop answers", first.stop()).await.expect("a stop");
    one.ack().await.expect("an ack after the stop");
    drop(first);
    other.ack().await.expect("an ack after the consumer was dropped");
    let mut second = consumer(&queue, 3).await;
    expect_all(&mut *second, rest).await;
    let again = comes(second.receive()).await;
    assert!(!matches!(again, Some(Ok(_))), "a message was taken back although its delivery was still held");
}

/// Dropping a delivery unsettled MUST make it available again, at the latest when the loan ends.
pub async fn a_dropped_delivery_is_available_again<F: QueueFixture>() {
    let fixture = F::fresh(SHORT).await;
    let queue = fixture.queue();
    let messages = messages(1);
    publish(&queue, &messages).await;
    let mut consumer = consumer(&queue, 1).await;
    for _ in 0..3 {
        let delivery = receive(&mut *consumer).await;
        assert_eq!(delivery.message, messages[0]);
        drop(delivery);
    }
}

/// `release` gives the message back, now.
pub async fn a_released_delivery_is_available_now<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    let messages = messages(1);
    publish(&queue, &messages).await;
    let mut first = consumer(&queue, 1).await;
    receive(&mut *first).await.release();
    within("stop answers", first.stop()).await.expect("a stop");
    assert_eq!(receive(&mut *consumer(&queue, 1).await).await.message, messages[0]);
}

/// A message that was dealt with MUST NOT be delivered again.
pub async fn an_acked_message_is_not_delivered_again<F: QueueFixture>() {
    let fixture = F::fresh(SHORT).await;
    let queue = fixture.queue();
    publish(&queue, &messages(1)).await;
    let mut first = consumer(&queue, 1).await;
    // On a busy machine a short lease may be over before the ack arrives.
    let acked = async { while receive(&mut *first).await.ack().await.is_err() {} };
    within("an ack in time", acked).await;
    within("stop answers", first.stop()).await.expect("a stop");
    fixture.end_loans().await;
    let mut second = consumer(&queue, 1).await;
    let again = comes(second.receive()).await;
    assert!(!matches!(again, Some(Ok(_))), "an acked message was delivered again");
}

/// `ack` MUST be safe in any order among the deliveries of a consumer: it settles that one and no other.
pub async fn deliveries_are_acked_in_any_order<F: QueueFixture>() {
    let fixture = F::fresh(LONG).await;
    let queue = fixture.queue();
    publish(&queue, &messages(6)).await;
    let mut consumer = consumer(&queue, 6).await;
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(Some(receive(&mut *consumer).await));
    }
    for index in [5, 2, 4] {
        held[index].take().expect("held").ack().await.expect("an ack");
    }
    let mut released = HashSet::new();
    for delivery in held.into_iter().flatten() {
        released.insert(delivery.message.id);
        delivery.release();
    }
    let mut again = HashSet::new();
    let mut holding = Vec::new();
    while again.len() < released.len() {
        let delivery = receive(&mut *consumer).await;
        again.insert(delivery.message.id);
        holding.push(delivery);
    }
    assert_eq!(again, released, "an ack settled another delivery, or not its own");
}

/// `ack` MUST answer `Lost` when the message was lent to another since.
pub async fn an_ack_is_lost_when_the_message_was_lent_to_another_since<F: QueueFixture>() {
    let fixture = F::fresh(SHORT).await;
    let queue = fixture.queue();
    let messages = messages(1);
    publish(&queue, &messages).await;
    let mut first = consumer(&queue, 1).await;
    let late = receive(&mut *first).await;
    fixture.end_loans().await;
    let mut second = consumer(&queue, 1).await;
    let now = receive(&mut *second).await;
    assert_eq!(now.message, late.message);
    assert_refused!(within("an ack is answered", late.ack()).await, QueueError::Lost);
    // The late ack has settled nothing: the message is still there for whoever asks.
    drop(now);
    assert_eq!(receive(&mut *second).await.message, messages[0]);
}
