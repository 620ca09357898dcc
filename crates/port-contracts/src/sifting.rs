//! Dead letters of every kind, filters, and which of the ones fit the others. Knows no case.

use crate::samples::{begin, commit, dead_letter, image, stored_product, traces, uuid};
use jiff::Timestamp;
use std::sync::Arc;
use wareroom_domain::{DeadLetterId, ImageId, Product, Reason, UserId};
use wareroom_ports::{DeadLetter, DeadLetterFilter, Store};

/// So many microseconds after a whole second: an order of texts gets instants with and without a fraction wrong.
pub(crate) fn moment(after: i64) -> Timestamp {
    Timestamp::from_microsecond(1_800_000_000_000_000 + after).expect("within the calendar")
}

const HOSTS: [Option<&str>; 3] = [Some("a.example"), Some("a.example.org"), None];
const REASONS: [Reason; 2] = [Reason::Damaged, Reason::Timeout];
const MOMENTS: [i64; 5] = [500_000, 0, 1, -1, 1_000_000];

/// Dead letters of three products of two users and of none, from every host, for each reason, some of one moment.
pub(crate) struct Sifting {
    pub(crate) letters: Vec<DeadLetter>,
    products: [Product; 3],
}

impl Sifting {
    /// Stores them.
    pub(crate) async fn store(store: &Arc<dyn Store>) -> Self {
        let (first, third) = (stored_product(store).await, stored_product(store).await);
        let mut unit = begin(store).await;
        let draft = crate::samples::product_draft(first.owner);
        let second = unit.products().insert(&draft).await.expect("a product is accepted");
        let products = [first, second, third];
        let mut letters = Vec::new();
        for product in products.iter().map(Some).chain([None]) {
            for host in HOSTS {
                for reason in REASONS {
                    let [trace, ..] = traces();
                    let image = image(products[0].id);
                    letters.push(DeadLetter {
                        image: ImageId(uuid()),
                        product: product.map(|product| product.id),
                        owner: product.map(|product| product.owner),
                        host: host.map(str::to_owned),
                        at: moment(MOMENTS[letters.len() % MOMENTS.len()]),
                        ..dead_letter(&image, None, reason, trace)
                    });
                }
            }
        }
        for letter in &letters {
            unit.dead_letters().add(letter).await.expect("a dead letter is accepted");
        }
        commit(unit).await;
        Self { letters, products }
    }

    /// Every field of a filter alone and with others; some that nothing fits.
    pub(crate) fn filters(&self) -> Vec<DeadLetterFilter> {
        let none = DeadLetterFilter::default;
        let [first, _, third] = &self.products;
        let nobody = UserId::new(1_000_000).expect("an id");
        let mut filters = vec![
            DeadLetterFilter { owner: Some(nobody), ..none() },
            DeadLetterFilter { product: Some(first.id), owner: Some(third.owner), ..none() },
            DeadLetterFilter { host: Some("A.EXAMPLE".to_owned()), ..none() },
            DeadLetterFilter { host: Some("a.example%".to_owned()), ..none() },
            DeadLetterFilter { host: Some("a.example.org".to_owned()), ..none() },
            DeadLetterFilter { reason: Some(Reason::NotAnImage), ..none() },
            DeadLetterFilter { from: Some(moment(2)), to: Some(moment(2)), ..none() },
        ];
        for number in 0..64 {
            let with = |bit: u32| number & (1 << bit) != 0;
            filters.push(DeadLetterFilter {
                product: with(0).then_some(first.id),
                owner: with(1).then_some(first.owner),
                host: with(2).then(|| "a.example".to_owned()),
                reason: with(3).then_some(Reason::Timeout),
                from: with(4).then(|| moment(0)),
                to: with(5).then(|| moment(500_000)),
            });
        }
        filters
    }

    /// Those that fit, oldest first.
    pub(crate) fn fitting(&self, filter: &DeadLetterFilter) -> Vec<DeadLetter> {
        let mut letters: Vec<_> = self.letters.iter().filter(|letter| fits(filter, letter)).cloned().collect();
        letters.sort_by_key(|letter| (letter.at, letter.id));
        letters
    }

    /// The others.
    pub(crate) fn others(&self, filter: &DeadLetterFilter) -> Vec<DeadLetterId> {
        self.letters.iter().filter(|letter| !fits(filter, letter)).map(|letter| letter.id).collect()
    }
}

fn fits(filter: &DeadLetterFilter, letter: &DeadLetter) -> bool {
    filter.product.is_none_or(|product| letter.product == Some(product))
        && filter.owner.is_none_or(|owner| letter.owner == Some(owner))
        && filter.host.as_deref().is_none_or(|host| letter.host.as_deref() == Some(host))
        && filter.reason.is_none_or(|reason| letter.failure.reason == reason)
        && filter.from.is_none_or(|from| letter.at >= from)
        && filter.to.is_none_or(|to| letter.at < to)
}
