//! What is declared, and what becomes of what an older version declared.

use crate::server;
use crate::stand::{Stranger, consumer, expect_all, ids, jobs, open, patient, publish, receive};
use amqprs::channel::QueueDeclareArguments;
use wareroom_rabbitmq::RabbitConfig;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_topology_names_is_there() {
    let queue = open(patient(server::shared())).await;
    let stranger = Stranger::at(server::shared()).await;
    assert!(!queue.topology().queues.is_empty());
    for declared in &queue.topology().queues {
        let passive = QueueDeclareArguments::new(&declared.name).passive(true).finish();
        stranger.channel.queue_declare(passive).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_an_older_version_is_consumed_beside_the_new_one_also_while_somebody_still_publishes_there() {
    let newer = RabbitConfig { version: 2, older_versions: vec![0, 1], ..patient(server::shared()) };
    let older = RabbitConfig { version: 1, older_versions: vec![], ..newer.clone() };
    let (old_messages, new_messages, late) = (jobs(30), jobs(30), jobs(5));
    let old = open(older).await;
    publish(&old, &old_messages).await;
    let new = open(newer).await;
    publish(&new, &new_messages).await;
    let mut consumer = consumer(&new, 4).await;
    expect_all(&mut *consumer, &ids(&old_messages) | &ids(&new_messages)).await;
    publish(&old, &late).await;
    expect_all(&mut *consumer, ids(&late)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_queue_may_be_deleted_and_nothing_on_loan_is_lost_by_it() {
    let newer = RabbitConfig { version: 1, older_versions: vec![0], ..patient(server::shared()) };
    let old = open(RabbitConfig { version: 0, older_versions: vec![], ..newer.clone() }).await;
    let new = open(newer).await;
    publish(&new, &jobs(1)).await;
    let mut consumer = consumer(&new, 2).await;
    let delivery = receive(&mut *consumer).await;
    drop(old);
    delivery.ack().await.unwrap();
    let after = jobs(3);
    publish(&new, &after).await;
    expect_all(&mut *consumer, ids(&after)).await;
}
