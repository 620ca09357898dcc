//! Whatever happens between the parts of a list: what does not change appears once, in its place.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::TestApi;
use async_trait::async_trait;
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wareroom_app_api::ApiSettings;
use wareroom_application::Ports;
use wareroom_domain::{
    Description, PersonName, Price, Product, ProductDraft, ProductId, ProductName, UserDraft, UserId,
};
use wareroom_ports::{Origin, ProductFilter, ProductPage, ProductPlace, ProductQueries, ProductView, StoreError};

/// What differs in products, of few values each, so that there are many ties.
#[derive(Clone, Debug)]
struct Drafted {
    name: String,
    price: u64,
    second: i64,
}

/// What happens between two parts. Products are named by their number among all that there ever were.
#[derive(Clone, Debug)]
enum Step {
    Insert(Drafted),
    Delete(usize),
    Reprice(usize, u64),
    Rename(usize, String),
}

fn drafted() -> impl Strategy<Value = Drafted> {
    ("[aAbBé]{1,2}", 0..4_u64, 0..4_i64).prop_map(|(name, price, second)| Drafted { name, price, second })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        drafted().prop_map(Step::Insert),
        (0..40_usize).prop_map(Step::Delete),
        (0..40_usize, 0..4_u64).prop_map(|(index, price)| Step::Reprice(index, price)),
        (0..40_usize, "[aAbBé]{1,2}").prop_map(|(index, name)| Step::Rename(index, name)),
    ]
}

/// A store that is written to, and what is known of it.
struct Shop {
    test: TestApi,
    owner: UserId,
    /// All that there ever were, in the order of their ids, as they were inserted.
    products: Vec<Product>,
    /// Those that were changed or deleted.
    touched: BTreeSet<ProductId>,
}

impl Shop {
    async fn open(test: TestApi, first: Vec<Drafted>) -> Self {
        let name = || PersonName::new("x").unwrap();
        let draft = UserDraft { first_name: name(), last_name: name(), created_at: Timestamp::UNIX_EPOCH };
        let mut unit = test.application.ports().store.begin().await.unwrap();
        let owner = unit.users().insert(&draft).await.unwrap().id;
        unit.commit().await.unwrap();
        let mut shop = Self { test, owner, products: vec![], touched: BTreeSet::new() };
        for drafted in first {
            shop.step(Step::Insert(drafted)).await;
        }
        shop
    }

    async fn step(&mut self, step: Step) {
        let mut unit = self.test.application.ports().store.begin().await.unwrap();
        let meant = |index: usize| self.products.get(index % self.products.len().max(1)).map(|product| product.id);
        match step {
            Step::Insert(Drafted { name, price, second }) => {
                let draft = ProductDraft {
                    owner: self.owner,
                    name: ProductName::new(name).unwrap(),
                    description: Description::new("").unwrap(),
                    price: Price::from_hundredths(price).unwrap(),
                    created_at: Timestamp::from_second(second).unwrap(),
                };
                let product = unit.products().insert(&draft).await.unwrap();
                self.products.push(product);
            }
            Step::Delete(index) => {
                let Some(id) = meant(index) else { return };
                unit.products().delete(id).await.unwrap();
                self.touched.insert(id);
            }
            Step::Reprice(index, price) => {
                let Some(id) = meant(index) else { return };
                let Some(mut product) = unit.products().load(id).await.unwrap() else { return };
                product.price = Price::from_hundredths(price).unwrap();
                unit.products().save(&product).await.unwrap();
                self.touched.insert(id);
            }
            Step::Rename(index, name) => {
                let Some(id) = meant(index) else { return };
                let Some(mut product) = unit.products().load(id).await.unwrap() else { return };
                product.name = ProductName::new(name).unwrap();
                unit.products().save(&product).await.unwrap();
                self.touched.insert(id);
            }
        }
        unit.commit().await.unwrap();
    }
}

/// What a list is ordered by, so that two products compare as the list puts them.
fn key(sort: &str, product: &Product) -> (Timestamp, Price, String, ProductId) {
    let (mut at, mut price, mut name) = (Timestamp::UNIX_EPOCH, Price::default(), String::new());
    match sort.trim_start_matches('-') {
        "created_at" => at = product.created_at,
        "product_price" => price = product.price,
        _ => name = product.name.folded(),
    }
    (at, price, name, product.id)
}

/// Reads a list part by part, with steps between them, and holds it to what is promised.
async fn holds(
    test: TestApi,
    first: Vec<Drafted>,
    steps: Vec<Vec<Step>>,
    sort: &str,
    limit: usize,
    cheapest: Option<u64>,
) {
    let mut shop = Shop::open(test, first).await;
    let there_before: BTreeMap<ProductId, Product> =
        shop.products.iter().map(|product| (product.id, product.clone())).collect();
    let filter = cheapest.map(|hundredths| format!("&min_price={}", Price::from_hundredths(hundredths).unwrap()));
    let query = format!("/products?sort={sort}&limit={limit}{}", filter.unwrap_or_default());
    let (mut seen, mut cursor, mut steps) = (vec![], String::new(), steps.into_iter());
    loop {
        let part = shop.test.get(&format!("{query}{cursor}")).await.is(200).json();
        let ids = part["data"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap());
        seen.extend(ids.map(|id| ProductId::new(id).unwrap()));
        let Some(next) = part["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        for step in steps.next().unwrap_or_default() {
            shop.step(step).await;
        }
    }
    let unchanged: Vec<&Product> = shop.products.iter().filter(|product| !shop.touched.contains(&product.id)).collect();
    for product in &unchanged {
        let times = seen.iter().filter(|id| **id == product.id).count();
        let fits = cheapest.is_none_or(|cheapest| product.price.hundredths() >= cheapest);
        match (fits, there_before.contains_key(&product.id)) {
            (true, true) => assert_eq!(times, 1, "{product:?} in {seen:?}"),
            // What came while the list was read is in it if it stands behind what was read already.
            (true, false) => assert!(times <= 1, "{product:?} in {seen:?}"),
            (false, _) => assert_eq!(times, 0, "{product:?} in {seen:?}"),
        }
    }
    let by_id: BTreeMap<ProductId, &Product> = unchanged.iter().map(|product| (product.id, *product)).collect();
    let mut keys: Vec<_> = seen.iter().filter_map(|id| by_id.get(id)).map(|product| key(sort, product)).collect();
    if sort.starts_with('-') {
        keys.reverse();
    }
    assert!(keys.is_sorted(), "{sort}: {keys:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_does_not_change_while_a_list_is_read_appears_exactly_once(
        first in prop::collection::vec(drafted(), 0..16),
        steps in prop::collection::vec(prop::collection::vec(step(), 0..4), 0..12),
        limit in 1..6_usize,
        cheapest in prop::option::of(0..4_u64),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for sort in ["-created_at", "created_at", "product_price", "-product_price", "product_name", "-product_name"] {
            runtime.block_on(holds(TestApi::new(), first.clone(), steps.clone(), sort, limit, cheapest));
        }
    }
}

/// A list that goes on behind all that cost the same, as one does that forgets the id in its places.
struct ForgetsTies(Arc<dyn ProductQueries>);

#[async_trait]
impl ProductQueries for ForgetsTies {
    async fn get(&self, id: ProductId) -> Result<(Option<Arc<ProductView>>, Origin), StoreError> {
        self.0.get(id).await
    }

    async fn list(&self, filter: &ProductFilter, page: &ProductPage) -> Result<Vec<ProductView>, StoreError> {
        let mut found = self.0.list(filter, page).await?;
        if let Some(ProductPlace::Price(behind, _)) = page.after {
            found.retain(|view| view.product.price != behind);
        }
        Ok(found)
    }
}

#[tokio::test]
#[should_panic(expected = "left: 0\n right: 1")]
async fn a_list_that_leaves_something_out_is_noticed() {
    let alike = vec![Drafted { name: "a".to_owned(), price: 1, second: 0 }; 5];
    let forgetting = |ports: &mut Ports| ports.products = Arc::new(ForgetsTies(Arc::clone(&ports.products)));
    let test = TestApi::with(forgetting, ApiSettings::default());
    holds(test, alike, vec![], "product_price", 2, None).await;
}
