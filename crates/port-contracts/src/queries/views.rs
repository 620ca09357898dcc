//! One product with its images.

use super::{QueriesFixture, change, get, product_with_image};
use crate::patience::{LONG, within};
use crate::samples::{begin, commit, image, lived_in, states, stored_image, stored_product};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::task::JoinHandle;
use wareroom_domain::{Fence, Image, ProductId};
use wareroom_ports::ProductView;

/// `get` MUST show every write that was acknowledged, and announced, before the call.
pub async fn every_acknowledged_write_is_shown<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.queries();
    let (product, image) = product_with_image(&fixture.store()).await;
    assert!(get(&queries, product.id).await.is_some(), "the first write is not shown");
    for _ in 0..20 {
        let version = change(&fixture, product.id, &image).await;
        let shown = get(&queries, product.id).await.expect("the product is shown");
        assert_eq!((shown.product.version, shown.images[0].fence), (version, Fence(version.0)));
    }
}

/// `get` MUST show one moment: the images are those of the version that the product has.
pub async fn a_view_shows_one_moment<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (product, image) = product_with_image(&fixture.store()).await;
    let (written, views) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let readers = [0; 3].map(|_| {
        let (queries, written, views, id) = (fixture.queries(), Arc::clone(&written), Arc::clone(&views), product.id);
        tokio::spawn(async move {
            while !written.load(Ordering::SeqCst) {
                let shown = get(&queries, id).await.expect("the product is shown");
                assert_eq!(shown.images[0].fence, Fence(shown.product.version.0), "of two moments");
                views.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        })
    });
    let mut writes = 0;
    // Long enough for both sides to have met.
    while writes < 60 || (views.load(Ordering::SeqCst) < 60 && !readers.iter().any(JoinHandle::is_finished)) {
        change(&fixture, product.id, &image).await;
        writes += 1;
        tokio::task::yield_now().await;
    }
    written.store(true, Ordering::SeqCst);
    for reader in readers {
        within("a reader ends", reader).await.expect("a view of one moment");
    }
}

/// Every field of a product and of its images, in every state.
pub async fn a_view_shows_every_field_as_stored<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    let product = stored_product(&store).await;
    let mut images = Vec::new();
    for (position, state) in (0..).zip(states()) {
        let image = Image { position, ..lived_in(product.id, state) };
        stored_image(&store, &image).await;
        images.push(image);
    }
    fixture.announce(product.id, product.version).await;
    let shown = get(&queries, product.id).await.expect("the product is shown");
    assert_eq!(*shown, ProductView { product, images });
    let again = get(&queries, shown.product.id).await;
    assert_eq!(again, Some(shown), "the second answer differs from the first");
}

/// A view's images come by position, then by id.
pub async fn the_images_of_a_view_come_by_position_then_by_id<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let product = stored_product(&store).await;
    let mut images = [9, 2, 10, 2, 0].map(|position| Image { position, ..image(product.id) });
    for index in [3, 0, 2, 1, 4] {
        stored_image(&store, &images[index]).await;
    }
    images.sort_by_key(|image| (image.position, image.id));
    let shown = get(&fixture.queries(), product.id).await.expect("the product is shown");
    assert_eq!(shown.images, images);
}

/// `get` answers `None` when there is no such product, or no more.
pub async fn a_missing_product_has_no_view<F: QueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let (store, queries) = (fixture.store(), fixture.queries());
    assert_eq!(get(&queries, ProductId::new(1_000_000).expect("an id")).await, None);
    let (product, _) = product_with_image(&store).await;
    assert!(get(&queries, product.id).await.is_some(), "the product is shown");
    let mut unit = begin(&store).await;
    assert!(unit.products().delete(product.id).await.expect("a delete"));
    commit(unit).await;
    fixture.announce(product.id, product.version.next()).await;
    assert_eq!(get(&queries, product.id).await, None, "a deleted product is shown");
}
