//! `EventLog`: everything that happened, in one order that never changes.

use crate::patience::{LONG, eight, within};
use crate::samples::{begin, commit, instant, stamped, stored_product, stored_user, traces, uuid};
use crate::store::StoreFixture;
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::ImageChange::{Added, Failed, Postponed, Ready, Retried, Started, Superseded};
use wareroom_domain::{Event, EventPosition, ImageId, MessageId, ProductId, Stamped, Version};
use wareroom_ports::{EventLog, Kept, LogPage, Retention, Store};

/// A store whose log of events, and what removes from it, is to be held to account.
#[async_trait]
pub trait EventsFixture: StoreFixture {
    /// The log of the events that the store's units leave.
    fn events(&self) -> Arc<dyn EventLog>;

    /// What removes from the store what was kept long enough.
    fn retention(&self) -> Arc<dyn Retention>;
}

/// The one list of cases of [`events`](crate::events).
#[macro_export]
macro_rules! events_cases {
    ($then:path, $given:tt) => {
        $then! { events $given
            no_event_appears_at_or_below_a_position_already_given
            events_of_a_product_keep_the_order_of_its_versions
            every_committed_event_is_shown_exactly_once
            sequencers_at_once_give_each_event_one_position
            an_event_comes_back_as_it_was_left
            read_gives_at_most_its_limit_after_the_position
            the_head_is_the_newest_position
            a_reader_who_missed_what_was_removed_is_told
            reading_goes_on_at_the_oldest_position_kept
        }
    };
}

/// Tests that hold an [`EventsFixture`] to every case of [`events`](crate::events).
#[macro_export]
macro_rules! events_suite {
    ($fixture:ty) => {
        $crate::events_cases!($crate::tests, ($fixture));
    };
}

events_cases!(names, ());

type Positioned = (EventPosition, Stamped<Event>);

/// The events of a page that leaves none out.
pub(crate) fn events_of(page: LogPage) -> Vec<Positioned> {
    match page {
        LogPage::Events(events) => events,
        LogPage::Pruned { oldest } => panic!("nothing was missed, and yet the oldest position is {}", oldest.0),
    }
}

pub(crate) async fn leave(store: &Arc<dyn Store>, events: &[Stamped<Event>]) {
    let mut unit = begin(store).await;
    for event in events {
        unit.outbox().event(event.clone());
    }
    commit(unit).await;
}

/// Raises a product's version and tells it, `count` times; answers the ids of the events.
pub(crate) async fn touch(store: &Arc<dyn Store>, product: ProductId, count: usize) -> Vec<MessageId> {
    let mut told = Vec::new();
    for _ in 0..count {
        let mut unit = begin(store).await;
        let version = unit.products().touch(product, instant()).await.expect("a touch").expect("the product");
        let image = ImageId(uuid());
        let event = stamped(Event::ImageChanged { product, version, image, change: Started }, traces()[0].clone());
        told.push(event.id);
        unit.outbox().event(event);
        commit(unit).await;
    }
    told
}

pub(crate) async fn sequence_all(events: &Arc<dyn EventLog>) -> usize {
    let mut given = 0;
    loop {
        match within("sequence answers", events.sequence(3)).await.expect("events are sequenced") {
            0 => return given,
            more => given += more,
        }
    }
}

pub(crate) async fn read(events: &Arc<dyn EventLog>, after: EventPosition) -> Vec<Positioned> {
    events_of(within("read answers", events.read(after, 1_000)).await.expect("events are read"))
}

/// Reads on from the last position that was seen.
async fn read_on(events: &Arc<dyn EventLog>, seen: &mut Vec<Positioned>) {
    let after = seen.last().map_or(EventPosition(0), |(position, _)| *position);
    seen.extend(read(events, after).await);
}

/// Writes by eight tasks at once, in five rounds, while two sequence and one reads on; another reads on after each round.
/// Answers what the two readers saw, and the whole log.
async fn read_while_written(
    store: &Arc<dyn Store>,
    events: &Arc<dyn EventLog>,
) -> ([Vec<Positioned>; 2], Vec<Positioned>) {
    let product = stored_product(store).await.id;
    let written = Arc::new(AtomicBool::new(false));
    let sequencers = [0; 2].map(|_| {
        let (events, written) = (Arc::clone(events), Arc::clone(&written));
        tokio::spawn(async move {
            while !written.load(Ordering::SeqCst) {
                sequence_all(&events).await;
                sleep(Duration::from_millis(1)).await;
            }
        })
    });
    let reader = tokio::spawn({
        let (events, written) = (Arc::clone(events), Arc::clone(&written));
        async move {
            let mut seen = Vec::new();
            loop {
                let last = written.load(Ordering::SeqCst);
                read_on(&events, &mut seen).await;
                if last {
                    return seen;
                }
                sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let mut between = Vec::new();
    for _ in 0..5 {
        eight("eight tasks write", |_| {
            let store = Arc::clone(store);
            async move { touch(&store, product, 1).await }
        })
        .await;
        sequence_all(events).await;
        read_on(events, &mut between).await;
    }
    written.store(true, Ordering::SeqCst);
    for sequencer in sequencers {
        within("a sequencer ends", sequencer).await.expect("a sequencer");
    }
    let meanwhile = within("the reader ends", reader).await.expect("a reader");
    read_on(events, &mut between).await;
    ([meanwhile, between], read(events, EventPosition(0)).await)
}

/// `read` MUST NOT ever show an event at or below a position that a reader has already been given.
pub async fn no_event_appears_at_or_below_a_position_already_given<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (seen, whole) = read_while_written(&fixture.store(), &fixture.events()).await;
    assert!(whole.is_sorted_by(|(a, _), (b, _)| a < b), "positions are not in order");
    for seen in seen {
        assert_eq!(seen, whole, "a reader who was there all the time has not seen what is in the log");
    }
}

/// `read` MUST keep a product's events in the order of its versions.
pub async fn events_of_a_product_keep_the_order_of_its_versions<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (_, whole) = read_while_written(&fixture.store(), &fixture.events()).await;
    let versions: Vec<_> = whole.iter().filter_map(|(_, event)| event.body.product()).map(|(_, v)| v).collect();
    assert_eq!(versions.len(), 40);
    assert!(versions.is_sorted(), "versions out of order: {versions:?}");
}

/// `read` MUST show every committed event once it was sequenced, exactly once.
pub async fn every_committed_event_is_shown_exactly_once<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    let product = stored_product(&store).await.id;
    let mut told = touch(&store, product, 4).await;
    sequence_all(&events).await;
    told.extend(touch(&store, product, 4).await);
    sequence_all(&events).await;
    let mut shown = Vec::new();
    let mut after = EventPosition(0);
    while let Some((position, event)) = events_of(events.read(after, 1).await.expect("events are read")).pop() {
        shown.push(event.id);
        after = position;
    }
    assert_eq!(shown, told);
}

/// `sequence` MUST be safe to run in any number of processes at once: no position is given twice, no event gets two.
pub async fn sequencers_at_once_give_each_event_one_position<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    let product = stored_product(&store).await.id;
    let told: HashSet<_> = touch(&store, product, 24).await.into_iter().collect();
    let given = eight("eight tasks sequence", |_| {
        let events = Arc::clone(&events);
        async move { sequence_all(&events).await }
    })
    .await;
    let log = read(&events, EventPosition(0)).await;
    let positions: HashSet<_> = log.iter().map(|(position, _)| *position).collect();
    let ids: HashSet<_> = log.iter().map(|(_, event)| event.id).collect();
    assert_eq!(positions.len(), log.len(), "a position was given twice");
    assert_eq!((log.len(), ids), (24, told), "an event has two positions, or none");
    assert_eq!(given.iter().sum::<usize>(), 24, "the sequencers count otherwise: {given:?}");
}

/// Every field of every kind of event, with every shape of a trace.
pub async fn an_event_comes_back_as_it_was_left<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    let user = stored_user(&store).await.id;
    let product = stored_product(&store).await.id;
    let version = Version(1 << 40);
    let mut bodies = vec![Event::UserRegistered { user }, Event::ProductCreated { product, version: Version(1) }];
    bodies.extend([Added, Started, Postponed, Ready, Failed, Retried, Superseded].map(|change| Event::ImageChanged {
        product,
        version,
        image: ImageId(uuid()),
        change,
    }));
    let told: Vec<_> =
        bodies.into_iter().zip(traces().into_iter().cycle()).map(|(body, trace)| stamped(body, trace)).collect();
    leave(&store, &told).await;
    sequence_all(&events).await;
    let read = read(&events, EventPosition(0)).await;
    assert_eq!(read.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), told);
}

/// `read` gives up to `limit` events after a position.
pub async fn read_gives_at_most_its_limit_after_the_position<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    let product = stored_product(&store).await.id;
    touch(&store, product, 5).await;
    sequence_all(&events).await;
    let whole = read(&events, EventPosition(0)).await;
    assert_eq!(whole.len(), 5);
    assert_eq!(events_of(events.read(whole[1].0, 2).await.expect("events are read")), whole[2..4]);
    assert_eq!(events_of(events.read(whole[4].0, 2).await.expect("events are read")), []);
}

/// `head` is the newest position given; 0 when none was.
pub async fn the_head_is_the_newest_position<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    assert_eq!(events.head().await.expect("a head"), EventPosition(0));
    let product = stored_product(&store).await.id;
    for _ in 0..2 {
        touch(&store, product, 2).await;
        sequence_all(&events).await;
        let newest = read(&events, EventPosition(0)).await.last().map(|(position, _)| *position);
        assert_eq!(Some(events.head().await.expect("a head")), newest);
    }
}

/// A log of five events whose first three were removed; answers what is left of it.
async fn log_without_a_beginning<F: EventsFixture>(fixture: &F) -> Vec<Positioned> {
    let (store, events) = (fixture.store(), fixture.events());
    let product = stored_product(&store).await.id;
    touch(&store, product, 5).await;
    sequence_all(&events).await;
    let whole = read(&events, EventPosition(0)).await;
    let removed = fixture.retention().remove_expired(Kept::Events, whole[3].1.at, 100).await.expect("a removal");
    assert_eq!(removed, 3);
    whole[3..].to_vec()
}

/// `read` MUST answer `Pruned` when an event after the position was removed.
pub async fn a_reader_who_missed_what_was_removed_is_told<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let kept = log_without_a_beginning(&fixture).await;
    let EventPosition(oldest) = kept[0].0;
    for behind in [0, oldest - 2] {
        let page = fixture.events().read(EventPosition(behind), 100).await.expect("the log is read");
        assert!(matches!(page, LogPage::Pruned { .. }), "after {behind} something is missing in {page:?}");
    }
}

/// `Pruned` names the oldest position kept, and reading goes on after the one before it: nothing that is kept is missed.
pub async fn reading_goes_on_at_the_oldest_position_kept<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let kept = log_without_a_beginning(&fixture).await;
    let events = fixture.events();
    let LogPage::Pruned { oldest } = events.read(EventPosition(0), 100).await.expect("the log is read") else {
        panic!("a reader from the beginning is not told that something is missing");
    };
    assert_eq!(read(&events, EventPosition(oldest.0 - 1)).await, kept);
    assert_eq!(read(&events, oldest).await, kept[1..]);
    assert_eq!(read(&events, EventPosition(oldest.0 + 100)).await, []);
}
