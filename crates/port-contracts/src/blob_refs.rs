//! `BlobRefs`: which blobs are in use. The fixture is the store's.

use crate::patience::{LONG, SHORT, eventually};
use crate::samples::{begin, commit, key, keys};
use crate::store::StoreFixture;
use std::{collections::HashSet, sync::Arc, time::Duration};
use wareroom_domain::BlobKey;
use wareroom_ports::{Store, StoreError};

/// The one list of cases of [`blob_refs`](crate::blob_refs).
#[macro_export]
macro_rules! blob_refs_cases {
    ($then:path, $given:tt) => {
        $then! { blob_refs $given
            a_claimed_key_is_not_condemned
            a_shorter_claim_does_not_cut_a_longer_one
            a_claim_of_a_condemned_key_is_a_conflict
            a_held_key_is_not_condemned_until_as_many_references_were_dropped
            dropping_a_reference_leaves_the_others_in_force
            a_hold_of_an_unregistered_key_is_a_conflict
            a_hold_of_a_condemned_key_is_a_conflict
            every_free_key_is_condemned_sooner_or_later
            what_a_dead_collector_left_is_condemned_again
            a_buried_key_can_be_claimed_again
        }
    };
}

/// Tests that hold a [`StoreFixture`](crate::store::StoreFixture) to every case of [`blob_refs`](crate::blob_refs).
#[macro_export]
macro_rules! blob_refs_suite {
    ($fixture:ty) => {
        $crate::blob_refs_cases!($crate::tests, ($fixture));
    };
}

blob_refs_cases!(names, ());

async fn claim(store: &Arc<dyn Store>, keys: &[BlobKey], lease: Duration) {
    let mut unit = begin(store).await;
    unit.blobs().claim(keys, lease).await.expect("a claim");
    commit(unit).await;
}

async fn hold(store: &Arc<dyn Store>, keys: &[BlobKey]) {
    let mut unit = begin(store).await;
    unit.blobs().hold(keys).await.expect("a hold");
    commit(unit).await;
}

async fn drop_references(store: &Arc<dyn Store>, keys: &[BlobKey]) {
    let mut unit = begin(store).await;
    unit.blobs().drop_references(keys).await.expect("references are dropped");
    commit(unit).await;
}

async fn condemn(store: &Arc<dyn Store>, limit: usize) -> Vec<BlobKey> {
    let mut unit = begin(store).await;
    let condemned = unit.blobs().condemn(limit).await.expect("a list");
    commit(unit).await;
    condemned
}

async fn bury(store: &Arc<dyn Store>, keys: &[BlobKey]) {
    let mut unit = begin(store).await;
    unit.blobs().bury(keys).await.expect("a burial");
    commit(unit).await;
}

/// Collects, and buries, until these keys were condemned; answers every key that was.
async fn collect(store: &Arc<dyn Store>, keys: &[BlobKey]) -> HashSet<BlobKey> {
    let mut collected = HashSet::new();
    while !keys.iter().all(|key| collected.contains(key)) {
        let condemned = eventually("free keys are condemned", || async move {
            Some(condemn(store, 100).await).filter(|condemned| !condemned.is_empty())
        })
        .await;
        bury(store, &condemned).await;
        collected.extend(condemned);
    }
    collected
}

/// `claim` MUST keep each key from being condemned while the claim lasts.
pub async fn a_claimed_key_is_not_condemned<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (claimed, free) = (keys(), keys());
    claim(&store, &claimed, LONG).await;
    claim(&store, &free, SHORT).await;
    let collected = collect(&store, &free).await;
    assert_eq!(collected, free.into_iter().collect(), "a claimed key was condemned, or a key came back as another");
    hold(&store, &claimed).await;
}

/// A longer claim that runs already stays.
pub async fn a_shorter_claim_does_not_cut_a_longer_one<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (claimed, free) = (key(), key());
    claim(&store, &[claimed], LONG).await;
    claim(&store, &[claimed, free], SHORT).await;
    assert_eq!(collect(&store, &[free]).await, HashSet::from([free]), "the longer claim was cut short");
}

/// `claim` MUST answer `Conflict` when a key is condemned and not buried yet.
pub async fn a_claim_of_a_condemned_key_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let key = condemned_key(&store).await;
    assert_refused!(begin(&store).await.blobs().claim(&[key], LONG).await, StoreError::Conflict);
}

async fn condemned_key(store: &Arc<dyn Store>) -> BlobKey {
    let key = key();
    claim(store, &[key], Duration::ZERO).await;
    eventually("a free key is condemned", || async move { condemn(store, 100).await.contains(&key).then_some(key) })
        .await
}

/// `hold` MUST keep each key from being condemned until as many references were dropped; a key named twice counts twice.
pub async fn a_held_key_is_not_condemned_until_as_many_references_were_dropped<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let held = key();
    claim(&store, &[held], SHORT).await;
    hold(&store, &[held, held]).await;
    hold(&store, &[held]).await;
    for references in (1..=3).rev() {
        let free = key();
        claim(&store, &[free], SHORT).await;
        let collected = collect(&store, &[free]).await;
        assert_eq!(collected, HashSet::from([free]), "condemned with {references} references left");
        drop_references(&store, &[held]).await;
    }
    collect(&store, &[held]).await;
}

/// `drop_references` MUST leave other references to the same key in force.
pub async fn dropping_a_reference_leaves_the_others_in_force<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (shared, other, free) = (key(), key(), key());
    claim(&store, &[shared, other, free], SHORT).await;
    hold(&store, &[shared, other]).await;
    hold(&store, &[shared]).await;
    drop_references(&store, &[shared]).await;
    assert_eq!(collect(&store, &[free]).await, HashSet::from([free]), "a referenced key was condemned");
    drop_references(&store, &[shared]).await;
    assert_eq!(collect(&store, &[shared]).await, HashSet::from([shared]), "a referenced key was condemned");
}

/// `hold` MUST answer `Conflict` for a key that is not registered.
pub async fn a_hold_of_an_unregistered_key_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let registered = key();
    claim(&store, &[registered], LONG).await;
    assert_refused!(begin(&store).await.blobs().hold(&[registered, key()]).await, StoreError::Conflict);
}

/// `hold` MUST answer `Conflict` for a key that is condemned.
pub async fn a_hold_of_a_condemned_key_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let key = condemned_key(&store).await;
    assert_refused!(begin(&store).await.blobs().hold(&[key]).await, StoreError::Conflict);
}

/// `condemn` MUST answer every key without reference and running claim sooner or later, however small its limit.
pub async fn every_free_key_is_condemned_sooner_or_later<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (never_held, let_go) = (keys(), keys());
    claim(&store, &never_held, SHORT).await;
    claim(&store, &let_go, SHORT).await;
    hold(&store, &let_go).await;
    drop_references(&store, &let_go).await;
    let mut left: HashSet<BlobKey> = never_held.into_iter().chain(let_go).collect();
    while !left.is_empty() {
        let store = &store;
        let condemned = eventually("the rest is condemned", || async move {
            Some(condemn(store, 2).await).filter(|condemned| !condemned.is_empty())
        })
        .await;
        for key in &condemned {
            assert!(left.remove(key), "{key} was condemned and is not free");
        }
        bury(store, &condemned).await;
    }
}

/// `condemn` MUST answer those left behind by a collector that died, too.
pub async fn what_a_dead_collector_left_is_condemned_again<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let left = condemned_key(&store).await;
    assert_eq!(condemn(&store, 100).await, [left], "the next collector is not told");
    bury(&store, &[left]).await;
    assert_eq!(condemn(&store, 100).await, [], "a buried key was condemned");
}

/// `bury` MUST make the key fit to be claimed again.
pub async fn a_buried_key_can_be_claimed_again<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let key = condemned_key(&store).await;
    bury(&store, &[key]).await;
    claim(&store, &[key], LONG).await;
    hold(&store, &[key]).await;
}
