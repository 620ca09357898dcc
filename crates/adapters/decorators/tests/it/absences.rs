//! That a product does not exist is cached for a while, and never hides one that does.

use crate::stand::{SlowQueries, Stand, TTL};
use std::{sync::Arc, time::Duration};
use tokio::time::advance;
use wareroom_decorators::CachedProductQueries;
use wareroom_domain::{ProductId, Version};
use wareroom_memory::MemoryCache;
use wareroom_ports::{Invalidation, Origin, ProductQueries};

const FIRST: Option<Version> = Some(Version(1));

/// How long an absence is cached.
const ABSENCE: Duration = Duration::from_secs(5);

fn id(number: i64) -> ProductId {
    ProductId::new(number).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_absence_is_cached_for_a_few_seconds() {
    let stand = Stand::new();
    assert_eq!(stand.read(id(1)).await, (None, Origin::Store));
    advance(ABSENCE * 9 / 10).await;
    assert_eq!(stand.read(id(1)).await, (None, Origin::Cache));
    advance(ABSENCE / 10).await;
    assert_eq!(stand.read(id(1)).await, (None, Origin::Store));
}

#[tokio::test]
async fn a_product_that_is_created_ends_its_absence() {
    let stand = Stand::new();
    for _ in 0..2 {
        stand.read(id(1)).await;
    }
    assert_eq!(stand.create().await, id(1));
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Store));
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Cache));
}

#[tokio::test]
async fn a_reader_that_was_overtaken_by_a_creation_does_not_put_the_absence_back() {
    let (stand, slow) = SlowQueries::stand(Arc::new(MemoryCache::new(500)));
    let queries = Arc::clone(&stand.queries);
    let overtaken = tokio::spawn(async move { queries.get(id(1)).await.unwrap().0 });
    slow.has_read.acquire().await.unwrap().forget();
    assert_eq!(stand.create().await, id(1));
    slow.may_answer.add_permits(10);
    assert_eq!(overtaken.await.unwrap(), None, "it did not read before the creation");
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Store));
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Cache));
}

#[tokio::test]
async fn an_absence_that_is_put_between_a_creation_and_its_announcement_ends_with_that() {
    let (stand, slow) = SlowQueries::stand(Arc::new(MemoryCache::new(500)));
    let queries = Arc::clone(&stand.queries);
    let before = tokio::spawn(async move { queries.get(id(1)).await.unwrap().0 });
    slow.has_read.acquire().await.unwrap().forget();
    assert_eq!(stand.store_new().await, id(1));
    slow.may_answer.add_permits(10);
    assert_eq!(before.await.unwrap(), None, "it did not read before the creation");
    assert_eq!(stand.read(id(1)).await, (None, Origin::Cache), "nobody was told of the product yet");
    stand.invalidations.announce(&[Invalidation::Product(id(1), Version(1))]).await;
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Store));
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_nobody_announced_is_hidden_no_longer_than_an_absence_lives() {
    let stand = Stand::new();
    stand.read(id(1)).await;
    assert_eq!(stand.store_new().await, id(1));
    advance(ABSENCE).await;
    assert_eq!(stand.read(id(1)).await, (FIRST, Origin::Store));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_product_is_absent_for_good() {
    let (stand, slow) = SlowQueries::stand(Arc::new(MemoryCache::new(500)));
    let id = stand.create().await;
    let queries = Arc::clone(&stand.queries);
    let overtaken = tokio::spawn(async move { queries.get(id).await.unwrap().0.unwrap().product.version });
    slow.has_read.acquire().await.unwrap().forget();
    stand.delete(id, Version(1)).await;
    slow.may_answer.add_permits(10);
    assert_eq!(overtaken.await.unwrap(), Version(1), "it did not read before the deletion");
    // Until the tombstone's time is over, the store is asked; then the absence is cached.
    assert_eq!(stand.read(id).await, (None, Origin::Store));
    assert_eq!(stand.read(id).await, (None, Origin::Store));
    advance(TTL).await;
    assert_eq!(stand.read(id).await, (None, Origin::Store));
    assert_eq!(stand.read(id).await, (None, Origin::Cache));
}

#[tokio::test]
async fn ids_that_are_made_up_do_not_push_products_out() {
    let stand = Stand::new();
    let product = stand.create().await;
    stand.read(product).await;
    for number in 1_000..3_000 {
        assert_eq!(stand.read(id(number)).await, (None, Origin::Store));
    }
    assert_eq!(stand.read(product).await, (FIRST, Origin::Cache));
}

#[tokio::test]
async fn absences_that_are_not_to_be_cached_are_not() {
    let stand = Stand::new();
    let cache = Arc::new(MemoryCache::new(500));
    let queries = CachedProductQueries::new(Arc::new(stand.store.clone()), cache, TTL).with_absence_ttl(Duration::ZERO);
    for _ in 0..2 {
        assert_eq!(queries.get(id(1)).await.unwrap(), (None, Origin::Store));
    }
}
