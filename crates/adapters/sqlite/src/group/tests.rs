//! Members that end well, that fail, and what SQLite does by itself.

use super::*;
use std::sync::mpsc::{Receiver, channel};

fn group() -> Group {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
    Group::of(connection, Duration::ZERO)
}

fn insert(group: &Group, x: i64) -> rusqlite::Result<usize> {
    group.connection().execute("INSERT INTO t VALUES (?1)", [x])
}

fn kept(group: &Group) -> Vec<i64> {
    let mut select = group.connection().prepare("SELECT x FROM t ORDER BY x").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A member that writes one number and ends well; where it is told what became of it.
fn member(group: &mut Group, x: i64) -> Receiver<Outcome> {
    let (send, told) = channel();
    group.join(Duration::ZERO).unwrap();
    insert(group, x).unwrap();
    group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
    told
}

/// A member that writes one number and fails.
fn failing(group: &mut Group, x: i64) {
    group.join(Duration::ZERO).unwrap();
    insert(group, x).unwrap();
    group.expel();
}

#[test]
fn members_are_told_together_once_they_are_stored_and_not_before() {
    let mut group = group();
    let (first, second) = (member(&mut group, 1), member(&mut group, 2));
    assert!(first.try_recv().is_err() && second.try_recv().is_err());
    assert!(!group.connection().is_autocommit());
    group.commit();
    assert!(group.connection().is_autocommit());
    for told in [first, second] {
        assert!(matches!(told.try_recv(), Ok(Outcome::Stored)));
    }
    assert_eq!(kept(&group), [1, 2]);
}

#[test]
fn a_member_that_fails_takes_nothing_of_the_others_with_it_wherever_it_stands() {
    let mut group = group();
    failing(&mut group, 1);
    assert!(group.connection().is_autocommit(), "nothing is left open");
    let told = [member(&mut group, 2), member(&mut group, 3)];
    failing(&mut group, 4);
    let last = member(&mut group, 5);
    failing(&mut group, 6);
    group.commit();
    assert_eq!(kept(&group), [2, 3, 5]);
    for told in told.into_iter().chain([last]) {
        assert!(matches!(told.try_recv(), Ok(Outcome::Stored)));
    }
}

#[test]
fn a_member_that_reads_sees_nothing_that_is_not_stored() {
    let mut group = group();
    let first = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    group.see_what_is_stored().unwrap();
    assert!(matches!(first.try_recv(), Ok(Outcome::Stored)));
    assert_eq!(kept(&group), [1]);
    insert(&group, 2).unwrap();
    group.expel();
    assert_eq!(kept(&group), [1]);
}

#[test]
fn a_member_that_has_written_is_stored_with_the_others_or_not_at_all() {
    let mut group = group();
    let first = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    insert(&group, 2).unwrap();
    group.see_what_is_stored().unwrap();
    assert!(first.try_recv().is_err(), "a part of the second would be stored");
    group.expel();
    group.commit();
    assert_eq!(kept(&group), [1]);
}

#[test]
fn who_was_rolled_back_on_account_of_another_is_told_and_the_group_goes_on() {
    let mut group = group();
    let swept = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    insert(&group, 2).unwrap();
    // What SQLite does by itself when the disk fails it.
    group.connection().execute_batch("ROLLBACK").unwrap();
    group.expel();
    assert!(matches!(swept.try_recv(), Ok(Outcome::Swept)));
    let stored = member(&mut group, 3);
    group.commit();
    assert!(matches!(stored.try_recv(), Ok(Outcome::Stored)));
    assert_eq!(kept(&group), [3]);
}

#[test]
fn a_member_that_did_not_notice_is_not_stored_without_the_others() {
    let mut group = group();
    let swept = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    group.connection().execute_batch("ROLLBACK").unwrap();
    let (send, told) = channel();
    group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
    assert!(matches!(swept.try_recv(), Ok(Outcome::Swept)));
    assert!(matches!(told.try_recv(), Ok(Outcome::Failed(_))));
    group.commit();
    assert!(kept(&group).is_empty());
}

#[test]
fn a_group_that_was_rolled_back_unnoticed_takes_nobody_else_with_it() {
    let mut group = group();
    let swept = member(&mut group, 1);
    group.connection().execute_batch("ROLLBACK").unwrap();
    let stored = member(&mut group, 2);
    group.commit();
    assert!(matches!(swept.try_recv(), Ok(Outcome::Swept)));
    assert!(matches!(stored.try_recv(), Ok(Outcome::Stored)));
    assert_eq!(kept(&group), [2]);
}

#[test]
fn a_first_member_that_did_not_notice_is_not_told_that_it_is_stored() {
    let mut group = group();
    group.join(Duration::ZERO).unwrap();
    group.connection().execute_batch("ROLLBACK").unwrap();
    let (send, told) = channel();
    group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
    group.commit();
    assert!(matches!(told.try_recv(), Ok(Outcome::Failed(Fault::Store(StoreError::Conflict)))));
}

#[test]
fn a_savepoint_that_the_disk_has_no_room_for_costs_nobody_what_is_stored() {
    let mut group = group();
    let sql = "CREATE VIRTUAL TABLE words USING fts5 (word, tokenize = 'trigram')";
    group.connection().execute_batch(sql).unwrap();
    let (send, first) = channel();
    group.join(Duration::ZERO).unwrap();
    // What a savepoint writes on behalf of whoever stands before it, and has no room for.
    let words = (0..40_000).map(|number| number.to_string()).collect::<Vec<_>>().join("-");
    group.connection().execute("INSERT INTO words VALUES (?1)", [words]).unwrap();
    group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
    let pages: i64 = group.connection().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    group.connection().pragma_update(None, "max_page_count", pages).unwrap();
    let second = member(&mut group, 2);
    group.commit();
    assert!(matches!(first.try_recv(), Ok(Outcome::Swept | Outcome::Failed(_))));
    assert!(matches!(second.try_recv(), Ok(Outcome::Stored)));
    assert_eq!(kept(&group), [2]);
}

#[test]
fn a_panic_of_one_who_is_told_costs_the_others_nothing() {
    let mut group = group();
    let first = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    group.leave(Box::new(|_| panic!("on purpose")));
    let last = member(&mut group, 3);
    group.commit();
    for told in [first, last] {
        assert!(matches!(told.try_recv(), Ok(Outcome::Stored)));
    }
    assert_eq!(kept(&group), [1, 3]);
}

#[test]
fn another_process_that_comes_between_costs_a_reading_member_its_turn_and_nobody_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let open = || Connection::open(&path).unwrap();
    open().execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
    let mut group = Group::of(open(), Duration::ZERO);
    let other = open();
    let (send, other_again) = channel();
    group.join(Duration::ZERO).unwrap();
    insert(&group, 1).unwrap();
    group.leave(Box::new(move |_| {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        send.send(other).unwrap();
    }));
    group.join(Duration::ZERO).unwrap();
    assert!(group.see_what_is_stored().is_err());
    group.expel();
    other_again.recv().unwrap().execute_batch("ROLLBACK").unwrap();
    let stored = member(&mut group, 2);
    group.commit();
    assert!(matches!(stored.try_recv(), Ok(Outcome::Stored)));
    assert_eq!(kept(&group), [1, 2]);
}

#[test]
fn who_waits_shortly_for_another_process_leaves_the_usual_wait_as_it_was() {
    let mut group = Group::of(Connection::open_in_memory().unwrap(), Duration::from_millis(70));
    group.join(Duration::from_millis(3)).unwrap();
    let wait: u64 = group.connection().pragma_query_value(None, "busy_timeout", |row| row.get(0)).unwrap();
    assert_eq!(wait, 70);
}

#[test]
fn a_commit_that_fails_is_told_to_every_member_and_leaves_nothing_open() {
    let mut group = group();
    let sql = "PRAGMA foreign_keys = on; CREATE TABLE child (x INTEGER REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED)";
    group.connection().execute_batch(sql).unwrap();
    let first = member(&mut group, 1);
    group.join(Duration::ZERO).unwrap();
    group.connection().execute_batch("INSERT INTO child VALUES (2)").unwrap();
    let (send, second) = channel();
    group.leave(Box::new(move |outcome| send.send(outcome).unwrap()));
    group.commit();
    for told in [first, second] {
        assert!(matches!(told.try_recv(), Ok(Outcome::Failed(_))));
    }
    assert!(group.connection().is_autocommit() && kept(&group).is_empty());
}

#[test]
fn a_group_is_full_when_it_has_many_members_or_its_first_has_waited() {
    let mut group = group();
    assert!(!group.is_full(), "nobody waits");
    let mut told = vec![member(&mut group, 0)];
    std::thread::sleep(LONGEST);
    assert!(group.is_full());
    group.commit();
    for x in 1..=i64::try_from(MOST).unwrap() {
        told.push(member(&mut group, x));
    }
    assert!(group.is_full());
    group.commit();
    assert!(told.iter().all(|told| matches!(told.try_recv(), Ok(Outcome::Stored))));
}
