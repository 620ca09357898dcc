//! What follows a commit: events in order, announcements, the relay.

use async_trait::async_trait;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wareroom_application::{Application, Context, ErrorCode, Ports};
use wareroom_domain::{Event, EventPosition, ImageChange, Lane};
use wareroom_memory::MemoryQueue;
use wareroom_ports::{
    Consumer, Invalidation, Invalidations, Kept, Listener, LogPage, Message, Queue, QueueError, Retention,
};
use wareroom_test_kit::TestApp;

#[tokio::test]
async fn every_visible_change_is_an_event_and_versions_come_in_order() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.upload(product.id, 3).await;
    app.work().await;
    while app.application.sequence_events().await.unwrap() > 0 {}
    let page = app.application.ports().events.read(EventPosition(0), 100).await.unwrap();
    let LogPage::Events(events) = page else { panic!("nothing was removed: {page:?}") };
    let told: Vec<Event> = events.iter().map(|(_, event)| event.body).collect();
    let changes: Vec<ImageChange> = told
        .iter()
        .filter_map(|event| match event {
            Event::ImageChanged { change, .. } => Some(*change),
            _ => None,
        })
        .collect();
    assert_eq!(changes, [ImageChange::Added, ImageChange::Started, ImageChange::Ready]);
    let versions: Vec<u64> = told.iter().filter_map(Event::product).map(|(_, version)| version.0).collect();
    assert_eq!(versions, [1, 2, 3, 4]);
    assert_eq!(app.view(product.id).await.product.version.0, 4);
}

#[tokio::test]
async fn a_write_is_announced_before_it_is_answered_and_again_by_its_event() {
    let app = TestApp::new();
    let heard: Arc<Mutex<Vec<Invalidation>>> = Arc::default();
    app.application.ports().invalidations.subscribe({
        let heard = Arc::clone(&heard);
        Arc::new(move |invalidation| heard.lock().unwrap().push(invalidation))
    });
    let product = app.product(app.user().await.id).await;
    let expected = Invalidation::Product(product.id, product.version);
    assert_eq!(*heard.lock().unwrap(), [expected]);
    while app.application.sequence_events().await.unwrap() > 0 {}
    let last = app.application.announce_events(EventPosition(0)).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [expected, expected]);
    assert_eq!(app.application.announce_events(last).await.unwrap(), last);
}

/// Counts what is announced, and what is repeated.
#[derive(Default)]
struct Counted {
    announced: AtomicUsize,
    repeated: AtomicUsize,
}

#[async_trait]
impl Invalidations for Counted {
    async fn announce(&self, changes: &[Invalidation]) {
        self.announced.fetch_add(changes.len(), Ordering::SeqCst);
    }

    async fn repeat(&self, changes: &[Invalidation]) {
        self.repeated.fetch_add(changes.len(), Ordering::SeqCst);
    }

    fn subscribe(&self, _: Listener) {}
}

/// Every process reads every event: if each announced it, all would hear of it from all.
#[tokio::test]
async fn what_the_log_tells_is_repeated_and_not_announced_as_news() {
    let app = TestApp::new();
    app.product(app.user().await.id).await;
    while app.application.sequence_events().await.unwrap() > 0 {}
    let counted = Arc::new(Counted::default());
    let ports = Ports { invalidations: counted.clone(), ..app.application.ports().clone() };
    let reader = Application::new(ports, app.application.settings().clone());
    reader.announce_events(EventPosition(0)).await.unwrap();
    let told = [&counted.announced, &counted.repeated].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(told, [0, 1]);
}

#[tokio::test]
async fn where_events_were_removed_unread_everything_is_announced_and_reading_goes_on_from_the_head() {
    let app = TestApp::new();
    let user = app.user().await;
    app.product(user.id).await;
    app.product(user.id).await;
    while app.application.sequence_events().await.unwrap() > 0 {}
    app.store.remove_expired(Kept::Events, jiff::Timestamp::MAX, usize::MAX).await.unwrap();
    let heard: Arc<Mutex<Vec<Invalidation>>> = Arc::default();
    app.application.ports().invalidations.subscribe({
        let heard = Arc::clone(&heard);
        Arc::new(move |invalidation| heard.lock().unwrap().push(invalidation))
    });
    let reached = app.application.announce_events(EventPosition(0)).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [Invalidation::Everything]);
    assert_eq!(reached, app.application.ports().events.head().await.unwrap());
    assert_eq!(app.application.announce_events(reached).await.unwrap(), reached);
    assert_eq!(heard.lock().unwrap().len(), 1, "what was told by everything is told again");
}

#[tokio::test]
async fn the_relay_carries_jobs_to_the_queue_and_then_forgets_them() {
    let app = TestApp::new();
    let queue = Arc::new(MemoryQueue::new(Duration::from_mins(1)));
    let ports =
        Ports { outbox: Some(Arc::new(app.store.clone())), queue: queue.clone(), ..app.application.ports().clone() };
    let relayed = Application::new(ports, app.application.settings().clone());
    let product = app.product(app.user().await.id).await;
    let image = app.upload(product.id, 3).await;
    assert_eq!(relayed.relay_outbox().await.unwrap(), 1);
    assert_eq!(relayed.relay_outbox().await.unwrap(), 0);
    assert_eq!(app.store.jobs(), 0);
    let delivery = relayed.ports().queue.consume(Lane::Images, 1).await.unwrap().receive().await.unwrap();
    assert_eq!(delivery.message.job().unwrap().body, wareroom_domain::Job::ProcessImage(image));
    delivery.ack().await.unwrap();
    assert!(relayed.get_product(&Context::operator(), product.id).await.is_ok());
}

/// A queue that cannot be reached at first, then takes all messages of a batch but the first, then all.
struct Reluctant {
    queue: MemoryQueue,
    asked: AtomicUsize,
}

#[async_trait]
impl Queue for Reluctant {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), QueueError>>, QueueError> {
        match self.asked.fetch_add(1, Ordering::SeqCst) {
            0 => Err(QueueError::Unavailable("connection refused".into())),
            1 => {
                let mut outcomes = vec![Err(QueueError::Refused)];
                outcomes.extend(self.queue.publish(&messages[1..]).await?);
                Ok(outcomes)
            }
            _ => self.queue.publish(messages).await,
        }
    }

    async fn consume(&self, lane: Lane, prefetch: u16) -> Result<Box<dyn Consumer>, QueueError> {
        self.queue.consume(lane, prefetch).await
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_that_the_queue_does_not_take_wait_in_the_outbox_and_are_carried_later() {
    let app = TestApp::new();
    let queue = Arc::new(Reluctant { queue: MemoryQueue::new(Duration::from_mins(1)), asked: AtomicUsize::default() });
    let ports =
        Ports { outbox: Some(Arc::new(app.store.clone())), queue: queue.clone(), ..app.application.ports().clone() };
    let relayed = Application::new(ports, app.application.settings().clone());
    let product = app.product(app.user().await.id).await;
    let images = [app.upload(product.id, 1).await, app.upload(product.id, 2).await];
    let lease = relayed.settings().relay_lease + Duration::from_secs(1);

    assert_eq!(relayed.relay_outbox().await.unwrap_err().code, ErrorCode::Unavailable);
    assert_eq!(app.store.jobs(), 2, "nothing was taken and something is gone");
    tokio::time::advance(lease).await;
    assert_eq!(relayed.relay_outbox().await.unwrap(), 1, "one refusal keeps the others back");
    assert_eq!(app.store.jobs(), 1, "what was refused is gone");
    tokio::time::advance(lease).await;
    assert_eq!(relayed.relay_outbox().await.unwrap(), 1);
    assert_eq!(app.store.jobs(), 0);

    let mut consumer = queue.consume(Lane::Images, 2).await.unwrap();
    let mut carried = vec![];
    for _ in images {
        let delivery = consumer.receive().await.unwrap();
        let wareroom_domain::Job::ProcessImage(image) = delivery.message.job().unwrap().body;
        carried.push(image);
        delivery.ack().await.unwrap();
    }
    carried.sort_unstable();
    assert_eq!(carried, images);
}
