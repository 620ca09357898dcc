//! Brokers that are harmed.

use crate::server::Broker;
use crate::stand::{
    PATIENCE, PUBLISH, SLACK, consumer, expect_all, ids, job, jobs, patient, publish, publish_at_last, publish_one,
    roomy, until,
};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use wareroom_domain::MessageId;
use wareroom_ports::{Queue, QueueError};
use wareroom_rabbitmq::{LinkState, RabbitConfig, RabbitQueue, RabbitState};

const SEED: u64 = 6;
const DEATHS: usize = 2;
/// A broker writes down which queues it has a moment after it has declared them. One that is killed before knows them no
/// more, whatever they held; that is its own affair, and happens once in the life of a queue.
const WRITTEN_DOWN: Duration = Duration::from_secs(6);

/// What was confirmed, and what of it was delivered.
#[derive(Default)]
struct Ledger {
    confirmed: Mutex<HashSet<MessageId>>,
    delivered: Mutex<HashSet<MessageId>>,
}

impl Ledger {
    fn missing(&self) -> usize {
        self.confirmed.lock().unwrap().difference(&self.delivered.lock().unwrap()).count()
    }
}

/// Publishes batches until it is told to stop. Whatever goes wrong is of no account here.
async fn keep_publishing(queue: Arc<RabbitQueue>, ledger: Arc<Ledger>, stop: Arc<AtomicBool>) {
    while !stop.load(SeqCst) {
        let batch = jobs(20);
        let Ok(outcomes) = queue.publish(&batch).await else {
            sleep(Duration::from_millis(5)).await;
            continue;
        };
        let confirmed = batch.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok());
        ledger.confirmed.lock().unwrap().extend(confirmed.map(|(message, _)| message.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_confirmed_is_lost_when_the_broker_is_killed_and_all_goes_on_by_itself() {
    let mut broker = Broker::start();
    let config = RabbitConfig { limits: roomy(), ..patient(&broker.url()) };
    let queue = Arc::new(RabbitQueue::open(config).await.unwrap());
    sleep(WRITTEN_DOWN).await;
    let (ledger, stop) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
    let publishing: Vec<_> = (0..3)
        .map(|_| tokio::spawn(keep_publishing(Arc::clone(&queue), Arc::clone(&ledger), Arc::clone(&stop))))
        .collect();
    let mut receiver = consumer(&queue, 50).await;
    let receiving = tokio::spawn({
        let ledger = Arc::clone(&ledger);
        async move {
            while let Ok(delivery) = receiver.receive().await {
                // Whether an ack that was under way has arrived is not known when a broker dies, and need not be.
                ledger.delivered.lock().unwrap().insert(delivery.message.id);
                let _ = delivery.ack().await;
            }
        }
    });
    let mut chance = fastrand::Rng::with_seed(SEED);
    for round in 0..DEATHS {
        let before = ledger.confirmed.lock().unwrap().len();
        until("messages are confirmed", async || ledger.confirmed.lock().unwrap().len() > before + 100).await;
        sleep(Duration::from_millis(chance.u64(0..500))).await;
        broker.kill();
        until("the loss is noticed", async || !queue.is_connected()).await;
        assert!(matches!(publish_one(&queue, &job()).await, Err(QueueError::Unavailable(_))), "round {round}");
        let mut again = broker;
        broker = tokio::task::spawn_blocking(move || {
            again.start_again();
            again
        })
        .await
        .unwrap();
        until("the return is noticed", async || queue.is_connected()).await;
    }
    let before = ledger.confirmed.lock().unwrap().len();
    until("messages are confirmed again", async || ledger.confirmed.lock().unwrap().len() > before + 100).await;
    stop.store(true, SeqCst);
    for publishing in publishing {
        publishing.await.unwrap();
    }
    until("all that was confirmed is delivered", async || ledger.missing() == 0).await;
    receiving.abort();
    println!("seed {SEED}: {} confirmed, 0 lost", ledger.confirmed.lock().unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_short_of_disk_costs_one_time_out_and_takes_all_when_it_has_room_again() {
    let broker = Broker::start();
    let config = RabbitConfig { publish_time: PUBLISH, ..patient(&broker.url()) };
    let queue = Arc::new(RabbitQueue::open(config).await.unwrap());
    let before = jobs(5);
    publish_at_last(&queue, &before[0]).await;
    publish(&queue, &before[1..]).await;
    let control = |limit: &'static str| broker.control(&["set_disk_free_limit", limit]);
    tokio::task::block_in_place(|| control("100000000000000"));

    let begun = Instant::now();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { publish_one(&queue, &job()).await })
        })
        .collect();
    for outcome in waiting {
        let outcome = timeout(PATIENCE, outcome).await.expect("it hangs").unwrap();
        assert!(matches!(outcome, Err(QueueError::Unavailable(_))), "{outcome:?}");
    }
    assert!(begun.elapsed() < PUBLISH + SLACK, "50 calls at once took {:?}", begun.elapsed());
    assert_eq!(queue.state(), RabbitState { publishing: LinkState::Stalled, consuming: LinkState::Up });
    let begun = Instant::now();
    for _ in 0..1_000 {
        assert!(matches!(publish_one(&queue, &job()).await, Err(QueueError::Unavailable(_))));
    }
    assert!(begun.elapsed() < SLACK, "1,000 calls later took {:?}", begun.elapsed());
    expect_all(&mut *consumer(&queue, 2).await, ids(&before)).await;

    tokio::task::block_in_place(|| control("1MB"));
    let after = jobs(3);
    for message in &after {
        publish_at_last(&queue, message).await;
    }
    expect_all(&mut *consumer(&queue, 2).await, ids(&after)).await;
    assert!(queue.is_connected());
}
