//! Use cases that change the same rows come to them in one order.

use crate::{
    database::Database,
    faults::somebody_waits,
    samples::{AT, image, letter, stored_product},
};
use std::sync::Arc;
use wareroom_application::{Application, Context, Ports, Precondition, RetryImage, Settings};
use wareroom_domain::{Attempts, Begun, Image, Product, Reason};
use wareroom_memory::{
    CountingIds, FixedClock, LocalInvalidations, MemoryBlobs, MemoryCodec, MemorySource, MemorySpace,
};
use wareroom_ports::{DeadLetter, Store};
use wareroom_postgres::PostgresStore;

/// An application whose rows are in that store.
fn application(store: &PostgresStore) -> Application {
    let store = Arc::new(store.clone());
    let ports = Ports {
        store: store.clone(),
        products: store.clone(),
        users: store.clone(),
        dead_letters: store.clone(),
        outbox: None,
        jobs: store.clone(),
        queue: store.clone(),
        events: store.clone(),
        retention: store,
        invalidations: Arc::new(LocalInvalidations::default()),
        blobs: Arc::new(MemoryBlobs::default()),
        media_links: None,
        image_source: Arc::new(MemorySource::new()),
        codec: Arc::new(MemoryCodec),
        space: Arc::new(MemorySpace::new()),
        clock: Arc::new(FixedClock::new(AT)),
        ids: Arc::new(CountingIds::default()),
    };
    Application::new(ports, Settings { min_free_space: 0, ..Settings::default() })
}

/// An image that failed, and what is left of it.
async fn given_up(store: &PostgresStore, product: &Product) -> (Image, DeadLetter) {
    let accepted = image(product.id);
    let Begun::Attempt(begun, attempt) = accepted.clone().begin(Attempts(1)) else { panic!("no attempt") };
    let failed = begun.image.fail(attempt, Reason::Damaged.into()).unwrap().image;
    let letter = letter(&failed);
    let mut unit = store.begin().await.unwrap();
    unit.images().insert(&accepted).await.unwrap();
    unit.images().save(&failed).await.unwrap();
    unit.dead_letters().add(&letter).await.unwrap();
    unit.commit().await.unwrap();
    (failed, letter)
}

/// A deadlock would end by itself, after the second that the server takes to look for one.
#[tokio::test]
async fn who_replays_a_letter_has_nothing_that_one_who_has_the_product_waits_for() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let application = application(&store);
    let product = stored_product(&store).await;
    for _ in 0..3 {
        let (image, letter) = given_up(&store, &product).await;
        let holder = database.connect().await;
        holder.batch_execute("BEGIN; SELECT FROM products FOR UPDATE").await.unwrap();
        let context = Context::operator();
        let command = RetryImage { product: product.id, image: image.id, precondition: Precondition::None };
        let first = application.retry_image(&context, command);
        let second = async {
            somebody_waits(&database, 1).await;
            application.retry_dead_letter(&context, letter.id).await
        };
        let look = async {
            somebody_waits(&database, 2).await;
            let free = database.connect().await;
            let locked = free.batch_execute("SELECT FROM dead_letters FOR UPDATE NOWAIT").await;
            holder.batch_execute("COMMIT").await.unwrap();
            locked
        };
        let (first, second, locked) = tokio::join!(first, second, look);
        locked.expect("whoever waits for the product has locked nothing else");
        assert!(first.is_ok(), "{first:?}");
        assert_eq!(second.unwrap().result, 0, "both have replayed it");
    }
}
