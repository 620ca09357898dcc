//! `ProductQueries`: reads outside a unit of work, caches in front of them included.

mod lists;
mod pages;
mod views;

pub use lists::*;
pub use pages::*;
pub use views::*;

use crate::patience::within;
use crate::samples::{begin, commit, image, instant, product_draft, stored_image, stored_product};
use crate::store::StoreFixture;
use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::{Fence, Image, Product, ProductDraft, ProductId, UserId, Version};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, ProductQueries, ProductView, Store};

/// A store whose queries are to be held to account.
#[async_trait]
pub trait QueriesFixture: StoreFixture {
    /// The queries.
    fn queries(&self) -> Arc<dyn ProductQueries>;

    /// Announces that a product has reached a version, after the commit and before the write is acknowledged, as use cases
    /// do. Queries without a cache need nothing.
    async fn announce(&self, product: ProductId, version: Version) {
        let _ = (product, version);
    }
}

/// The one list of cases of [`queries`](crate::queries).
#[macro_export]
macro_rules! queries_cases {
    ($then:path, $given:tt) => {
        $then! { queries $given
            every_acknowledged_write_is_shown
            a_view_shows_one_moment
            a_view_shows_every_field_as_stored
            the_images_of_a_view_come_by_position_then_by_id
            a_missing_product_has_no_view
            every_acknowledged_write_is_listed
            a_list_shows_one_moment
            a_list_shows_every_field_as_stored
            each_product_of_a_list_has_its_own_images_in_order
            a_list_holds_just_the_products_that_fit
            every_character_of_a_name_is_looked_for_as_it_is
            products_come_in_each_order_in_both_directions
            a_list_has_at_most_its_limit
            pages_put_together_are_the_whole_list
            a_list_goes_on_behind_what_is_gone
            what_stays_is_listed_exactly_once_whatever_else_is_written
        }
    };
}

/// Tests that hold a [`QueriesFixture`] to every case of [`queries`](crate::queries).
#[macro_export]
macro_rules! queries_suite {
    ($fixture:ty) => {
        $crate::queries_cases!($crate::tests, ($fixture));
    };
}

queries_cases!(names, ());

async fn get(queries: &Arc<dyn ProductQueries>, id: ProductId) -> Option<Arc<ProductView>> {
    within("a query answers", queries.get(id)).await.expect("a query").0
}

async fn list(queries: &Arc<dyn ProductQueries>, filter: &ProductFilter, page: &ProductPage) -> Vec<ProductView> {
    within("a list is answered", queries.list(filter, page)).await.expect("a list")
}

fn ids(views: &[ProductView]) -> Vec<ProductId> {
    views.iter().map(|view| view.product.id).collect()
}

/// Every way that products can be put in order, with whether the largest comes first.
const ORDERS: [(ProductOrder, bool); 6] = [
    (ProductOrder::CreatedAt, false),
    (ProductOrder::CreatedAt, true),
    (ProductOrder::Price, false),
    (ProductOrder::Price, true),
    (ProductOrder::Name, false),
    (ProductOrder::Name, true),
];

/// All of a list, in the order that products were accepted.
const WHOLE: ProductPage = whole((ProductOrder::CreatedAt, false));

/// All of a list.
const fn whole((order, descending): (ProductOrder, bool)) -> ProductPage {
    ProductPage { order, descending, after: None, limit: 1_000 }
}

/// The products in the order of a page, ties by id in the same direction.
fn in_order(products: &[Product], (order, descending): (ProductOrder, bool)) -> Vec<Product> {
    let mut products = products.to_vec();
    products.sort_by_cached_key(|product| ProductPlace::of(product, order));
    if descending {
        products.reverse();
    }
    products
}

/// Products of a user, committed together.
async fn stored_products(store: &Arc<dyn Store>, owner: UserId, drafts: &[ProductDraft]) -> Vec<Product> {
    let mut unit = begin(store).await;
    let mut products = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let draft = ProductDraft { owner, ..draft.clone() };
        products.push(unit.products().insert(&draft).await.expect("a product is accepted"));
    }
    commit(unit).await;
    products
}

/// A draft whose owner is to be filled in.
fn draft() -> ProductDraft {
    product_draft(UserId::new(1).expect("an id"))
}

/// Saves a product and announces it; answers it at its next version.
async fn saved<F: QueriesFixture>(fixture: &F, product: Product) -> Product {
    let mut unit = begin(&fixture.store()).await;
    let version = unit.products().save(&product).await.expect("a save");
    commit(unit).await;
    fixture.announce(product.id, version).await;
    Product { version, ..product }
}

/// Deletes a product and announces it.
async fn deleted<F: QueriesFixture>(fixture: &F, product: &Product) {
    let mut unit = begin(&fixture.store()).await;
    assert!(unit.products().delete(product.id).await.expect("a delete"), "it was there");
    commit(unit).await;
    fixture.announce(product.id, product.version.next()).await;
}

/// Raises the product's version, and the image's fence with it.
async fn change<F: QueriesFixture>(fixture: &F, product: ProductId, image: &Image) -> Version {
    let mut unit = begin(&fixture.store()).await;
    let version = unit.products().touch(product, instant()).await.expect("a touch").expect("the product");
    unit.images().save(&Image { fence: Fence(version.0), ..image.clone() }).await.expect("a save");
    commit(unit).await;
    fixture.announce(product, version).await;
    version
}

async fn product_with_image(store: &Arc<dyn Store>) -> (Product, Image) {
    let product = stored_product(store).await;
    let image = Image { fence: Fence(product.version.0), ..image(product.id) };
    stored_image(store, &image).await;
    (product, image)
}
