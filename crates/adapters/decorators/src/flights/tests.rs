//! Who shares whose read. The store here is a number that grows; reading it can be held up in the middle.

use super::*;
use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, yield_now},
    time::timeout,
};

struct Store {
    version: AtomicU64,
    /// A permit for each read that has looked.
    looked: Semaphore,
    /// A permit for each read that may answer.
    may_answer: Semaphore,
}

struct House {
    flights: Arc<Flights<u64>>,
    store: Arc<Store>,
}

impl House {
    fn new() -> Self {
        let (looked, may_answer) = (Semaphore::new(0), Semaphore::new(0));
        let store = Store { version: AtomicU64::new(1), looked, may_answer };
        Self { flights: Arc::default(), store: Arc::new(store) }
    }

    /// A reader, who has come when this answers.
    async fn reader(&self) -> JoinHandle<Result<u64, StoreError>> {
        let (flights, store) = (Arc::clone(&self.flights), Arc::clone(&self.store));
        let reader = tokio::spawn(async move {
            let read = |_| async {
                let version = store.version.load(SeqCst);
                store.looked.add_permits(1);
                store.may_answer.acquire().await.unwrap().forget();
                if version == 13 { Err(StoreError::Backend("thirteen".into())) } else { Ok(version) }
            };
            flights.share(id(1), read).await
        });
        settle().await;
        reader
    }

    fn reads(&self) -> usize {
        self.store.looked.available_permits()
    }

    async fn answer(&self, reads: usize) {
        self.store.may_answer.add_permits(reads);
        settle().await;
    }
}

fn id(number: i64) -> ProductId {
    ProductId::new(number).unwrap()
}

/// Everybody goes as far as they can: there is one thread, and they take turns.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

async fn end(reader: JoinHandle<Result<u64, StoreError>>) -> Result<u64, StoreError> {
    timeout(Duration::from_secs(10), reader).await.expect("a reader is answered").unwrap()
}

#[tokio::test]
async fn whoever_comes_while_a_read_is_under_way_shares_the_next_one() {
    let house = House::new();
    let first = house.reader().await;
    let others = [house.reader().await, house.reader().await, house.reader().await];
    assert_eq!(house.reads(), 1, "two reads of one product at a time");
    // Acknowledged before anybody else comes: those who came are not concerned, but may see it.
    house.store.version.store(2, SeqCst);
    house.answer(1).await;
    assert_eq!(end(first).await.unwrap(), 1);
    assert_eq!(house.reads(), 2);
    // The second read is under way: this one came after it began.
    house.store.version.store(3, SeqCst);
    let last = house.reader().await;
    house.answer(2).await;
    for other in others {
        assert_eq!(end(other).await.unwrap(), 2);
    }
    assert_eq!(end(last).await.unwrap(), 3, "given what was read before it came");
    assert_eq!(house.reads(), 3);
    assert!(house.flights.gates().is_empty(), "something is left of readers who went");
}

#[tokio::test]
async fn reads_of_different_products_do_not_wait_for_each_other() {
    let house = House::new();
    let first = house.reader().await;
    let other = house.flights.share(id(2), async |waited| Ok(u64::from(waited)));
    assert_eq!(timeout(Duration::from_secs(10), other).await.unwrap().unwrap(), 0);
    house.answer(1).await;
    end(first).await.unwrap();
}

#[tokio::test]
async fn a_reader_who_goes_away_takes_nobody_along() {
    let house = House::new();
    let [first, second, third] = [house.reader().await, house.reader().await, house.reader().await];
    // In the middle of its read: the next flight departs.
    first.abort();
    settle().await;
    assert_eq!(house.reads(), 2);
    // At the head of a flight with another passenger, who reads anew.
    second.abort();
    settle().await;
    assert_eq!(house.reads(), 3);
    let fourth = house.reader().await;
    house.answer(2).await;
    assert_eq!((end(third).await.unwrap(), end(fourth).await.unwrap()), (1, 1));
    // While it waits for its turn, alone.
    let fifth = house.reader().await;
    let sixth = house.reader().await;
    sixth.abort();
    house.answer(1).await;
    assert_eq!(end(fifth).await.unwrap(), 1);
    assert!(house.flights.gates().is_empty(), "something is left of readers who went");
}

#[tokio::test]
async fn a_reader_who_panics_takes_nobody_along() {
    let house = House::new();
    let first = house.reader().await;
    let flights = Arc::clone(&house.flights);
    let head = tokio::spawn(async move { flights.share(id(1), async |_| panic!("a defect")).await });
    settle().await;
    let other = house.reader().await;
    house.answer(2).await;
    assert!(head.await.unwrap_err().is_panic());
    assert_eq!((end(first).await.unwrap(), end(other).await.unwrap()), (1, 1));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_waited_and_to_nobody_else() {
    let house = House::new();
    let first = house.reader().await;
    let others = [house.reader().await, house.reader().await];
    house.store.version.store(13, SeqCst);
    house.answer(2).await;
    assert_eq!(end(first).await.unwrap(), 1);
    for other in others {
        let error = end(other).await.unwrap_err();
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "thirteen");
    }
    house.store.version.store(14, SeqCst);
    let next = house.reader().await;
    house.answer(1).await;
    assert_eq!(end(next).await.unwrap(), 14);
}

/// Readers of several threads, some of whom give up, and a writer: nobody is given less than what was acknowledged when they
/// came, and there is never more than one read at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_is_given_what_was_read_before_they_came() {
    let flights: Arc<Flights<u64>> = Arc::default();
    let (stored, reads, at_once) =
        (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(1)));
    let readers: Vec<_> = (0..8_u64)
        .map(|number| {
            let (flights, stored) = (Arc::clone(&flights), Arc::clone(&stored));
            let (reads, at_once) = (Arc::clone(&reads), Arc::clone(&at_once));
            tokio::spawn(async move {
                for round in 0..2_000 {
                    let acknowledged = stored.load(SeqCst);
                    let read = async |_| {
                        let _alone = at_once.try_acquire().expect("one read at a time");
                        reads.fetch_add(1, SeqCst);
                        yield_now().await;
                        let version = stored.load(SeqCst);
                        yield_now().await;
                        Ok(version)
                    };
                    let answer = flights.share(id(1), read);
                    if (number + round) % 7 == 0 {
                        // Given up at some point on its way.
                        tokio::select! {
                            biased;
                            _ = answer => {}
                            () = yield_now() => {}
                        }
                        continue;
                    }
                    let version = answer.await.unwrap();
                    assert!(version >= acknowledged, "{version} is older than {acknowledged}");
                }
            })
        })
        .collect();
    while !readers.iter().all(JoinHandle::is_finished) {
        stored.fetch_add(1, SeqCst);
        yield_now().await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(flights.gates().is_empty());
    assert!(reads.load(SeqCst) < 16_000, "nobody shared a read");
}
