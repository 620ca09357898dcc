//! Those who stand in line, and what each of them is told.

use super::*;

use tokio::task::JoinHandle;

const LONG: Duration = Duration::from_secs(10);

fn writer() -> Writer {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
    Writer::start(connection, Duration::ZERO).unwrap()
}

fn insert(x: i64) -> impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static {
    move |connection| Ok(connection.execute("INSERT INTO t VALUES (?1)", [x]).map(drop)?)
}

async fn write(
    writer: Writer,
    work: impl FnOnce(&Connection) -> Result<(), Fault> + Send + 'static,
) -> Result<(), StoreError> {
    writer.write(LONG, work, || ()).await
}

async fn sum(writer: &Writer) -> i64 {
    let sum = |connection: &Connection| Ok(connection.query_one("SELECT sum(x) FROM t", [], |row| row.get(0))?);
    writer.alone(LONG, sum).await.unwrap()
}

#[tokio::test]
async fn a_write_waits_for_the_unit_to_end_and_is_not_part_of_it() {
    let writer = writer();
    let turn = writer.turn(LONG).await.unwrap();
    turn.part(Sees::Stored, insert(1)).await.unwrap();
    let early = writer.write(Duration::from_millis(20), insert(2), || ()).await;
    assert!(matches!(early, Err(StoreError::Busy)));
    drop(turn);
    assert_eq!(sum(&writer).await, 2);
}

/// Units that stand in line behind one that is open, each to insert a number: what each does is begun at once.
async fn in_line(writer: &Writer, numbers: impl IntoIterator<Item = i64>) -> Vec<JoinHandle<Result<(), StoreError>>> {
    let mut units = vec![];
    for x in numbers {
        let writer = writer.clone();
        units.push(tokio::spawn(async move {
            let turn = writer.turn(LONG).await?;
            turn.part(Sees::Whatever, insert(x)).await?;
            turn.end(|_| Ok(()), || ()).await
        }));
        tokio::task::yield_now().await;
    }
    units
}

#[tokio::test]
async fn units_that_stand_in_line_are_stored_whoever_fails_among_them() {
    let writer = writer();
    let turn = writer.turn(LONG).await.unwrap();
    let units = in_line(&writer, [1, 2, 2, 3, 1, 4]).await;
    drop(turn);
    let mut stored = vec![];
    for unit in units {
        stored.push(unit.await.unwrap().is_ok());
    }
    assert_eq!(stored, [true, true, false, true, false, true]);
    assert_eq!(sum(&writer).await, 10);
}

#[tokio::test]
async fn who_is_followed_by_another_shares_its_commit() {
    let writer = writer();
    let first = writer.turn(LONG).await.unwrap();
    first.part(Sees::Stored, insert(1)).await.unwrap();
    let second = tokio::spawn({
        let writer = writer.clone();
        async move { writer.turn(LONG).await.unwrap() }
    });
    tokio::task::yield_now().await;
    let first = tokio::spawn(first.end(|_| Ok(()), || ()));
    let second = second.await.unwrap();
    second.part(Sees::Whatever, insert(2)).await.unwrap();
    assert!(!first.is_finished(), "it was stored alone");
    second.end(|_| Ok(()), || ()).await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(sum(&writer).await, 3);
}

#[tokio::test]
async fn a_unit_that_looks_is_shown_nothing_that_is_not_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.db");
    let open = || Connection::open(&path).unwrap();
    open().execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x INTEGER UNIQUE) STRICT").unwrap();
    let writer = Writer::start(open(), Duration::ZERO).unwrap();
    let count = |connection: &Connection| -> Result<i64, Fault> {
        Ok(connection.query_one("SELECT count(*) FROM t", [], |row| row.get(0))?)
    };
    for round in 0..50 {
        let turn = writer.turn(LONG).await.unwrap();
        let units = in_line(&writer, [3 * round, 3 * round + 1, 3 * round + 2]).await;
        drop(turn);
        let looking = writer.turn(LONG).await.unwrap();
        let seen = looking.part(Sees::Stored, count).await.unwrap();
        // Nothing is waited for: what was seen is in the file by now.
        assert_eq!(seen, count(&open()).unwrap_or_default());
        drop(looking);
        for unit in units {
            unit.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_turn_that_nobody_waits_for_any_more_is_passed_on() {
    let writer = writer();
    let first = writer.turn(LONG).await.unwrap();
    assert!(matches!(writer.turn(Duration::from_millis(5)).await, Err(StoreError::Busy)));
    drop(first);
    for _ in 0..50 {
        // It has come or not, by chance: the answer is on its way from the other thread.
        drop(timeout(Duration::ZERO, writer.turn(LONG)).await);
    }
    writer.write(LONG, insert(1), || ()).await.unwrap();
    assert_eq!(sum(&writer).await, 1);
}

#[tokio::test]
async fn what_is_done_alone_is_in_no_transaction() {
    let writer = writer();
    let units = in_line(&writer, 0..3).await;
    assert!(writer.alone(LONG, |connection| Ok(connection.is_autocommit())).await.unwrap());
    for unit in units {
        unit.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_unit_that_is_swept_away_may_be_run_again_and_a_write_may_be_asked_for_again() {
    let writer = writer();
    // What SQLite does by itself when the disk fails it, behind those who have ended.
    let fail = |connection: &Connection| -> Result<(), Fault> {
        connection.execute_batch("ROLLBACK")?;
        Err(StoreError::Full.into())
    };
    let turn = writer.turn(LONG).await.unwrap();
    turn.part(Sees::Whatever, insert(1)).await.unwrap();
    let second = tokio::spawn(write(writer.clone(), insert(2)));
    let third = tokio::spawn(write(writer.clone(), fail));
    let fourth = tokio::spawn(write(writer.clone(), insert(4)));
    tokio::task::yield_now().await;
    let first = turn.end(|_| Ok(()), || panic!("it is not stored")).await;
    let (second, third, fourth) = (second.await.unwrap(), third.await.unwrap(), fourth.await.unwrap());
    assert!(matches!(first, Err(StoreError::Conflict)), "{first:?}");
    assert!(matches!(second, Err(StoreError::Busy)), "{second:?}");
    assert!(matches!(third, Err(StoreError::Full)), "{third:?}");
    fourth.unwrap();
    assert_eq!(sum(&writer).await, 4);
}

#[tokio::test]
async fn a_write_is_told_of_only_when_it_is_stored() {
    let writer = writer();
    let first = writer.turn(LONG).await.unwrap();
    let write = tokio::spawn({
        let writer = writer.clone();
        async move { writer.write(LONG, insert(1), || ()).await }
    });
    tokio::task::yield_now().await;
    let second = tokio::spawn({
        let writer = writer.clone();
        async move { writer.turn(LONG).await.unwrap() }
    });
    tokio::task::yield_now().await;
    drop(first);
    let second = second.await.unwrap();
    second.part(Sees::Whatever, insert(2)).await.unwrap();
    assert!(!write.is_finished());
    drop(second);
    write.await.unwrap().unwrap();
    assert_eq!(sum(&writer).await, 1);
}

#[tokio::test]
async fn a_part_that_panics_costs_those_before_it_nothing() {
    let writer = writer();
    let turn = writer.turn(LONG).await.unwrap();
    let before = in_line(&writer, [1, 2]).await;
    let last = tokio::spawn({
        let writer = writer.clone();
        async move {
            let turn = writer.turn(LONG).await?;
            turn.part(Sees::Whatever, insert(3)).await?;
            turn.part::<()>(Sees::Whatever, |_| panic!("on purpose")).await
        }
    });
    tokio::task::yield_now().await;
    drop(turn);
    for unit in before {
        unit.await.unwrap().unwrap();
    }
    assert!(last.await.unwrap().is_err());
    assert_eq!(sum(&writer).await, 3);
}

#[tokio::test]
async fn a_panic_costs_one_answer_and_not_the_thread() {
    let writer = writer();
    let lost = writer.write::<()>(LONG, |_| panic!("on purpose"), || ()).await;
    assert!(matches!(lost, Err(StoreError::Backend(_))));
    writer.write(LONG, insert(1), || ()).await.unwrap();
    assert_eq!(sum(&writer).await, 1);
}
