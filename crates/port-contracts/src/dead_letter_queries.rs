//! `DeadLetterQueries`: dead letters outside a unit of work.

use crate::patience::{LONG, within};
use crate::samples::{begin, commit, dead_letter, image, stored_product, traces};
use crate::sifting::{Sifting, moment};
use crate::store::StoreFixture;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, Reason};
use wareroom_ports::{DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries};

/// A store whose dead letters are to be read.
pub trait DeadLetterQueriesFixture: StoreFixture {
    /// The queries.
    fn dead_letters(&self) -> Arc<dyn DeadLetterQueries>;
}

/// The one list of cases of [`dead_letter_queries`](crate::dead_letter_queries).
#[macro_export]
macro_rules! dead_letter_queries_cases {
    ($then:path, $given:tt) => {
        $then! { dead_letter_queries $given
            a_dead_letter_is_listed_with_every_field
            a_list_holds_just_the_dead_letters_that_fit
            the_newest_dead_letter_comes_first
            pages_of_dead_letters_put_together_are_the_whole_list
            a_list_goes_on_behind_a_dead_letter_that_is_gone
            a_summary_counts_each_that_fits_once
            a_summary_has_the_most_first
            a_summary_tells_the_newest
        }
    };
}

/// Tests that hold a [`DeadLetterQueriesFixture`](crate::dead_letter_queries::DeadLetterQueriesFixture) to every case of
/// [`dead_letter_queries`](crate::dead_letter_queries).
#[macro_export]
macro_rules! dead_letter_queries_suite {
    ($fixture:ty) => {
        $crate::dead_letter_queries_cases!($crate::tests, ($fixture));
    };
}

dead_letter_queries_cases!(names, ());

type Place = Option<(Timestamp, DeadLetterId)>;

async fn list(
    queries: &Arc<dyn DeadLetterQueries>,
    filter: &DeadLetterFilter,
    after: Place,
    limit: usize,
) -> Vec<DeadLetter> {
    within("a list is answered", queries.list(filter, after, limit)).await.expect("a list")
}

async fn summary(queries: &Arc<dyn DeadLetterQueries>, filter: &DeadLetterFilter) -> Vec<DeadLetterCount> {
    within("a summary is answered", queries.summary(filter)).await.expect("a summary")
}

fn all() -> DeadLetterFilter {
    DeadLetterFilter::default()
}

fn ids(letters: &[DeadLetter]) -> Vec<DeadLetterId> {
    letters.iter().map(|letter| letter.id).collect()
}

/// Those that fit, newest first.
fn newest_first(sifting: &Sifting, filter: &DeadLetterFilter) -> Vec<DeadLetter> {
    let mut letters = sifting.fitting(filter);
    letters.reverse();
    letters
}

/// Every field comes back as it was added, for every reason and every shape of a trace.
pub async fn a_dead_letter_is_listed_with_every_field<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let image = image(stored_product(&fixture.store()).await.id);
    let mut letters = Vec::new();
    let mut unit = begin(&fixture.store()).await;
    for (reason, trace) in Reason::ALL.into_iter().zip(traces().into_iter().cycle()) {
        for product in [None, image.owner.product()] {
            letters.push(dead_letter(&image, product, reason, trace.clone()));
        }
    }
    for letter in &letters {
        unit.dead_letters().add(letter).await.expect("a dead letter is accepted");
    }
    commit(unit).await;
    letters.reverse();
    assert_eq!(list(&fixture.dead_letters(), &all(), None, 100).await, letters);
}

/// `list` MUST give just those that fit the filter: by each of its fields, and by several together.
pub async fn a_list_holds_just_the_dead_letters_that_fit<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.dead_letters();
    let sifting = Sifting::store(&fixture.store()).await;
    for filter in sifting.filters() {
        let listed = list(&queries, &filter, None, 100).await;
        assert_eq!(listed, newest_first(&sifting, &filter), "by {filter:?}");
    }
}

/// `list` MUST give them in order: the newest first, those of one moment by id in the same direction.
pub async fn the_newest_dead_letter_comes_first<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let sifting = Sifting::store(&fixture.store()).await;
    let listed = list(&fixture.dead_letters(), &all(), None, 100).await;
    assert_eq!(listed.len(), sifting.letters.len());
    for pair in listed.windows(2) {
        let [newer, older] = [&pair[0], &pair[1]].map(|letter| (letter.at, letter.id));
        assert!(newer > older, "{older:?} came after {newer:?}");
    }
}

/// `list` MUST leave none out, and none in twice, from one page to the next, and gives at most `limit`.
pub async fn pages_of_dead_letters_put_together_are_the_whole_list<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.dead_letters();
    let sifting = Sifting::store(&fixture.store()).await;
    let some = DeadLetterFilter { host: Some("a.example".to_owned()), ..all() };
    for filter in [all(), some] {
        let expected = newest_first(&sifting, &filter);
        assert_eq!(list(&queries, &filter, None, usize::MAX).await, expected);
        assert_eq!(list(&queries, &filter, None, 0).await, []);
        for limit in [1, 2, 3, 5] {
            let (mut listed, mut after): (Vec<DeadLetter>, Place) = (vec![], None);
            while listed.len() < expected.len() {
                let page = list(&queries, &filter, after, limit).await;
                let rest = &expected[listed.len()..];
                assert_eq!(ids(&page), ids(&rest[..limit.min(rest.len())]), "by {limit}");
                after = page.last().map(|letter| (letter.at, letter.id));
                listed.extend(page);
            }
            assert_eq!(list(&queries, &filter, after, limit).await, [], "behind the last");
        }
    }
}

/// `list` goes on behind a place, whether or not a dead letter is still there.
pub async fn a_list_goes_on_behind_a_dead_letter_that_is_gone<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.dead_letters();
    let sifting = Sifting::store(&fixture.store()).await;
    let expected = newest_first(&sifting, &all());
    for gone in [0, 7, 8, 15] {
        let DeadLetter { at, id, .. } = expected[gone];
        let mut unit = begin(&fixture.store()).await;
        assert!(unit.dead_letters().remove(id).await.expect("a removal"), "it was there");
        commit(unit).await;
        let rest: Vec<DeadLetter> = expected[gone + 1..].to_vec();
        assert_eq!(ids(&list(&queries, &all(), Some((at, id)), 100).await), ids(&rest));
    }
}

/// `summary` MUST count each that fits once: by reason and host, none without letters.
pub async fn a_summary_counts_each_that_fits_once<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.dead_letters();
    let sifting = Sifting::store(&fixture.store()).await;
    for filter in sifting.filters() {
        let mut expected: HashMap<(Reason, Option<String>), u64> = HashMap::new();
        for letter in sifting.fitting(&filter) {
            *expected.entry((letter.failure.reason, letter.host)).or_default() += 1;
        }
        let counts = summary(&queries, &filter).await;
        let told = counts.len();
        let counts: HashMap<_, _> = counts.into_iter().map(|row| ((row.reason, row.host), row.count)).collect();
        assert_eq!(counts, expected, "by {filter:?}");
        assert_eq!(told, counts.len(), "one reason and host in two rows, by {filter:?}");
    }
}

/// Adds so many dead letters for a reason, at these moments.
async fn add<F: DeadLetterQueriesFixture>(fixture: &F, reason: Reason, moments: &[i64]) {
    let image = image(stored_product(&fixture.store()).await.id);
    let mut unit = begin(&fixture.store()).await;
    for after in moments {
        let [trace, ..] = traces();
        let letter = DeadLetter { at: moment(*after), ..dead_letter(&image, None, reason, trace) };
        unit.dead_letters().add(&letter).await.expect("a dead letter is accepted");
    }
    commit(unit).await;
}

/// `summary` gives what has the most first.
pub async fn a_summary_has_the_most_first<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    for (reason, moments) in [
        (Reason::Damaged, &[1, 2][..]),
        (Reason::Timeout, &[1; 11]),
        (Reason::Poison, &[1]),
        (Reason::TooLarge, &[1; 9]),
    ] {
        add(&fixture, reason, moments).await;
    }
    let counts = summary(&fixture.dead_letters(), &all()).await;
    let counts: Vec<_> = counts.into_iter().map(|row| (row.reason, row.count)).collect();
    let expected = [(Reason::Timeout, 11), (Reason::TooLarge, 9), (Reason::Damaged, 2), (Reason::Poison, 1)];
    assert_eq!(counts, expected);
}

/// `summary` tells the newest of each reason and host.
pub async fn a_summary_tells_the_newest<F: DeadLetterQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    add(&fixture, Reason::Damaged, &[500_000, 0, 1]).await;
    add(&fixture, Reason::Timeout, &[-1, -1_000_000]).await;
    let counts = summary(&fixture.dead_letters(), &all()).await;
    let newest: Vec<_> = counts.into_iter().map(|row| (row.reason, row.newest)).collect();
    assert_eq!(newest, [(Reason::Damaged, moment(500_000)), (Reason::Timeout, moment(-1))]);
}
