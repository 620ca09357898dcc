//! All or nothing.

use super::StoreFixture;
use crate::patience::{CUTS, LONG, PATIENCE, eventually, within};
use crate::samples::{
    begin, commit, dead_letter, hash, idempotency_key, image, instant, key, product_draft, stored_image,
    stored_product, stored_user, traces, user_draft,
};
use bytes::Bytes;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use wareroom_domain::{BlobKey, Image, ImageState, Product, ProductId, Reason, Sha256, User, UserId};
use wareroom_ports::{DeadLetter, DeadLetterFilter, IdempotencyKey, Reservation, Store, StoreError, UnitOfWork};

/// `begin` MUST answer `Busy` within the configured wait instead of hanging, when no writer is free.
pub async fn begin_answers_busy_within_its_wait<F: StoreFixture>() {
    let wait = Duration::from_millis(100);
    let fixture = F::fresh(wait).await;
    let store = fixture.store();
    // On a busy machine the wait may be over although a writer is free.
    let patiently = || async { store.begin().await.ok() };
    let mut held = Vec::new();
    for _ in 0..fixture.writers() {
        held.push(eventually("a unit of work begins", patiently).await);
    }
    let outcome = within("begin answers although no writer is free", store.begin()).await;
    assert!(matches!(outcome, Err(StoreError::Busy)), "expected Err(Busy), got {:?}", outcome.map(|_| "a unit"));
    drop(held);
    drop(eventually("a unit of work begins", patiently).await);
}

/// `check` tells whether the store can be read and written, within the configured wait.
pub async fn check_answers_ok_for_a_store_that_is_fit<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    within("check answers", fixture.store().check()).await.expect("a fresh store is fit");
}

/// One of everything that a unit of work can write.
struct Everything {
    user: User,
    product: Product,
    image: Image,
    letter: DeadLetter,
    key: BlobKey,
    request: (IdempotencyKey, Sha256),
}

async fn write_everything(unit: &mut dyn UnitOfWork) -> Everything {
    let user = unit.users().insert(&user_draft()).await.expect("a user is accepted");
    let product = unit.products().insert(&product_draft(user.id)).await.expect("a product is accepted");
    let image = image(product.id);
    unit.images().insert(&image).await.expect("an image is accepted");
    let [.., trace] = traces();
    let letter = dead_letter(&image, Some(product.id), Reason::Damaged, trace);
    unit.dead_letters().add(&letter).await.expect("a dead letter is accepted");
    let key = key();
    unit.blobs().claim(&[key], LONG).await.expect("a claim is accepted");
    let request = (idempotency_key(), hash());
    assert!(matches!(reserve(unit, &request).await, Reservation::Granted { .. }), "a key is free");
    Everything { user, product, image, letter, key, request }
}

async fn reserve(unit: &mut dyn UnitOfWork, (key, fingerprint): &(IdempotencyKey, Sha256)) -> Reservation {
    unit.idempotency().reserve(key, *fingerprint, instant(), LONG).await.expect("a key is asked for")
}

async fn expect_everything(unit: &mut dyn UnitOfWork, written: &Everything) {
    let Everything { user, product, image, letter, key, request } = written;
    assert_eq!(unit.users().load(user.id).await.expect("a load").as_ref(), Some(user));
    assert_eq!(unit.products().load(product.id).await.expect("a load").as_ref(), Some(product));
    assert_eq!(unit.images().load(image.id).await.expect("a load").as_ref(), Some(image));
    assert_eq!(unit.images().of_owner(image.owner).await.expect("a list"), std::slice::from_ref(image));
    assert_eq!(unit.dead_letters().load(letter.id).await.expect("a load").as_ref(), Some(letter));
    assert_eq!(unit.dead_letters().of_image(image.id).await.expect("a list"), std::slice::from_ref(letter));
    unit.blobs().hold(&[*key]).await.expect("a claimed key can be held");
    assert_eq!(reserve(unit, request).await, Reservation::Running);
}

async fn expect_nothing(store: &Arc<dyn Store>, written: &Everything) {
    let Everything { user, product, image, letter, key, request } = written;
    let mut unit = begin(store).await;
    assert_eq!(unit.users().load(user.id).await.expect("a load"), None, "the user was stored");
    assert_eq!(unit.products().load(product.id).await.expect("a load"), None, "the product was stored");
    assert_eq!(unit.images().load(image.id).await.expect("a load"), None, "the image was stored");
    assert_eq!(unit.images().of_owner(image.owner).await.expect("a list"), [], "the image was stored");
    assert_eq!(unit.dead_letters().load(letter.id).await.expect("a load"), None, "the dead letter was stored");
    assert!(matches!(reserve(&mut *unit, request).await, Reservation::Granted { .. }), "the key was reserved");
    assert_refused!(unit.blobs().hold(&[*key]).await, StoreError::Conflict);
}

/// Dropping a unit MUST roll everything back.
pub async fn a_dropped_unit_leaves_nothing<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let mut unit = begin(&store).await;
    let written = write_everything(&mut *unit).await;
    drop(unit);
    expect_nothing(&store, &written).await;

    let product = stored_product(&store).await;
    let mut unit = begin(&store).await;
    unit.products().touch(product.id, product.updated_at).await.expect("a touch");
    unit.products().delete(product.id).await.expect("a delete");
    drop(unit);
    let mut unit = begin(&store).await;
    assert_eq!(unit.products().load(product.id).await.expect("a load"), Some(product), "a change was not taken back");
}

/// Dropping a unit MUST leave the store fit for the next unit, also when a call was in flight.
pub async fn a_unit_dropped_with_a_call_in_flight_leaves_the_store_fit<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    for cut in CUTS {
        // Whether a cut call ended or not is of no interest: what comes after it is.
        let mut unit = begin(&store).await;
        let _ = timeout(cut, unit.products().insert(&product_draft(product.owner))).await;
        drop(unit);
        let mut unit = begin(&store).await;
        unit.products().touch(product.id, product.updated_at).await.expect("a touch");
        let _ = timeout(cut, unit.products().load(product.id)).await;
        drop(unit);
        let _ = timeout(cut, store.begin()).await;
        let unit = begin(&store).await;
        let _ = timeout(cut, unit.commit()).await;

        let mut unit = begin(&store).await;
        let loaded = unit.products().load(product.id).await.expect("the next unit works");
        assert_eq!(loaded.as_ref(), Some(&product), "a dropped unit left something");
        drop(unit);
        stored_user(&store).await;
    }
}

/// After any `Err` from a repository every later call, `commit` included, MUST answer `Aborted`.
pub async fn after_an_error_every_later_call_answers_aborted<F: StoreFixture>() {
    use StoreError::{Aborted, Conflict, UnknownReference};
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let image = image(product.id);
    stored_image(&store, &image).await;
    let [trace, ..] = traces();
    let letter = dead_letter(&image, None, Reason::Poison, trace);
    let (keys, request) = ([key()], idempotency_key());
    let nobody = UserId::new(1_000_000).expect("an id");

    let mut unit = begin(&store).await;
    assert_refused!(unit.products().insert(&product_draft(nobody)).await, UnknownReference(_));
    assert_refused!(unit.products().insert(&product_draft(product.owner)).await, Aborted);
    assert_refused!(unit.products().load(product.id).await, Aborted);
    assert_refused!(unit.products().save(&product).await, Aborted);
    assert_refused!(unit.products().touch(product.id, product.updated_at).await, Aborted);
    assert_refused!(unit.products().delete(product.id).await, Aborted);
    assert_refused!(unit.images().insert(&crate::samples::image(product.id)).await, Aborted);
    assert_refused!(unit.images().load(image.id).await, Aborted);
    assert_refused!(unit.images().of_owner(image.owner).await, Aborted);
    assert_refused!(unit.images().save(&image).await, Aborted);
    assert_refused!(unit.images().delete(image.id).await, Aborted);
    assert_refused!(unit.images().stuck(LONG, 1).await, Aborted);
    assert_refused!(unit.users().insert(&user_draft()).await, Aborted);
    assert_refused!(unit.users().load(product.owner).await, Aborted);
    assert_refused!(unit.blobs().claim(&keys, LONG).await, Aborted);
    assert_refused!(unit.blobs().hold(&keys).await, Aborted);
    assert_refused!(unit.blobs().drop_references(&keys).await, Aborted);
    assert_refused!(unit.blobs().condemn(1).await, Aborted);
    assert_refused!(unit.blobs().bury(&keys).await, Aborted);
    assert_refused!(unit.dead_letters().add(&letter).await, Aborted);
    assert_refused!(unit.dead_letters().load(letter.id).await, Aborted);
    assert_refused!(unit.dead_letters().of_image(image.id).await, Aborted);
    assert_refused!(unit.dead_letters().remove(letter.id).await, Aborted);
    assert_refused!(unit.dead_letters().remove_of_image(image.id).await, Aborted);
    assert_refused!(unit.dead_letters().discard(&DeadLetterFilter::default()).await, Aborted);
    assert_refused!(unit.dead_letters().mark(&DeadLetterFilter::default()).await, Aborted);
    assert_refused!(unit.dead_letters().marked(1).await, Aborted);
    assert_refused!(unit.idempotency().reserve(&request, hash(), instant(), LONG).await, Aborted);
    assert_refused!(unit.idempotency().answer(&request, 1, Bytes::new()).await, Aborted);
    assert_refused!(unit.idempotency().forget(&request, 1).await, Aborted);
    assert_refused!(unit.commit().await, Aborted);

    let mut unit = begin(&store).await;
    assert_refused!(unit.blobs().hold(&keys).await, Conflict);
    assert_refused!(unit.commit().await, Aborted);
}

/// `commit` MUST have stored nothing when it answers another error than `Unknown`.
pub async fn a_unit_that_failed_stores_nothing<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let nowhere = image(ProductId::new(1_000_000).expect("an id"));
    let mut unit = begin(&store).await;
    let written = write_everything(&mut *unit).await;
    assert_refused!(unit.images().insert(&nowhere).await, StoreError::UnknownReference(_));
    assert!(timeout(PATIENCE, unit.commit()).await.expect("an answer").is_err(), "a failed unit was committed");
    expect_nothing(&store, &written).await;
}

/// What one unit wrote MUST be visible to the later calls of the same unit.
pub async fn a_unit_sees_what_it_wrote<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let mut unit = begin(&store).await;
    let mut written = write_everything(&mut *unit).await;
    expect_everything(&mut *unit, &written).await;
    written.product.version = unit.products().save(&written.product).await.expect("a save");
    written.image.state = ImageState::Processing;
    unit.images().save(&written.image).await.expect("a save");
    expect_everything(&mut *unit, &written).await;
    assert!(unit.products().delete(written.product.id).await.expect("a delete"));
    assert_eq!(unit.products().load(written.product.id).await.expect("a load"), None);
    assert_eq!(unit.images().load(written.image.id).await.expect("a load"), None);
    assert!(unit.dead_letters().remove(written.letter.id).await.expect("a removal"));
    assert_eq!(unit.dead_letters().load(written.letter.id).await.expect("a load"), None);
}

/// `commit` MUST have stored all of it when it answers `Ok`.
pub async fn a_commit_stores_everything<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let mut unit = begin(&store).await;
    let written = write_everything(&mut *unit).await;
    commit(unit).await;
    expect_everything(&mut *begin(&store).await, &written).await;
}
