//! `IdempotencyKeys`: requests that are sent again. The fixture is the store's.

use crate::patience::{LONG, SHORT, eight, eventually};
use crate::samples::{begin, commit, hash, idempotency_key, instant};
use crate::store::StoreFixture;
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use wareroom_domain::Sha256;
use wareroom_ports::{IdempotencyKey, Reservation, Store, StoreError};

/// The one list of cases of [`idempotency`](crate::idempotency).
#[macro_export]
macro_rules! idempotency_cases {
    ($then:path, $given:tt) => {
        $then! { idempotency $given
            of_many_at_once_one_is_granted_a_key
            a_reservation_whose_lease_is_over_is_taken_over
            another_fingerprint_is_a_mismatch
            another_fingerprint_is_a_mismatch_while_the_key_is_running
            an_answered_key_answers_the_same_bytes
            keys_are_told_apart_by_scope_and_key
            who_was_taken_over_cannot_answer
            a_reservation_that_is_gone_cannot_be_answered
            a_key_is_answered_once
            a_forgotten_key_is_free_at_once
            forget_ignores_a_reservation_that_was_taken_over
            forget_ignores_a_key_that_was_answered
            forget_tells_whether_the_reservation_was_still_there
            a_unit_that_does_not_commit_leaves_the_keys_alone
        }
    };
}

/// Tests that hold a [`StoreFixture`](crate::store::StoreFixture) to every case of [`idempotency`](crate::idempotency).
#[macro_export]
macro_rules! idempotency_suite {
    ($fixture:ty) => {
        $crate::idempotency_cases!($crate::tests, ($fixture));
    };
}

idempotency_cases!(names, ());

pub(crate) async fn reserve(
    store: &Arc<dyn Store>,
    key: &IdempotencyKey,
    fingerprint: Sha256,
    lease: Duration,
) -> Reservation {
    let mut unit = begin(store).await;
    let reservation = unit.idempotency().reserve(key, fingerprint, instant(), lease).await.expect("a key is asked for");
    commit(unit).await;
    reservation
}

/// The token of a reservation that is to be had.
async fn granted(store: &Arc<dyn Store>, key: &IdempotencyKey, fingerprint: Sha256, lease: Duration) -> u64 {
    match reserve(store, key, fingerprint, lease).await {
        Reservation::Granted { token } => token,
        other => panic!("a key that is free is {other:?}"),
    }
}

async fn answer(store: &Arc<dyn Store>, key: &IdempotencyKey, token: u64, result: Bytes) -> Result<(), StoreError> {
    let mut unit = begin(store).await;
    unit.idempotency().answer(key, token, result).await?;
    commit(unit).await;
    Ok(())
}

async fn forget(store: &Arc<dyn Store>, key: &IdempotencyKey, token: u64) -> bool {
    let mut unit = begin(store).await;
    let there = unit.idempotency().forget(key, token).await.expect("forgetting is never refused");
    commit(unit).await;
    there
}

/// Two tokens of one key: of a reservation whose lease was over, and of the one that took it over.
async fn taken_over(store: &Arc<dyn Store>, key: &IdempotencyKey, fingerprint: Sha256) -> (u64, u64) {
    let first = granted(store, key, fingerprint, SHORT).await;
    let second = eventually("a reservation is taken over", || async move {
        match reserve(store, key, fingerprint, LONG).await {
            Reservation::Granted { token } => Some(token),
            _ => None,
        }
    })
    .await;
    (first, second)
}

/// `reserve` MUST grant a key to one of many at once, and tell the others that it is running, while the lease lasts.
pub async fn of_many_at_once_one_is_granted_a_key<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let told = eight("eight tasks ask for a key", |_| {
        let (store, key) = (Arc::clone(&store), key.clone());
        async move { reserve(&store, &key, fingerprint, LONG).await }
    })
    .await;
    let granted = told.iter().filter(|told| matches!(told, Reservation::Granted { .. })).count();
    let running = told.iter().filter(|told| **told == Reservation::Running).count();
    assert_eq!((granted, running), (1, 7), "eight were told {told:?}");
}

/// `reserve` MUST grant a key again, under a new token, when the lease is over and nothing was answered.
pub async fn a_reservation_whose_lease_is_over_is_taken_over<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let (first, second) = taken_over(&store, &key, fingerprint).await;
    assert_ne!(first, second, "two reservations have one token");
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Running);
}

/// `reserve` MUST answer `Mismatch` for a key that is there with another fingerprint.
pub async fn another_fingerprint_is_a_mismatch<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint, result) = (idempotency_key(), hash(), Bytes::from_static(b"done"));
    let token = granted(&store, &key, fingerprint, LONG).await;
    answer(&store, &key, token, result.clone()).await.expect("an answer");
    assert_eq!(reserve(&store, &key, hash(), LONG).await, Reservation::Mismatch);
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Answered(result));
}

/// `reserve` MUST answer `Mismatch` for a key that is there with another fingerprint, also while it is running.
pub async fn another_fingerprint_is_a_mismatch_while_the_key_is_running<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let token = granted(&store, &key, fingerprint, LONG).await;
    assert_eq!(reserve(&store, &key, hash(), LONG).await, Reservation::Mismatch);
    answer(&store, &key, token, Bytes::new()).await.expect("whoever came with something else changes nothing");
}

/// `reserve` MUST answer what was answered first, byte by byte, until the key is removed.
pub async fn an_answered_key_answers_the_same_bytes<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let every_byte: Vec<u8> = (0..=255).collect();
    for result in [Bytes::new(), Bytes::from_static(b"{\"data\": \"\xc3\xa9\"}"), Bytes::from(every_byte.repeat(400))] {
        let (key, fingerprint) = (idempotency_key(), hash());
        let token = granted(&store, &key, fingerprint, Duration::ZERO).await;
        answer(&store, &key, token, result.clone()).await.expect("a lease that is over and was not taken over");
        for _ in 0..2 {
            assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Answered(result.clone()));
        }
    }
}

/// Keys are told apart by scope and key, each as it is written.
pub async fn keys_are_told_apart_by_scope_and_key<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let longest = "k".repeat(255);
    let fingerprint = hash();
    let pairs = [
        ("1 POST /products", "a"),
        ("1 POST /products", "A"),
        ("1 POST /products", "a "),
        ("2 POST /products", "a"),
        ("1 POST /products/1/images", "a"),
        ("1 POST /product", "sa"),
        ("1 POST /products", &longest),
    ];
    for (scope, key) in pairs {
        let key = IdempotencyKey { scope: scope.to_owned(), key: key.to_owned() };
        let token = granted(&store, &key, fingerprint, LONG).await;
        answer(&store, &key, token, Bytes::from(format!("{key:?}"))).await.expect("an answer");
    }
    for (scope, key) in pairs {
        let key = IdempotencyKey { scope: scope.to_owned(), key: key.to_owned() };
        let expected = Reservation::Answered(Bytes::from(format!("{key:?}")));
        assert_eq!(reserve(&store, &key, fingerprint, LONG).await, expected);
    }
}

/// `answer` MUST answer `Conflict` when the reservation was taken over.
pub async fn who_was_taken_over_cannot_answer<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint, result) = (idempotency_key(), hash(), Bytes::from_static(b"second"));
    let (first, second) = taken_over(&store, &key, fingerprint).await;
    assert_refused!(answer(&store, &key, first, Bytes::from_static(b"first")).await, StoreError::Conflict);
    answer(&store, &key, second, result.clone()).await.expect("the owner answers");
    assert_refused!(answer(&store, &key, first, Bytes::from_static(b"first")).await, StoreError::Conflict);
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Answered(result));
}

/// `answer` MUST answer `Conflict` when the reservation is gone.
pub async fn a_reservation_that_is_gone_cannot_be_answered<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let token = granted(&store, &key, fingerprint, LONG).await;
    forget(&store, &key, token).await;
    assert_refused!(answer(&store, &key, token, Bytes::new()).await, StoreError::Conflict);
    let next = granted(&store, &key, fingerprint, LONG).await;
    assert_ne!(token, next, "two reservations have one token");
    assert_refused!(answer(&store, &key, token, Bytes::new()).await, StoreError::Conflict);
}

/// `answer` MUST answer `Conflict` when the reservation was answered already.
pub async fn a_key_is_answered_once<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint, result) = (idempotency_key(), hash(), Bytes::from_static(b"once"));
    let token = granted(&store, &key, fingerprint, LONG).await;
    answer(&store, &key, token, result.clone()).await.expect("an answer");
    assert_refused!(answer(&store, &key, token, Bytes::from_static(b"twice")).await, StoreError::Conflict);
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Answered(result));
}

/// `forget` MUST make the key free at once, for a request of other content, too.
pub async fn a_forgotten_key_is_free_at_once<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let key = idempotency_key();
    for fingerprint in [hash(), hash()] {
        let token = granted(&store, &key, fingerprint, LONG).await;
        forget(&store, &key, token).await;
    }
}

/// `forget` MUST ignore a reservation that was taken over.
pub async fn forget_ignores_a_reservation_that_was_taken_over<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let (first, second) = taken_over(&store, &key, fingerprint).await;
    forget(&store, &key, first).await;
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Running);
    answer(&store, &key, second, Bytes::new()).await.expect("the owner answers");
}

/// `forget` MUST ignore a reservation that was answered.
pub async fn forget_ignores_a_key_that_was_answered<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint, result) = (idempotency_key(), hash(), Bytes::from_static(b"kept"));
    let token = granted(&store, &key, fingerprint, LONG).await;
    answer(&store, &key, token, result.clone()).await.expect("an answer");
    forget(&store, &key, token).await;
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Answered(result));
}

/// `forget` MUST tell a reservation that was still there from one that was not.
pub async fn forget_tells_whether_the_reservation_was_still_there<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let (first, second) = taken_over(&store, &key, fingerprint).await;
    assert!(!forget(&store, &key, first).await, "what was taken over is still there");
    assert!(forget(&store, &key, second).await, "what nobody has taken over is not there");
    assert!(!forget(&store, &key, second).await, "what is gone is still there");
    let over = granted(&store, &key, fingerprint, Duration::ZERO).await;
    assert!(forget(&store, &key, over).await, "what nobody has taken over is not there when its lease is over");
    let answered = granted(&store, &key, fingerprint, LONG).await;
    answer(&store, &key, answered, Bytes::new()).await.expect("an answer");
    assert!(!forget(&store, &key, answered).await, "what was answered is still there");
    let key = idempotency_key();
    let mut unit = begin(&store).await;
    let reserved = unit.idempotency().reserve(&key, fingerprint, instant(), LONG).await.expect("a key is asked for");
    let Reservation::Granted { token } = reserved else { panic!("a key that is free is {reserved:?}") };
    for there in [true, false] {
        let told = unit.idempotency().forget(&key, token).await.expect("forgetting is never refused");
        assert_eq!(told, there, "of what the unit itself reserved");
    }
    commit(unit).await;
}

/// What was reserved, answered or forgotten MUST be rolled back with its unit.
pub async fn a_unit_that_does_not_commit_leaves_the_keys_alone<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (key, fingerprint) = (idempotency_key(), hash());
    let mut unit = begin(&store).await;
    let reserved = unit.idempotency().reserve(&key, fingerprint, instant(), LONG).await.expect("a key is asked for");
    assert!(matches!(reserved, Reservation::Granted { .. }), "a key that is free is {reserved:?}");
    drop(unit);
    let token = granted(&store, &key, fingerprint, LONG).await;
    let mut unit = begin(&store).await;
    unit.idempotency().answer(&key, token, Bytes::new()).await.expect("an answer");
    drop(unit);
    let mut unit = begin(&store).await;
    unit.idempotency().forget(&key, token).await.expect("forgetting is never refused");
    drop(unit);
    assert_eq!(reserve(&store, &key, fingerprint, LONG).await, Reservation::Running);
    answer(&store, &key, token, Bytes::new()).await.expect("the reservation is as it was");
}
