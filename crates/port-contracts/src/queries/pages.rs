//! A list of products page by page.

use super::{ORDERS, QueriesFixture, deleted, draft, ids, in_order, list, saved, stored_products, whole};
use crate::patience::LONG;
use crate::samples::stored_user;
use jiff::Timestamp;
use std::sync::Arc;
use wareroom_domain::{Price, Product, ProductDraft, ProductId, ProductName};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, ProductQueries, ProductView};

/// A draft with everything that products are put in order by; its moment is so many microseconds after a whole second.
fn drafted(name: &str, price: u64, after: i64) -> ProductDraft {
    ProductDraft {
        name: ProductName::new(name).expect("a name"),
        price: Price::from_hundredths(price).expect("a price"),
        created_at: Timestamp::from_microsecond(1_800_000_000_000_000 + after).expect("within the calendar"),
        ..draft()
    }
}

/// Twelve products with ties in every order, and with what an order of texts gets wrong: numbers of other lengths, instants
/// with and without a fraction, letters of other alphabets, capitals.
fn drafts() -> Vec<ProductDraft> {
    vec![
        drafted("kettle", 900, 1_000_000),
        drafted("Äpfel", 10_000, 0),
        drafted("zebra", 0, 500_000),
        drafted("Kettle", 900, 1_000_000),
        drafted("KETTLE 10", 9_999_999_999, 1),
        drafted("kettle 9", 89, -1),
        drafted("äpfel", 900, 1_000_000),
        drafted("Apple", 10_000, 100_000),
        drafted("日本", 100, 999_999),
        drafted("apple", 1_000, 10),
        drafted("_", 99_999, -1_700_000_000_000_000),
        drafted("Zebra", 0, 500_000),
    ]
}

/// A store with those twelve.
async fn twelve<F: QueriesFixture>() -> (F, Arc<dyn ProductQueries>, Vec<Product>) {
    let fixture = F::fresh(LONG).await;
    let owner = stored_user(&fixture.store()).await.id;
    let products = stored_products(&fixture.store(), owner, &drafts()).await;
    let queries = fixture.queries();
    (fixture, queries, products)
}

fn all() -> ProductFilter {
    ProductFilter::default()
}

/// `list` MUST give products in order, ties by id in the same direction.
pub async fn products_come_in_each_order_in_both_directions<F: QueriesFixture>() {
    let (_fixture, queries, products) = twelve::<F>().await;
    for way in ORDERS {
        let shown = list(&queries, &all(), &whole(way)).await;
        let shown: Vec<Product> = shown.into_iter().map(|view| view.product).collect();
        assert_eq!(shown, in_order(&products, way), "by {way:?}");
    }
    let names = list(&queries, &all(), &whole((ProductOrder::Name, false))).await;
    let names: Vec<&str> = names.iter().map(|view| view.product.name.as_str()).collect();
    let expected = [
        "_",
        "Apple",
        "apple",
        "kettle",
        "Kettle",
        "KETTLE 10",
        "kettle 9",
        "zebra",
        "Zebra",
        "Äpfel",
        "äpfel",
        "日本",
    ];
    assert_eq!(names, expected);
}

/// `list` gives at most `limit`, the first of them.
pub async fn a_list_has_at_most_its_limit<F: QueriesFixture>() {
    let (_fixture, queries, products) = twelve::<F>().await;
    for way in ORDERS {
        let ordered = in_order(&products, way);
        let expected: Vec<ProductId> = ordered.iter().map(|product| product.id).collect();
        for limit in [0, 1, 5, 12, 13, usize::MAX] {
            let first = ProductPage { limit, ..whole(way) };
            assert_eq!(ids(&list(&queries, &all(), &first).await), expected[..limit.min(12)], "{limit} by {way:?}");
            let after = ProductPage { after: Some(ProductPlace::of(&ordered[5], way.0)), ..first };
            assert_eq!(ids(&list(&queries, &all(), &after).await), expected[6..][..limit.min(6)], "{limit} by {way:?}");
        }
    }
}

/// A list that is taken page by page.
struct Reader {
    queries: Arc<dyn ProductQueries>,
    filter: ProductFilter,
    page: ProductPage,
    shown: Vec<ProductView>,
}

impl Reader {
    fn new(queries: &Arc<dyn ProductQueries>, filter: ProductFilter, way: (ProductOrder, bool), limit: usize) -> Self {
        Self { queries: Arc::clone(queries), filter, page: ProductPage { limit, ..whole(way) }, shown: vec![] }
    }

    /// Takes the next page; answers whether there may be more behind it.
    async fn turn(&mut self) -> bool {
        assert!(self.shown.len() < 100, "a short list does not end: {:?}", ids(&self.shown));
        let page = list(&self.queries, &self.filter, &self.page).await;
        assert!(page.len() <= self.page.limit, "{} instead of {}", page.len(), self.page.limit);
        let more = page.len() == self.page.limit;
        self.shown.extend(page);
        self.page.after = self.shown.last().map(|view| ProductPlace::of(&view.product, self.page.order));
        more
    }

    /// Takes all pages.
    async fn read(mut self) -> Vec<ProductId> {
        while self.turn().await {}
        ids(&self.shown)
    }
}

/// `list` MUST leave none out, and none in twice, from one page to the next; ties may stand on both sides of a page's end.
pub async fn pages_put_together_are_the_whole_list<F: QueriesFixture>() {
    let (_fixture, queries, products) = twelve::<F>().await;
    let some = ProductFilter { max_price: Some(Price::from_hundredths(10_000).expect("a price")), ..all() };
    for way in ORDERS {
        for limit in [1, 2, 3, 5] {
            let shown = Reader::new(&queries, all(), way, limit).read().await;
            let expected = in_order(&products, way);
            assert_eq!(shown, expected.iter().map(|p| p.id).collect::<Vec<_>>(), "{limit} by {way:?}");
            let shown = Reader::new(&queries, some.clone(), way, limit).read().await;
            let fitting = expected.iter().filter(|product| product.price.hundredths() <= 10_000);
            assert_eq!(shown, fitting.map(|p| p.id).collect::<Vec<_>>(), "{limit} by {way:?} and a price");
        }
    }
}

/// `list` MUST go on behind the place, whether or not something is still there.
pub async fn a_list_goes_on_behind_what_is_gone<F: QueriesFixture>() {
    let (fixture, queries, mut products) = twelve::<F>().await;
    for way in ORDERS {
        let ordered = in_order(&products, way);
        // One of a tie goes, where there is one left: the rest of the tie is behind its place or before it.
        let gone = &ordered[ordered.len() / 2];
        deleted(&fixture, gone).await;
        products.retain(|product| product.id != gone.id);
        let page = ProductPage { after: Some(ProductPlace::of(gone, way.0)), ..whole(way) };
        let expected = ordered[ordered.len() / 2 + 1..].iter().map(|product| product.id);
        assert_eq!(ids(&list(&queries, &all(), &page).await), expected.collect::<Vec<_>>(), "by {way:?}");
    }
}

/// A product that does not change MUST be listed exactly once, whatever is inserted, changed and deleted between pages.
pub async fn what_stays_is_listed_exactly_once_whatever_else_is_written<F: QueriesFixture>() {
    for way in ORDERS {
        let (fixture, queries, products) = twelve::<F>().await;
        let owner = products[0].owner;
        let ordered = in_order(&products, way);
        // Every third goes away or moves: those given already as well as those to come.
        let (mut restless, stays): (Vec<_>, Vec<_>) =
            ordered.into_iter().enumerate().partition(|(index, _)| index % 3 == 1);
        let first = drafted("!", 0, -1_790_000_000_000_000);
        let last = drafted("\u{10ffff}", 9_999_999_999, 1_000_000_000);
        let (mut reader, mut turns) = (Reader::new(&queries, all(), way, 2), 0);
        while reader.turn().await {
            // New ones come in front of what was given and behind all that is to come; not for ever, so that it ends.
            if turns < 4 {
                stored_products(&fixture.store(), owner, &[first.clone(), last.clone()]).await;
            }
            if turns % 2 == 0 {
                if let Some((_, product)) = restless.pop() {
                    deleted(&fixture, &product).await;
                }
            } else if let Some((_, product)) = restless.first_mut() {
                let end = if turns % 4 == 1 { &last } else { &first };
                let moved = Product { name: end.name.clone(), price: end.price, ..product.clone() };
                *product = saved(&fixture, moved).await;
            }
            turns += 1;
        }
        let shown = reader.shown;
        let staying = |view: &&ProductView| stays.iter().any(|(_, product)| product.id == view.product.id);
        let shown: Vec<ProductId> = shown.iter().filter(staying).map(|view| view.product.id).collect();
        let expected: Vec<ProductId> = stays.iter().map(|(_, product)| product.id).collect();
        assert_eq!(shown, expected, "by {way:?}");
    }
}
