//! Connections that are cut, queues that are changed behind our back or full, and noise among the messages.

use crate::link::Link;
use crate::server;
use crate::stand::{
    Opened, PATIENCE, SLACK, Stranger, consumer, expect_all, ids, job, jobs, open, patient, publish, publish_at_last,
    publish_one, receive, until,
};
use amqprs::channel::{BasicPublishArguments, QueueBindArguments, QueueDeleteArguments, QueueUnbindArguments};
use amqprs::{BasicProperties, FieldTable};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wareroom_ports::{Queue, QueueError};
use wareroom_rabbitmq::{Limits, RabbitConfig};

const SEED: u64 = 11;

/// Cuts the connections, until that was noticed.
async fn lose(link: &Link, queue: &Opened) {
    link.tear();
    until("the loss is noticed", async || !queue.is_connected()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    link.mend();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_queue_is_refused_and_taken_once_the_queue_is_bound_again() {
    let queue = open(patient(server::shared())).await;
    let stranger = Stranger::at(server::shared()).await;
    let prefix = &queue.topology().exchanges[1].name;
    let name = format!("{prefix}.images");
    for _ in 0..3 {
        stranger.channel.queue_unbind(QueueUnbindArguments::new(&name, prefix, "images")).await.unwrap();
        for outcome in queue.publish(&jobs(5)).await.unwrap() {
            assert!(matches!(outcome, Err(QueueError::Refused)), "{outcome:?}");
        }
        stranger.channel.queue_bind(QueueBindArguments::new(&name, prefix, "images")).await.unwrap();
        let messages = jobs(5);
        publish(&queue, &messages).await;
        expect_all(&mut *consumer(&queue, 2).await, ids(&messages)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_somebody_deleted_is_declared_again_and_consumed_by_whoever_waits() {
    let queue = open(patient(server::shared())).await;
    let mut waiting = consumer(&queue, 2).await;
    let stranger = Stranger::at(server::shared()).await;
    let name = format!("{}.images", queue.topology().exchanges[1].name);
    stranger.channel.queue_delete(QueueDeleteArguments::new(&name)).await.unwrap();
    let message = job();
    publish_at_last(&queue, &message).await;
    expect_all(&mut *waiting, ids(&[message])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_what_it_has_no_room_for_and_keeps_the_rest() {
    let limits = Limits { messages: 5, deliveries: 10 };
    let queue = open(RabbitConfig { limits, ..patient(server::shared()) }).await;
    // A queue says that it is full when it is: what is on its way then, slips in.
    let (mut kept, mut refused) = (HashSet::new(), false);
    while !refused {
        let message = job();
        match publish_one(&queue, &message).await {
            Ok(()) => assert!(kept.insert(message.id) && kept.len() < 500, "it is never full"),
            Err(QueueError::Refused) => refused = true,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(kept.len() >= 5, "{} kept", kept.len());
    let mut consumer = consumer(&queue, 5).await;
    expect_all(&mut *consumer, kept).await;
    let message = job();
    publish_at_last(&queue, &message).await;
    expect_all(&mut *consumer, ids(&[message])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_loan_when_the_connection_was_cut_comes_again_and_its_receipts_are_void() {
    let link = Link::to(server::shared()).await;
    let queue = open(patient(link.url())).await;
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut consumer = consumer(&queue, 8).await;
    for _ in 0..8 {
        let messages = jobs(chance.usize(1..30));
        for message in &messages {
            publish_at_last(&queue, message).await;
        }
        let mut held = vec![];
        for _ in 0..chance.usize(1..=messages.len().min(8)) {
            held.push(receive(&mut *consumer).await);
        }
        lose(&link, &queue).await;
        let expected = ids(&messages);
        for delivery in held {
            assert!(expected.contains(&delivery.message.id));
            if chance.bool() {
                assert!(matches!(delivery.ack().await, Err(QueueError::Lost)));
            }
        }
        expect_all(&mut *consumer, expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_void_once_the_broker_lends_the_message_to_another() {
    let link = Link::to(server::shared()).await;
    let config = patient(link.url());
    let cut_off = open(config.clone()).await;
    let other = open(RabbitConfig { url: server::shared().to_owned(), ..config }).await;
    let messages = jobs(6);
    publish(&other, &messages).await;
    let mut first = consumer(&cut_off, 6).await;
    let mut held = vec![];
    for _ in 0..6 {
        held.push(receive(&mut *first).await);
    }
    link.tear();
    expect_all(&mut *consumer(&other, 6).await, ids(&messages)).await;
    for delivery in held {
        assert!(matches!(delivery.ack().await, Err(QueueError::Lost)));
    }
    link.mend();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_gone_costs_publishers_nothing_and_receivers_wait_until_it_is_back() {
    let link = Link::to(server::shared()).await;
    let queue = open(patient(link.url())).await;
    let mut consumer = consumer(&queue, 2).await;
    link.tear();
    until("the loss is noticed", async || !queue.is_connected()).await;
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert!(matches!(publish_one(&queue, &job()).await, Err(QueueError::Unavailable(_))));
    }
    assert!(begun.elapsed() < SLACK, "1,000 calls took {:?}", begun.elapsed());
    assert!(timeout(Duration::from_millis(300), consumer.receive()).await.is_err(), "nobody can have sent anything");
    link.mend();
    let message = job();
    publish_at_last(&queue, &message).await;
    expect_all(&mut *consumer, ids(&[message])).await;
    assert!(queue.is_connected());
}

/// While somebody is still busy with what was lost, no more is fetched than can be received.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_fetches_as_much_as_before_once_nobody_is_busy_with_what_was_lost() {
    let link = Link::to(server::shared()).await;
    let queue = open(patient(link.url())).await;
    publish(&queue, &jobs(4)).await;
    let mut first = consumer(&queue, 4).await;
    let mut lost = vec![];
    for _ in 0..3 {
        lost.push(receive(&mut *first).await);
    }
    lose(&link, &queue).await;
    // One slot of the four is free.
    let again = receive(&mut *first).await;
    let mut second = consumer(&queue, 4).await;
    let mut rest = vec![];
    for _ in 0..3 {
        rest.push(receive(&mut *second).await);
    }
    for delivery in rest.into_iter().chain([again]) {
        delivery.ack().await.unwrap();
    }
    second.stop().await.unwrap();
    drop(lost);
    let more = jobs(4);
    for message in &more {
        publish_at_last(&queue, message).await;
    }
    let mut held = vec![];
    for _ in 0..4 {
        held.push(receive(&mut *first).await);
    }
    assert_eq!(held.iter().map(|delivery| delivery.message.id).collect::<HashSet<_>>(), ids(&more));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_gives_up_after_its_limit_of_deliveries_still_comes_to_the_consumer() {
    let limits = Limits { messages: 100, deliveries: 2 };
    let queue = open(RabbitConfig { limits, ..patient(server::shared()) }).await;
    let message = job();
    publish_one(&queue, &message).await.unwrap();
    let mut consumer = consumer(&queue, 1).await;
    for _ in 0..8 {
        let delivery = receive(&mut *consumer).await;
        assert_eq!(delivery.message, message);
        delivery.release();
    }
    expect_all(&mut *consumer, ids(&[message])).await;
    assert_eq!(queue.unreadable().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_is_put_aside_and_holds_no_message_up() {
    const NOISE: u32 = 300;
    let queue = open(patient(server::shared())).await;
    let exchange = queue.topology().exchanges[1].name.clone();
    let stranger = Stranger::at(server::shared()).await;
    let mut chance = fastrand::Rng::with_seed(SEED);
    let good = jobs(20);
    let mut unsent = good.iter();
    for number in 0..NOISE {
        let body: Vec<u8> = (0..chance.usize(0..200)).map(|_| chance.u8(..)).collect();
        let arguments = BasicPublishArguments::new(&exchange, "images");
        stranger.channel.basic_publish(noise(number), body, arguments).await.unwrap();
        if number % 15 == 7 {
            publish_at_last(&queue, unsent.next().unwrap()).await;
        }
    }
    let mut consumer = consumer(&queue, 4).await;
    expect_all(&mut *consumer, ids(&good)).await;
    until("the noise is put aside", async || queue.unreadable().await.unwrap() == NOISE).await;
    assert!(timeout(Duration::from_millis(200), consumer.receive()).await.is_err(), "noise was delivered");
    assert!(queue.is_connected());
}

/// Properties of all kinds but those of a message.
fn noise(number: u32) -> BasicProperties {
    let mut headers = FieldTable::new();
    let mut put = |name: &str, value: &str| headers.insert(name.try_into().unwrap(), value.into());
    put("kind", "process_image");
    put("lane", if number.is_multiple_of(2) { "images" } else { "elsewhere" });
    put("at", "not now");
    put("schema", "one");
    let mut properties = BasicProperties::default();
    if !number.is_multiple_of(3) {
        properties.with_headers(headers);
    }
    if !number.is_multiple_of(5) {
        properties.with_message_id(if number.is_multiple_of(2) { "7" } else { "00000000-0000-0000-0000-000000000007" });
    }
    properties.finish()
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_that_is_cut_short_confuses_nobody_elses() {
    let queue = open(patient(server::shared())).await;
    let mut chance = fastrand::Rng::with_seed(SEED);
    let mut kept = HashSet::new();
    let mut consumer = consumer(&queue, 20).await;
    for _ in 0..60 {
        let (dropped, whole) = (jobs(10), jobs(3));
        let cut = Duration::from_micros(chance.u64(0..3_000));
        let (_, outcomes) = tokio::join!(timeout(cut, queue.publish(&dropped)), queue.publish(&whole));
        for outcome in outcomes.unwrap() {
            outcome.unwrap();
        }
        kept.extend(ids(&whole));
    }
    timeout(PATIENCE, expect_all(&mut *consumer, kept)).await.expect("a message that was confirmed is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receive_that_is_dropped_anywhere_loses_nothing_also_while_connections_are_cut() {
    let link = Link::to(server::shared()).await;
    let queue = open(patient(link.url())).await;
    let mut chance = fastrand::Rng::with_seed(SEED);
    let messages = jobs(120);
    publish(&queue, &messages).await;
    let mut missing = ids(&messages);
    let mut consumer = consumer(&queue, 10).await;
    for round in 0..400 {
        if round % 100 == 50 {
            link.cut();
        }
        let cut = Duration::from_micros(chance.u64(0..2_000));
        if let Ok(delivery) = timeout(cut, consumer.receive()).await {
            let delivery = delivery.unwrap();
            let id = delivery.message.id;
            if chance.bool() {
                missing.remove(&id);
                let _ = delivery.ack().await;
            }
        }
    }
    expect_all(&mut *consumer, missing).await;
}
