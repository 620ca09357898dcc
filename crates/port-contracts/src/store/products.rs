//! Products.

use super::StoreFixture;
use crate::patience::{LONG, comes, eight, within};
use crate::samples::{
    begin, commit, image, instant, product_draft, stored_image, stored_product, stored_user, user_draft,
};
use std::{collections::HashSet, sync::Arc};
use wareroom_domain::{Description, Price, Product, ProductDraft, ProductName, Revision, UserId, Version};
use wareroom_ports::{Store, StoreError};

async fn load(store: &Arc<dyn Store>, product: &Product) -> Option<Product> {
    begin(store).await.products().load(product.id).await.expect("a load")
}

/// Every field of a product, texts and price at their limits included.
pub async fn a_product_comes_back_as_it_was_stored<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let owner = stored_user(&store).await.id;
    let widest = ProductDraft {
        name: ProductName::new("é".repeat(ProductName::MAX)).expect("the longest name"),
        description: Description::new("🫖".repeat(Description::MAX)).expect("the longest text"),
        price: Price::MAX,
        ..product_draft(owner)
    };
    let empty = ProductDraft {
        description: Description::new("").expect("no text"),
        price: Price::default(),
        ..product_draft(owner)
    };
    for draft in [product_draft(owner), widest, empty] {
        let mut unit = begin(&store).await;
        let product = unit.products().insert(&draft).await.expect("a product is accepted");
        commit(unit).await;
        assert_eq!(product, draft.accepted(product.id));
        assert_eq!(load(&store, &product).await.as_ref(), Some(&product));
    }
}

/// `insert` MUST give an id that was never committed before, not even to a product since deleted.
pub async fn ids_of_deleted_products_are_not_given_again<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let mut committed = HashSet::new();
    for _ in 0..4 {
        let product = stored_product(&store).await;
        assert!(committed.insert(product.id), "{} was given before", product.id);
        let mut unit = begin(&store).await;
        assert!(unit.products().delete(product.id).await.expect("a delete"));
        commit(unit).await;
    }
}

/// `insert` MUST answer `UnknownReference("user")` when the owner does not exist.
pub async fn a_product_of_an_unknown_user_is_refused<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let nobody = UserId::new(1_000_000).expect("an id");
    let mut unit = begin(&fixture.store()).await;
    assert_refused!(unit.products().insert(&product_draft(nobody)).await, StoreError::UnknownReference("user"));
}

/// `load` MUST keep the version from being moved by others until the unit ends.
pub async fn a_loaded_product_is_not_moved_by_others<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let mut unit = begin(&store).await;
    let loaded = unit.products().load(product.id).await.expect("a load").expect("the product");

    let (other, id) = (Arc::clone(&store), product.id);
    let mut other = tokio::spawn(async move {
        let mut unit = other.begin().await.map_err(|error| error.to_string())?;
        unit.products().touch(id, instant()).await.map_err(|error| error.to_string())?;
        unit.commit().await.map_err(|error| error.to_string())
    });
    assert!(comes(&mut other).await.is_none(), "another unit moved the product, or was turned away");

    let version = unit.products().save(&loaded).await.expect("the loaded version is still the stored one");
    assert_eq!(version, Version(2));
    commit(unit).await;
    within("the other unit goes on", other).await.expect("a task").expect("the other unit's touch");
    assert_eq!(load(&store, &product).await.map(|product| product.version), Some(Version(3)));
}

/// `save` stores all fields but `id`, `owner`, `version` and `created_at`, and answers the next version.
pub async fn save_stores_every_field_that_may_change<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let mut unit = begin(&store).await;
    let other_owner = unit.users().insert(&user_draft()).await.expect("a user is accepted").id;
    let ProductDraft { name, description, .. } = product_draft(product.owner);
    let changed = Product {
        owner: other_owner,
        name,
        description,
        price: Price::MAX,
        revision: Revision(17),
        created_at: instant(),
        updated_at: instant(),
        ..product.clone()
    };
    assert_eq!(unit.products().save(&changed).await.expect("a save"), Version(2));
    commit(unit).await;
    let kept = Product { owner: product.owner, version: Version(2), created_at: product.created_at, ..changed };
    assert_eq!(load(&store, &product).await, Some(kept));
}

/// `save` MUST answer `Conflict` unless the stored version is the one in `product`.
pub async fn save_of_an_older_version_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let stale = stored_product(&store).await;
    let mut unit = begin(&store).await;
    unit.products().touch(stale.id, instant()).await.expect("a touch");
    commit(unit).await;
    for version in [stale.version, Version(3)] {
        let mut unit = begin(&store).await;
        let outcome = unit.products().save(&Product { version, ..stale.clone() }).await;
        assert_refused!(outcome, StoreError::Conflict);
    }
    assert_eq!(load(&store, &stale).await.map(|product| product.version), Some(Version(2)));
}

/// `save` MUST answer `Conflict` unless the stored version is the one in `product`: there is none of a deleted one.
pub async fn save_of_a_deleted_product_is_a_conflict<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let mut unit = begin(&store).await;
    assert!(unit.products().delete(product.id).await.expect("a delete"));
    commit(unit).await;
    assert_refused!(begin(&store).await.products().save(&product).await, StoreError::Conflict);
    assert_eq!(load(&store, &product).await, None);
}

/// `touch` sets `updated_at` and answers the next version, `None` when there is no such product.
pub async fn touch_answers_the_next_version_and_sets_the_moment<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let at = instant();
    let mut unit = begin(&store).await;
    assert_eq!(unit.products().touch(product.id, at).await.expect("a touch"), Some(Version(2)));
    commit(unit).await;
    let touched = Product { version: Version(2), updated_at: at, ..product.clone() };
    assert_eq!(load(&store, &product).await, Some(touched));

    let mut unit = begin(&store).await;
    assert!(unit.products().delete(product.id).await.expect("a delete"));
    assert_eq!(unit.products().touch(product.id, at).await.expect("a touch"), None);
}

/// `touch` MUST be atomic: of any number of concurrent touches each raises the version by one, and none is a `Conflict`.
pub async fn concurrent_touches_each_raise_the_version_by_one<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let versions = eight("eight tasks touch", |_| {
        let (store, id) = (Arc::clone(&store), product.id);
        async move {
            let mut versions = Vec::new();
            for _ in 0..4 {
                let mut unit = begin(&store).await;
                let version = unit.products().touch(id, instant()).await.expect("a touch is never refused");
                commit(unit).await;
                versions.push(version.expect("the product is there"));
            }
            versions
        }
    })
    .await;
    let mut versions = versions.concat();
    versions.sort_unstable();
    assert_eq!(versions, (2..=33).map(Version).collect::<Vec<_>>());
    assert_eq!(load(&store, &product).await.map(|product| product.version), Some(Version(33)));
}

/// `delete` deletes a product, its images with it, and answers whether it was there.
pub async fn a_deleted_product_takes_its_images_along<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let (product, other) = (stored_product(&store).await, stored_product(&store).await);
    let (gone, kept) = (image(product.id), image(other.id));
    stored_image(&store, &gone).await;
    stored_image(&store, &kept).await;
    let mut unit = begin(&store).await;
    assert!(unit.products().delete(product.id).await.expect("a delete"), "it was there");
    commit(unit).await;
    let mut unit = begin(&store).await;
    assert_eq!(unit.products().load(product.id).await.expect("a load"), None);
    assert_eq!(unit.images().load(gone.id).await.expect("a load"), None);
    assert_eq!(unit.images().of_owner(gone.owner).await.expect("a list"), []);
    assert_eq!(unit.images().load(kept.id).await.expect("a load"), Some(kept));
    assert!(!unit.products().delete(product.id).await.expect("a delete"), "it was there no more");
}
