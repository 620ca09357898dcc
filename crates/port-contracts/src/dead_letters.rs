//! `DeadLetters`: work that was given up. The fixture is the store's.

use crate::patience::{LONG, eight};
use crate::samples::{begin, commit, dead_letter, image, instant, stored_image, stored_product, traces};
use crate::store::StoreFixture;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, Image, Reason};
use wareroom_ports::{DeadLetter, Store};

/// The one list of cases of [`dead_letters`](crate::dead_letters).
#[macro_export]
macro_rules! dead_letters_cases {
    ($then:path, $given:tt) => {
        $then! { dead_letters $given
            a_dead_letter_comes_back_with_every_field
            dead_letters_of_an_image_come_oldest_first
            of_those_who_remove_a_dead_letter_one_is_told_it_was_there
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
