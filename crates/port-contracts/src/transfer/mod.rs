//! `Export` and `Import`: a whole store as rows that any other can hold.

mod rows;

use crate::events::{EventsFixture, leave, read, sequence_all, touch};
use crate::patience::{LONG, within};
use crate::samples::{
    begin, commit, dead_letter, hash, idempotency_key, image, job, key, product_draft, stamped, stored_product,
    stored_user, traces, user_draft,
};
use rows::everything;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::{Event, EventPosition, ProductId, Reason, UserId, Version};
use wareroom_ports::{
    Census, Export, Import, LogPage, Place, Record, Snapshot, Store, StoreError, Table, TransferError, UnitOfWork,
};

/// A store that gives away what it holds and takes in what others held.
pub trait TransferFixture: EventsFixture {
    /// What gives away the store's rows.
    fn export(&self) -> Arc<dyn Export>;

    /// What takes rows in.
    fn import(&self) -> Arc<dyn Import>;
}

/// The one list of cases of [`transfer`](crate::transfer).
#[macro_export]
macro_rules! transfer_cases {
    ($then:path, $given:tt) => {
        $then! { transfer $given
            a_snapshot_shows_what_was_committed_before
            a_snapshot_does_not_show_what_is_written_later
            pages_put_together_are_the_whole_table
            a_census_counts_every_row
            a_census_tells_the_newest_ids_of_what_is_gone
            a_store_that_holds_anything_takes_nothing_in
            an_unfinished_copy_is_taken_up
            a_batch_is_stored_whole_or_not_at_all
            what_is_there_already_is_left_alone
            a_portable_row_comes_back_equal
            what_was_taken_in_is_what_units_of_work_read
            nothing_is_taken_in_unless_a_copy_was_begun
            ids_go_on_behind_those_of_the_source
            events_go_on_behind_the_newest_position
            an_unfinished_copy_is_told_until_it_is_finished
        }
    };
}

/// Tests that hold a [`TransferFixture`] to every case of [`transfer`](crate::transfer).
#[macro_export]
macro_rules! transfer_suite {
    ($fixture:ty) => {
        $crate::transfer_cases!($crate::tests, ($fixture));
    };
}

transfer_cases!(names, ());

async fn snapshot<F: TransferFixture>(fixture: &F) -> Box<dyn Snapshot> {
    match within("a snapshot is given", fixture.export().snapshot()).await {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("no snapshot: {error:?}"),
    }
}

async fn page(snapshot: &mut Box<dyn Snapshot>, after: &Place, limit: usize) -> Vec<Record> {
    within("a page is given", snapshot.page(after, limit)).await.expect("a page")
}

/// A whole table, read in pages of that length.
async fn table(snapshot: &mut Box<dyn Snapshot>, table: Table, limit: usize) -> Vec<Record> {
    let (mut rows, mut after) = (Vec::new(), table.beginning());
    loop {
        let page = page(snapshot, &after, limit).await;
        assert!(page.len() <= limit, "{table:?}: {} rows in a page of {limit}", page.len());
        let Some(last) = page.last() else { return rows };
        after = last.place();
        rows.extend(page);
        assert!(rows.len() < 1_000, "{table:?} has no end");
    }
}

async fn census<F: TransferFixture>(fixture: &F) -> Census {
    within("a census is given", snapshot(fixture).await.census()).await.expect("a census")
}

async fn begun<F: TransferFixture>(fixture: &F) {
    within("a copy is begun", fixture.import().begin()).await.expect("a copy is begun");
}

async fn put<F: TransferFixture>(fixture: &F, rows: &[Record]) {
    within("rows are put", fixture.import().put(rows)).await.expect("rows are put");
}

async fn finish<F: TransferFixture>(fixture: &F, census: &Census) {
    within("a copy is finished", fixture.import().finish(census)).await.expect("a copy is finished");
}

/// `snapshot` MUST show everything that was committed before the call.
pub async fn a_snapshot_shows_what_was_committed_before<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    for _ in 0..5 {
        let user = stored_user(&fixture.store()).await;
        let users = table(&mut snapshot(&fixture).await, Table::Users, 100).await;
        assert_eq!(users.last(), Some(&Record::User(user)));
    }
}

/// A snapshot MUST NOT show anything that was written since.
pub async fn a_snapshot_does_not_show_what_is_written_later<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let mut earlier = snapshot(&fixture).await;
    touch(&store, product.id, 1).await;
    stored_user(&store).await;
    assert_eq!(table(&mut earlier, Table::Products, 9).await, [Record::Product(product)]);
    assert_eq!(table(&mut earlier, Table::Users, 9).await.len(), 1);
    let census = within("a census is given", earlier.census()).await.expect("a census");
    assert_eq!((census.of(Table::Users), census.of(Table::Events)), (1, 0));
}

/// `page` MUST give each row once, and every row with all that is kept of it.
pub async fn pages_put_together_are_the_whole_table<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let rows = everything();
    begun(&fixture).await;
    put(&fixture, &rows).await;
    let mut snapshot = snapshot(&fixture).await;
    for name in Table::ALL {
        let expected: Vec<Record> = rows.iter().filter(|row| row.table() == name).cloned().collect();
        assert!(expected.len() > 2, "too few {name:?} to be sure");
        for limit in [1, 3, 100] {
            assert_eq!(table(&mut snapshot, name, limit).await, expected, "{name:?} in pages of {limit}");
        }
        let last = expected.last().expect("a row").place();
        assert_eq!(page(&mut snapshot, &last, 9).await, [], "{name:?} go on behind the last");
        assert_eq!(page(&mut snapshot, &name.beginning(), 0).await, [], "{name:?}");
    }
}

/// `census` MUST count every row, events without a position included.
pub async fn a_census_counts_every_row<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    assert!(census(&fixture).await.rows.values().all(|count| *count == 0));
    let product = stored_product(&fixture.store()).await;
    fill_but_products(&fixture.store(), product.id, 2).await;
    let counted = census(&fixture).await;
    let counts: Vec<u64> = Table::ALL.into_iter().map(|table| counted.of(table)).collect();
    assert_eq!(counts, [1, 1, 2, 2, 2, 2, 2, 2], "in the order of the tables");
    sequence_all(&fixture.events()).await;
    assert_eq!(census(&fixture).await, counted, "a position is no row");
}

/// Stores so many of everything that belongs to a product.
async fn fill_but_products(store: &Arc<dyn Store>, product: ProductId, count: usize) {
    for _ in 0..count {
        let mut unit = begin(store).await;
        let image = image(product);
        unit.images().insert(&image).await.expect("an image is accepted");
        unit.blobs().claim(&[key()], LONG).await.expect("a claim");
        unit.outbox().job(job(traces()[3].clone()), Duration::ZERO);
        unit.outbox().event(stamped(Event::ProductChanged { product, version: Version(2) }, traces()[0].clone()));
        let letter = dead_letter(&image, Some(product), Reason::Damaged, traces()[1].clone());
        unit.dead_letters().add(&letter).await.expect("a dead letter is accepted");
        unit.idempotency().reserve(&idempotency_key(), hash(), letter.at, LONG).await.expect("a key is granted");
        commit(unit).await;
    }
}

/// `census` MUST tell the newest ids that were given, also when what they were given to is gone.
pub async fn a_census_tells_the_newest_ids_of_what_is_gone<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let none = census(&fixture).await;
    assert_eq!((none.newest_user, none.newest_product), (None, None));
    let store = fixture.store();
    stored_product(&store).await;
    let newest = stored_product(&store).await;
    let mut unit = begin(&store).await;
    assert!(unit.products().delete(newest.id).await.expect("a delete"));
    commit(unit).await;
    let counted = census(&fixture).await;
    assert_eq!((counted.newest_user, counted.newest_product), (Some(newest.owner), Some(newest.id)));
}

/// Stores one thing of a table alone.
async fn store_one(unit: &mut dyn UnitOfWork, table: Table) {
    let product = ProductId::new(1).expect("an id");
    match table {
        Table::Users => drop(unit.users().insert(&user_draft()).await.expect("a user is accepted")),
        Table::Blobs => unit.blobs().claim(&[key()], LONG).await.expect("a claim"),
        Table::Jobs => unit.outbox().job(job(traces()[0].clone()), Duration::ZERO),
        Table::Events => {
            let event = Event::ProductDeleted { product, version: Version(3) };
            unit.outbox().event(stamped(event, traces()[0].clone()));
        }
        Table::DeadLetters => {
            let letter = dead_letter(&image(product), None, Reason::Damaged, traces()[0].clone());
            unit.dead_letters().add(&letter).await.expect("a dead letter is accepted");
        }
        Table::IdempotencyKeys => {
            let at = user_draft().created_at;
            unit.idempotency().reserve(&idempotency_key(), hash(), at, LONG).await.expect("a key is granted");
        }
        Table::Products | Table::Images => panic!("{table:?} are never alone"),
    }
}

/// `begin` MUST answer `NotEmpty`, and change nothing, when anything is there that is not of an unfinished copy.
pub async fn a_store_that_holds_anything_takes_nothing_in<F: TransferFixture>() {
    for table in Table::ALL.into_iter().filter(|table| !matches!(table, Table::Products | Table::Images)) {
        let fixture = F::fresh(LONG).await;
        let mut unit = begin(&fixture.store()).await;
        store_one(&mut *unit, table).await;
        commit(unit).await;
        let before = census(&fixture).await;
        let refused = within("begin answers", fixture.import().begin()).await;
        assert!(matches!(refused, Err(TransferError::NotEmpty(found)) if found == table), "{table:?}: {refused:?}");
        assert_eq!(census(&fixture).await, before, "{table:?}");
        assert!(!within("it is told", fixture.import().unfinished()).await.expect("an answer"), "{table:?}");
    }
}

/// `begin` MUST leave in place what an unfinished copy has put; a finished one is not taken up.
pub async fn an_unfinished_copy_is_taken_up<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let rows = everything();
    let (first, second) = rows.split_at(rows.len() / 2);
    for part in [first, second] {
        begun(&fixture).await;
        put(&fixture, part).await;
    }
    let counted = census(&fixture).await;
    assert_eq!(counted.rows.values().sum::<u64>(), rows.len() as u64);
    finish(&fixture, &counted).await;
    let refused = within("begin answers", fixture.import().begin()).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty(Table::Users))), "{refused:?}");
}

/// `put` MUST have stored all of the rows when it answers `Ok`, and none when it answers an error.
pub async fn a_batch_is_stored_whole_or_not_at_all<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let user = user_draft().accepted(UserId::new(7).expect("an id"));
    let product = |owner| Record::Product(product_draft(owner).accepted(ProductId::new(9).expect("an id")));
    begun(&fixture).await;
    let nobodys = product(UserId::new(8).expect("an id"));
    let refused = within("rows are put", fixture.import().put(&[Record::User(user.clone()), nobodys])).await;
    let expected = TransferError::Store(StoreError::UnknownReference("user"));
    assert_eq!(format!("{refused:?}"), format!("{:?}", Err::<(), _>(expected)));
    assert!(census(&fixture).await.rows.values().all(|count| *count == 0), "a part of a batch is there");
    let owned = product(user.id);
    put(&fixture, &[Record::User(user), owned]).await;
    assert_eq!(census(&fixture).await.rows.values().sum::<u64>(), 2);
}

/// `put` MUST leave a row alone whose identity is there already.
pub async fn what_is_there_already_is_left_alone<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let rows = everything();
    begun(&fixture).await;
    put(&fixture, &rows).await;
    put(&fixture, &rows).await;
    put(&fixture, &rows::changed(&rows)).await;
    let mut snapshot = snapshot(&fixture).await;
    for name in Table::ALL {
        let expected: Vec<Record> = rows.iter().filter(|row| row.table() == name).cloned().collect();
        assert_eq!(table(&mut snapshot, name, 100).await, expected);
    }
}

/// `put` MUST keep a portable row so that it comes back equal.
pub async fn a_portable_row_comes_back_equal<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    begun(&fixture).await;
    let mut reached: HashMap<Table, Place> = HashMap::new();
    for row in everything() {
        assert_eq!(row.clone().portable(), row, "a sample is not portable");
        put(&fixture, std::slice::from_ref(&row)).await;
        let before = reached.insert(row.table(), row.place()).unwrap_or(row.table().beginning());
        assert_eq!(page(&mut snapshot(&fixture).await, &before, 9).await, [row]);
    }
}

/// What was put is what the other ports give.
pub async fn what_was_taken_in_is_what_units_of_work_read<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let rows = everything();
    begun(&fixture).await;
    put(&fixture, &rows).await;
    let counted = census(&fixture).await;
    finish(&fixture, &counted).await;
    let store = fixture.store();
    for row in &rows {
        let mut unit = begin(&store).await;
        match row {
            Record::User(user) => {
                assert_eq!(unit.users().load(user.id).await.expect("a load").as_ref(), Some(user));
            }
            Record::Product(product) => {
                assert_eq!(unit.products().load(product.id).await.expect("a load").as_ref(), Some(product));
            }
            Record::Image(stored) => {
                let loaded = unit.images().load(stored.image.id).await.expect("a load");
                assert_eq!(loaded.as_ref(), Some(&stored.image));
            }
            Record::DeadLetter(stored) => {
                let loaded = unit.dead_letters().load(stored.letter.id).await.expect("a load");
                assert_eq!(loaded.as_ref(), Some(&stored.letter));
                let marked = unit.dead_letters().marked(100).await.expect("a list");
                assert_eq!(marked.contains(&stored.letter), stored.marked);
            }
            Record::IdempotencyKey(stored) => {
                let told = unit.idempotency().reserve(&stored.key, stored.fingerprint, stored.at, LONG).await;
                let told = told.expect("an answer");
                assert!(rows::says(stored, &told), "{stored:?} says {told:?}");
            }
            Record::Blob(stored) if !stored.condemned => {
                unit.blobs().hold(&[stored.key]).await.expect("a registered key is held");
            }
            Record::Blob(stored) => assert_refused!(unit.blobs().hold(&[stored.key]).await, StoreError::Conflict),
            Record::Job(_) | Record::Event(..) => {}
        }
    }
}

/// `put` MUST answer `NotBegun` unless a copy was begun and not finished.
pub async fn nothing_is_taken_in_unless_a_copy_was_begun<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let user = |id| [Record::User(user_draft().accepted(UserId::new(id).expect("an id")))];
    let refused = within("rows are put", fixture.import().put(&user(1))).await;
    assert!(matches!(refused, Err(TransferError::NotBegun)), "{refused:?}");
    begun(&fixture).await;
    put(&fixture, &user(2)).await;
    let counted = census(&fixture).await;
    finish(&fixture, &counted).await;
    let refused = within("rows are put", fixture.import().put(&user(3))).await;
    assert!(matches!(refused, Err(TransferError::NotBegun)), "{refused:?}");
    assert_eq!(census(&fixture).await.of(Table::Users), 1);
}

/// `finish` MUST have the store go on behind those newest ids, and behind its own.
pub async fn ids_go_on_behind_those_of_the_source<F: TransferFixture>() {
    let (user, product) = (|id| UserId::new(id).expect("an id"), |id| ProductId::new(id).expect("an id"));
    for (told, expected) in [((Some(user(90)), Some(product(70))), (91, 71)), ((None, None), (11, 21))] {
        let fixture = F::fresh(LONG).await;
        let owner = user_draft().accepted(user(10));
        let lamp = product_draft(owner.id).accepted(product(20));
        begun(&fixture).await;
        put(&fixture, &[Record::User(owner.clone()), Record::Product(lamp)]).await;
        finish(&fixture, &Census { newest_user: told.0, newest_product: told.1, ..Census::default() }).await;
        let mut unit = begin(&fixture.store()).await;
        let next_user = unit.users().insert(&user_draft()).await.expect("a user is accepted").id;
        let next_product = unit.products().insert(&product_draft(owner.id)).await.expect("a product is accepted").id;
        commit(unit).await;
        assert_eq!((next_user.get(), next_product.get()), expected);
    }
}

/// `finish` MUST have events go on behind the newest position.
pub async fn events_go_on_behind_the_newest_position<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let events: Vec<Record> = everything().into_iter().filter(|row| row.table() == Table::Events).collect();
    let position = |row: &Record| match row {
        Record::Event(position, _) => *position,
        other => panic!("{other:?} is no event"),
    };
    let (oldest, newest) = (position(&events[0]), position(&events[events.len() - 1]));
    begun(&fixture).await;
    put(&fixture, &events).await;
    let counted = census(&fixture).await;
    finish(&fixture, &counted).await;
    let log = fixture.events();
    assert_eq!(within("the head is told", log.head()).await.expect("the head"), newest);
    let product = ProductId::new(1).expect("an id");
    let told = stamped(Event::ProductDeleted { product, version: Version(4) }, traces()[2].clone());
    leave(&fixture.store(), std::slice::from_ref(&told)).await;
    assert_eq!(sequence_all(&log).await, 1);
    assert_eq!(read(&log, newest).await, [(EventPosition(newest.0 + 1), told)]);
    let missed = within("read answers", log.read(EventPosition(0), 9)).await.expect("events are read");
    assert_eq!(missed, LogPage::Pruned { oldest });
}

/// `unfinished` MUST tell it until the copy is finished.
pub async fn an_unfinished_copy_is_told_until_it_is_finished<F: TransferFixture>() {
    let fixture = F::fresh(LONG).await;
    let told = async || within("it is told", fixture.import().unfinished()).await.expect("an answer");
    assert!(!told().await);
    begun(&fixture).await;
    assert!(told().await);
    put(&fixture, &everything()).await;
    assert!(told().await);
    let counted = census(&fixture).await;
    finish(&fixture, &counted).await;
    assert!(!told().await);
}
