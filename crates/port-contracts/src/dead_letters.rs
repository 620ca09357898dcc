//! `DeadLetters`: work that was given up. The fixture is the store's.

use crate::patience::{LONG, eight};
use crate::samples::{begin, commit, dead_letter, image, instant, stored_image, stored_product, traces};
use crate::sifting::Sifting;
use crate::store::StoreFixture;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, Image, Reason};
use wareroom_ports::{DeadLetter, DeadLetterFilter, Store};

/// The one list of cases of [`dead_letters`](crate::dead_letters).
#[macro_export]
macro_rules! dead_letters_cases {
    ($then:path, $given:tt) => {
        $then! { dead_letters $given
            a_dead_letter_comes_back_with_every_field
            dead_letters_of_an_image_come_oldest_first
            of_those_who_remove_a_dead_letter_one_is_told_it_was_there
            every_dead_letter_of_an_image_is_removed_and_no_other
            discard_removes_those_that_fit_and_no_others
            mark_marks_those_that_fit_and_no_others
            those_that_are_marked_already_are_counted_again
            marked_ones_are_given_until_they_are_removed
            marked_ones_come_oldest_first
        }
    };
}

/// Tests that hold a [`StoreFixture`](crate::store::StoreFixture) to every case of
/// [`dead_letters`](crate::dead_letters).
#[macro_export]
macro_rules! dead_letters_suite {
    ($fixture:ty) => {
        $crate::dead_letters_cases!($crate::tests, ($fixture));
    };
}

dead_letters_cases!(names, ());

async fn dead_image(store: &Arc<dyn Store>) -> Image {
    let image = image(stored_product(store).await.id);
    stored_image(store, &image).await;
    image
}

async fn add(store: &Arc<dyn Store>, letter: &DeadLetter) {
    let mut unit = begin(store).await;
    unit.dead_letters().add(letter).await.expect("a dead letter is accepted");
    commit(unit).await;
}

/// `load` MUST give back every field as it was added.
pub async fn a_dead_letter_comes_back_with_every_field<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let image = dead_image(&store).await;
    for (reason, trace) in Reason::ALL.into_iter().zip(traces().into_iter().cycle()) {
        for product in [None, image.owner.product()] {
            let letter = dead_letter(&image, product, reason, trace.clone());
            add(&store, &letter).await;
            let mut unit = begin(&store).await;
            assert_eq!(unit.dead_letters().load(letter.id).await.expect("a load"), Some(letter));
        }
    }
    let nothing = DeadLetterId(crate::samples::uuid());
    assert_eq!(begin(&store).await.dead_letters().load(nothing).await.expect("a load"), None);
}

/// `of_image` gives the dead letters of that image, oldest first.
pub async fn dead_letters_of_an_image_come_oldest_first<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (image, other) = (dead_image(&store).await, dead_image(&store).await);
    let [trace, ..] = traces();
    let mut letters: Vec<_> =
        (0..5).map(|_| dead_letter(&image, image.owner.product(), Reason::Truncated, trace.clone())).collect();
    // The ids of the letters do not tell their age.
    for index in [3, 1, 4, 0, 2] {
        letters[index].at = instant();
        add(&store, &letters[index]).await;
    }
    add(&store, &dead_letter(&other, None, Reason::Poison, trace)).await;
    letters.sort_by_key(|letter| letter.at);
    let mut unit = begin(&store).await;
    assert_eq!(unit.dead_letters().of_image(image.id).await.expect("a list"), letters);
}

/// `remove` MUST answer whether it was there, so that of two who remove it one knows it was the other.
pub async fn of_those_who_remove_a_dead_letter_one_is_told_it_was_there<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let image = dead_image(&store).await;
    let [trace, ..] = traces();
    let (letter, kept) =
        (dead_letter(&image, None, Reason::Damaged, trace.clone()), dead_letter(&image, None, Reason::Damaged, trace));
    add(&store, &letter).await;
    add(&store, &kept).await;
    let removed = eight("eight tasks remove one dead letter", |_| {
        let (store, id) = (Arc::clone(&store), letter.id);
        async move {
            let mut unit = begin(&store).await;
            let removed = unit.dead_letters().remove(id).await.expect("a removal");
            commit(unit).await;
            removed
        }
    })
    .await;
    assert_eq!(removed.iter().filter(|removed| **removed).count(), 1, "of eight, one removed it: {removed:?}");
    let mut unit = begin(&store).await;
    assert_eq!(unit.dead_letters().of_image(image.id).await.expect("a list"), [kept]);
}

/// `remove_of_image` removes all dead letters of an image, and answers to how many.
pub async fn every_dead_letter_of_an_image_is_removed_and_no_other<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (image, other) = (dead_image(&store).await, dead_image(&store).await);
    let [trace, ..] = traces();
    let kept = dead_letter(&other, other.owner.product(), Reason::Damaged, trace.clone());
    add(&store, &kept).await;
    for reason in [Reason::Damaged, Reason::Timeout] {
        add(&store, &dead_letter(&image, image.owner.product(), reason, trace.clone())).await;
    }
    let mut unit = begin(&store).await;
    unit.dead_letters().add(&dead_letter(&image, None, Reason::Poison, trace)).await.expect("one of this unit's own");
    assert_eq!(unit.dead_letters().remove_of_image(image.id).await.expect("a removal"), 3);
    assert_eq!(unit.dead_letters().remove_of_image(image.id).await.expect("a removal"), 0);
    assert_eq!(unit.dead_letters().of_image(image.id).await.expect("a list"), [], "the unit still sees some");
    commit(unit).await;
    let mut unit = begin(&store).await;
    assert_eq!(unit.dead_letters().of_image(image.id).await.expect("a list"), []);
    assert_eq!(unit.dead_letters().of_image(other.id).await.expect("a list"), [kept]);
}

/// `discard` MUST remove those that fit, and no others; it answers to how many.
pub async fn discard_removes_those_that_fit_and_no_others<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let sifting = Sifting::store(&store).await;
    for filter in sifting.filters() {
        // Each is tried on all of them: what a unit does that is dropped is undone.
        let mut unit = begin(&store).await;
        let fitting = sifting.fitting(&filter);
        let removed = unit.dead_letters().discard(&filter).await.expect("a removal");
        assert_eq!(removed, fitting.len() as u64, "by {filter:?}");
        for letter in &fitting {
            assert_eq!(unit.dead_letters().load(letter.id).await.expect("a load"), None, "kept, by {filter:?}");
        }
        for id in sifting.others(&filter) {
            assert!(unit.dead_letters().load(id).await.expect("a load").is_some(), "removed, by {filter:?}");
        }
    }
    let filter = DeadLetterFilter { reason: Some(Reason::Timeout), ..DeadLetterFilter::default() };
    let mut unit = begin(&store).await;
    unit.dead_letters().discard(&filter).await.expect("a removal");
    commit(unit).await;
    let mut unit = begin(&store).await;
    assert_eq!(unit.dead_letters().discard(&filter).await.expect("a removal"), 0, "they were there no more");
    let others = sifting.others(&filter).len() as u64;
    assert_eq!(unit.dead_letters().discard(&DeadLetterFilter::default()).await.expect("a removal"), others);
}

async fn mark(store: &Arc<dyn Store>, filter: &DeadLetterFilter) -> u64 {
    let mut unit = begin(store).await;
    let marked = unit.dead_letters().mark(filter).await.expect("marks");
    commit(unit).await;
    marked
}

async fn marked(store: &Arc<dyn Store>, limit: usize) -> Vec<DeadLetter> {
    begin(store).await.dead_letters().marked(limit).await.expect("a list")
}

/// `mark` MUST mark those that fit, and no others; it answers to how many.
pub async fn mark_marks_those_that_fit_and_no_others<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let sifting = Sifting::store(&store).await;
    for filter in sifting.filters() {
        // Each is tried on all of them: what a unit does that is dropped is undone.
        let mut unit = begin(&store).await;
        let fitting = sifting.fitting(&filter);
        let count = unit.dead_letters().mark(&filter).await.expect("marks");
        assert_eq!(count, fitting.len() as u64, "by {filter:?}");
        assert_eq!(unit.dead_letters().marked(100).await.expect("a list"), fitting, "by {filter:?}");
    }
    let filter = DeadLetterFilter { reason: Some(Reason::Timeout), ..DeadLetterFilter::default() };
    mark(&store, &filter).await;
    assert_eq!(marked(&store, 100).await, sifting.fitting(&filter));
}

/// `mark` counts those that are marked already with the others, and leaves them marked once.
pub async fn those_that_are_marked_already_are_counted_again<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let sifting = Sifting::store(&store).await;
    let filter = DeadLetterFilter { reason: Some(Reason::Timeout), ..DeadLetterFilter::default() };
    let some = mark(&store, &filter).await;
    assert_eq!(mark(&store, &filter).await, some);
    assert_eq!(mark(&store, &DeadLetterFilter::default()).await, sifting.letters.len() as u64);
    assert_eq!(marked(&store, 100).await, sifting.fitting(&DeadLetterFilter::default()));
}

/// `marked` MUST give marked ones only, until they are removed.
pub async fn marked_ones_are_given_until_they_are_removed<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let image = dead_image(&store).await;
    let [trace, ..] = traces();
    let letters = [0; 3].map(|_| dead_letter(&image, image.owner.product(), Reason::Timeout, trace.clone()));
    for letter in &letters {
        add(&store, letter).await;
    }
    assert_eq!(marked(&store, 100).await, [], "nobody marked any");
    assert_eq!(mark(&store, &DeadLetterFilter::default()).await, 3);
    let later = dead_letter(&image, image.owner.product(), Reason::Timeout, trace);
    add(&store, &later).await;
    for _ in 0..2 {
        assert_eq!(marked(&store, 100).await, letters, "they stay marked, and one that came later is not");
    }
    let mut unit = begin(&store).await;
    assert!(unit.dead_letters().remove(letters[1].id).await.expect("a removal"));
    let left = [letters[0].clone(), letters[2].clone()];
    assert_eq!(unit.dead_letters().marked(100).await.expect("a list"), left, "the unit still sees it");
    commit(unit).await;
    assert_eq!(marked(&store, 100).await, left);
    let mut unit = begin(&store).await;
    assert_eq!(unit.dead_letters().remove_of_image(image.id).await.expect("a removal"), 3);
    commit(unit).await;
    assert_eq!(marked(&store, 100).await, []);
}

/// `marked` gives the oldest first, at most `limit`.
pub async fn marked_ones_come_oldest_first<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let sifting = Sifting::store(&store).await;
    mark(&store, &DeadLetterFilter::default()).await;
    let expected = sifting.fitting(&DeadLetterFilter::default());
    for limit in [0, 1, 7, usize::MAX] {
        assert_eq!(marked(&store, limit).await, expected[..limit.min(expected.len())]);
    }
}
