//! `Retention`: what is kept for a while only. The fixture is that of the events.

use crate::events::{EventsFixture, leave, read, sequence_all};
use crate::idempotency::reserve;
use crate::patience::{LONG, SHORT, eventually, within};
use crate::samples::{
    begin, commit, dead_letter, hash, idempotency_key, image, instant, stamped, stored_image, stored_product, traces,
};
use bytes::Bytes;
use jiff::Timestamp;
use wareroom_domain::{Event, EventPosition, MessageId, Reason, Sha256, Stamped, Version};
use wareroom_ports::{DeadLetter, IdempotencyKey, Kept, LogPage, Reservation};

/// The one list of cases of [`retention`](crate::retention).
#[macro_export]
macro_rules! retention_cases {
    ($then:path, $given:tt) => {
        $then! { retention $given
            expired_counts_what_would_be_removed_and_removes_nothing
            nothing_is_removed_before_its_time
            at_most_the_limit_is_removed
            the_oldest_is_removed_first
            a_running_reservation_is_not_removed
            a_reservation_that_nobody_holds_is_removed
            an_event_without_a_position_is_not_removed
            the_newest_position_outlives_its_time
            a_removal_leaves_no_gap_in_the_log
            compacting_leaves_everything_in_place
        }
    };
}

/// Tests that hold an [`EventsFixture`](crate::events::EventsFixture) to every case of [`retention`](crate::retention).
#[macro_export]
macro_rules! retention_suite {
    ($fixture:ty) => {
        $crate::retention_cases!($crate::tests, ($fixture));
    };
}

retention_cases!(names, ());

/// What each row is found by.
enum Row {
    Key(IdempotencyKey, Sha256),
    Event(MessageId),
    Letter(DeadLetter),
}

/// Four rows of a kind, the oldest first, with their moments.
struct Rows(Vec<(Timestamp, Row)>);

impl Rows {
    /// Stores the rows. What was stored first is not the oldest, but for events: they are stored in the order of their
    /// moments, and one more after them, as the newest that has a position.
    async fn store<F: EventsFixture>(fixture: &F, what: Kept) -> Self {
        let moments = [(); 5].map(|()| instant());
        let mut rows = Vec::new();
        match what {
            Kept::IdempotencyKeys => {
                for index in [2, 0, 3, 1] {
                    rows.push((moments[index], answered_key(fixture, moments[index]).await));
                }
            }
            Kept::Events => {
                let events = moments.map(told_at);
                leave(&fixture.store(), &events).await;
                sequence_all(&fixture.events()).await;
                rows.extend(events.iter().take(4).map(|event| (event.at, Row::Event(event.id))));
            }
            Kept::DeadLetters => {
                for index in [2, 0, 3, 1] {
                    rows.push((moments[index], Row::Letter(letter(fixture, moments[index]).await)));
                }
            }
        }
        rows.sort_by_key(|(at, _)| *at);
        Self(rows)
    }

    fn moment(&self, index: usize) -> Timestamp {
        self.0[index].0
    }

    /// Which of them are there.
    async fn there<F: EventsFixture>(&self, fixture: &F) -> Vec<bool> {
        let mut there = Vec::new();
        let log = log(fixture).await;
        for (at, row) in &self.0 {
            let mut unit = begin(&fixture.store()).await;
            there.push(match row {
                Row::Key(key, fingerprint) => {
                    let reserved = unit.idempotency().reserve(key, *fingerprint, *at, LONG).await;
                    matches!(reserved.expect("a key is asked for"), Reservation::Answered(_))
                }
                Row::Event(id) => log.contains(id),
                Row::Letter(letter) => {
                    let loaded = unit.dead_letters().load(letter.id).await.expect("a load");
                    let listed = unit.dead_letters().of_image(letter.image).await.expect("a list");
                    assert_eq!(loaded.is_some(), listed.contains(letter), "loaded and listed are two things");
                    loaded.is_some()
                }
            });
        }
        there
    }
}

fn told_at(at: Timestamp) -> Stamped<Event> {
    let product = wareroom_domain::ProductId::new(1).expect("an id");
    Stamped { at, ..stamped(Event::ProductCreated { product, version: Version(1) }, traces()[0].clone()) }
}

async fn answered_key<F: EventsFixture>(fixture: &F, at: Timestamp) -> Row {
    let (key, fingerprint) = (idempotency_key(), hash());
    let mut unit = begin(&fixture.store()).await;
    match unit.idempotency().reserve(&key, fingerprint, at, LONG).await.expect("a key is asked for") {
        Reservation::Granted { token } => {
            unit.idempotency().answer(&key, token, Bytes::from_static(b"done")).await.expect("an answer");
        }
        other => panic!("a key that is free is {other:?}"),
    }
    commit(unit).await;
    Row::Key(key, fingerprint)
}

async fn letter<F: EventsFixture>(fixture: &F, at: Timestamp) -> DeadLetter {
    let store = fixture.store();
    let image = image(stored_product(&store).await.id);
    stored_image(&store, &image).await;
    let letter = DeadLetter { at, ..dead_letter(&image, None, Reason::Damaged, traces()[0].clone()) };
    let mut unit = begin(&store).await;
    unit.dead_letters().add(&letter).await.expect("a dead letter is accepted");
    commit(unit).await;
    letter
}

/// The ids of all events that are kept and have a position.
async fn log<F: EventsFixture>(fixture: &F) -> Vec<MessageId> {
    let events = fixture.events();
    let after = match events.read(EventPosition(0), 1).await.expect("the log is read") {
        LogPage::Events(_) => EventPosition(0),
        LogPage::Pruned { oldest } => EventPosition(oldest.0 - 1),
    };
    read(&events, after).await.into_iter().map(|(_, event)| event.id).collect()
}

async fn expired<F: EventsFixture>(fixture: &F, what: Kept, before: Timestamp) -> u64 {
    within("expired answers", fixture.retention().expired(what, before)).await.expect("a count")
}

async fn remove<F: EventsFixture>(fixture: &F, what: Kept, before: Timestamp, limit: usize) -> u64 {
    within("a removal is answered", fixture.retention().remove_expired(what, before, limit)).await.expect("a removal")
}

/// `expired` MUST count just those that `remove_expired` would remove, and remove nothing.
pub async fn expired_counts_what_would_be_removed_and_removes_nothing<F: EventsFixture>() {
    for what in Kept::ALL {
        let fixture = F::fresh(LONG).await;
        let rows = Rows::store(&fixture, what).await;
        for (expected, before) in [(0, rows.moment(0)), (3, rows.moment(3)), (4, Timestamp::MAX)] {
            // The newest event is not counted, however old it is.
            assert_eq!(expired(&fixture, what, before).await, expected, "{what:?} before {before}");
        }
        assert_eq!(rows.there(&fixture).await, [true; 4], "{what:?} were removed by counting them");
        assert_eq!(remove(&fixture, what, rows.moment(3), 100).await, 3, "{what:?}");
        assert_eq!(expired(&fixture, what, rows.moment(3)).await, 0, "{what:?}");
    }
}

/// `remove_expired` MUST NOT remove anything whose moment is `before` or later.
pub async fn nothing_is_removed_before_its_time<F: EventsFixture>() {
    for what in Kept::ALL {
        let fixture = F::fresh(LONG).await;
        let rows = Rows::store(&fixture, what).await;
        assert_eq!(remove(&fixture, what, Timestamp::MIN, 100).await, 0, "{what:?}");
        assert_eq!(remove(&fixture, what, rows.moment(2), 100).await, 2, "{what:?}");
        assert_eq!(rows.there(&fixture).await, [false, false, true, true], "{what:?}");
        for other in Kept::ALL.into_iter().filter(|other| *other != what) {
            remove(&fixture, other, Timestamp::MAX, 100).await;
        }
        assert_eq!(rows.there(&fixture).await, [false, false, true, true], "{what:?} are not what was to be removed");
    }
}

/// `remove_expired` MUST remove at most `limit`, and answers to how many.
pub async fn at_most_the_limit_is_removed<F: EventsFixture>() {
    for what in Kept::ALL {
        let fixture = F::fresh(LONG).await;
        let rows = Rows::store(&fixture, what).await;
        for (limit, expected, left) in [(0, 0, 4), (3, 3, 1), (3, 1, 0), (3, 0, 0)] {
            assert_eq!(remove(&fixture, what, Timestamp::MAX, limit).await, expected, "{what:?}");
            assert_eq!(rows.there(&fixture).await.iter().filter(|there| **there).count(), left, "{what:?}");
        }
    }
}

/// `remove_expired` MUST remove the oldest first.
pub async fn the_oldest_is_removed_first<F: EventsFixture>() {
    for what in Kept::ALL {
        let fixture = F::fresh(LONG).await;
        let rows = Rows::store(&fixture, what).await;
        for removed in 1..=4 {
            assert_eq!(remove(&fixture, what, Timestamp::MAX, 1).await, 1, "{what:?}");
            let expected: Vec<bool> = (0..4).map(|index| index >= removed).collect();
            assert_eq!(rows.there(&fixture).await, expected, "{what:?}");
        }
    }
}

/// `remove_expired` MUST NOT remove an idempotency key while its reservation is running.
pub async fn a_running_reservation_is_not_removed<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, key, fingerprint) = (fixture.store(), idempotency_key(), hash());
    let reserved = reserve(&store, &key, fingerprint, LONG).await;
    assert!(matches!(reserved, Reservation::Granted { .. }), "a key that is free is {reserved:?}");
    assert_eq!(expired(&fixture, Kept::IdempotencyKeys, Timestamp::MAX).await, 0);
    assert_eq!(remove(&fixture, Kept::IdempotencyKeys, Timestamp::MAX, 100).await, 0);
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Running);
}

/// A reservation whose lease is over, and that nobody took over, does not stay for ever.
pub async fn a_reservation_that_nobody_holds_is_removed<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, key) = (fixture.store(), idempotency_key());
    let reserved = reserve(&store, &key, hash(), SHORT).await;
    assert!(matches!(reserved, Reservation::Granted { .. }), "a key that is free is {reserved:?}");
    let fixture = &fixture;
    eventually("the reservation is removed", || async move {
        (remove(fixture, Kept::IdempotencyKeys, Timestamp::MAX, 100).await == 1).then_some(())
    })
    .await;
    let other = reserve(&store, &key, hash(), LONG).await;
    assert!(matches!(other, Reservation::Granted { .. }), "a key that was removed is {other:?}");
}

/// `remove_expired` MUST NOT remove an event that has no position yet.
pub async fn an_event_without_a_position_is_not_removed<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let events = [(); 4].map(|()| told_at(instant()));
    leave(&fixture.store(), &events).await;
    assert_eq!(remove(&fixture, Kept::Events, Timestamp::MAX, 100).await, 0);
    assert_eq!(fixture.events().sequence(2).await.expect("events are sequenced"), 2);
    assert_eq!(remove(&fixture, Kept::Events, Timestamp::MAX, 100).await, 1);
    assert_eq!(sequence_all(&fixture.events()).await, 2);
    assert_eq!(log(&fixture).await, [events[1].id, events[2].id, events[3].id]);
}

/// `remove_expired` MUST NOT remove the newest event that has a position: positions never fall, and none is given again.
pub async fn the_newest_position_outlives_its_time<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, events) = (fixture.store(), fixture.events());
    for round in 1..=3 {
        leave(&store, &[told_at(instant()), told_at(instant())]).await;
        sequence_all(&events).await;
        let head = EventPosition(2 * round);
        assert_eq!(events.head().await.expect("a head"), head);
        remove(&fixture, Kept::Events, Timestamp::MAX, 100).await;
        assert_eq!(events.head().await.expect("a head"), head, "the newest position fell");
        assert_eq!(read(&events, EventPosition(head.0 - 1)).await.len(), 1, "the newest event was removed");
    }
}

/// `remove_expired` MUST remove events from the beginning of the log only: what comes after one that is kept is kept, too.
pub async fn a_removal_leaves_no_gap_in_the_log<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let moments = [(); 5].map(|()| instant());
    let events = [0, 3, 1, 2, 4].map(|index| told_at(moments[index]));
    leave(&fixture.store(), &events).await;
    sequence_all(&fixture.events()).await;
    assert_eq!(expired(&fixture, Kept::Events, moments[2]).await, 1);
    assert_eq!(remove(&fixture, Kept::Events, moments[2], 100).await, 1);
    assert_eq!(log(&fixture).await, events[1..].iter().map(|event| event.id).collect::<Vec<_>>());
    assert_eq!(remove(&fixture, Kept::Events, moments[4], 100).await, 3);
    assert_eq!(log(&fixture).await, [events[4].id]);
}

/// `compact` MUST leave everything that is kept in place.
pub async fn compacting_leaves_everything_in_place<F: EventsFixture>() {
    let fixture = F::fresh(LONG).await;
    let mut stored = Vec::new();
    for what in Kept::ALL {
        let rows = Rows::store(&fixture, what).await;
        assert_eq!(remove(&fixture, what, rows.moment(1), 100).await, 1);
        stored.push(rows);
    }
    for _ in 0..2 {
        within("compact answers", fixture.retention().compact()).await.expect("a store is compacted");
        for rows in &stored {
            assert_eq!(rows.there(&fixture).await, [false, true, true, true]);
        }
        stored_product(&fixture.store()).await;
    }
}
