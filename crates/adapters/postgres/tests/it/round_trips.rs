//! How often a unit of work waits for the server, counted on the wire. One thread, so that what is sent together goes out
//! together.

use crate::{
    database::Database,
    proxy::Proxy,
    samples::{AT, image, job, product_draft, stamped, stored_user},
};
use std::time::Duration;
use wareroom_domain::{Fence, ImageOwner, ImageState, Price, ProductId, UserId, Version};
use wareroom_ports::{IdempotencyKey, ProductFilter, ProductOrder, ProductPage, ProductQueries, Reservation, Store};
use wareroom_postgres::{PostgresConfig, PostgresStore};

struct Counted {
    store: PostgresStore,
    proxy: Proxy,
    _database: Database,
}

/// A store with one connection, behind a proxy.
async fn counted() -> Counted {
    let database = Database::migrated().await;
    let proxy = Proxy::to(&database.url).await;
    let config = PostgresConfig { connections: 1, ..PostgresConfig::at(proxy.url.as_str()) };
    Counted { store: PostgresStore::open(config).await.unwrap(), proxy, _database: database }
}

impl Counted {
    /// Does it twice and counts the second time: a statement that is new to a connection has to be made known to it.
    async fn round_trips<T>(&self, work: impl AsyncFn() -> T) -> (T, u32) {
        work().await;
        self.proxy.round_trips(work()).await
    }
}

/// What accepting a product asks of a store.
async fn create(store: &PostgresStore, owner: UserId, images: usize) -> ProductId {
    let mut unit = store.begin().await.unwrap();
    let product = unit.products().insert(&product_draft(owner)).await.unwrap();
    unit.outbox().event(stamped(product.created()));
    for _ in 0..images {
        let image = image(product.id);
        unit.images().insert(&image).await.unwrap();
        unit.outbox().job(job(&image), Duration::ZERO);
    }
    unit.commit().await.unwrap();
    product.id
}

#[tokio::test]
async fn accepting_a_product_costs_two_round_trips_however_many_images_it_has() {
    let counted = counted().await;
    let owner = stored_user(&counted.store).await.id;
    for images in [0, 1, 20] {
        let (product, trips) = counted.round_trips(async || create(&counted.store, owner, images).await).await;
        assert_eq!(trips, 2, "with {images} images");
        let (shown, trips) = counted.round_trips(async || counted.store.get(product).await.unwrap().0.unwrap()).await;
        assert_eq!((shown.images.len(), trips), (images, 1), "a read");
    }
}

#[tokio::test]
async fn a_request_with_a_key_costs_one_round_trip_more() {
    let counted = counted().await;
    let owner = stored_user(&counted.store).await.id;
    let ((), trips) = counted
        .round_trips(async || {
            let key = IdempotencyKey { scope: "POST /products".to_owned(), key: crate::samples::uuid().to_string() };
            let mut unit = counted.store.begin().await.unwrap();
            let lease = Duration::from_mins(1);
            let reserved = unit.idempotency().reserve(&key, wareroom_domain::Sha256([1; 32]), AT, lease).await.unwrap();
            let Reservation::Granted { token } = reserved else { panic!("{reserved:?}") };
            let product = unit.products().insert(&product_draft(owner)).await.unwrap();
            unit.images().insert(&image(product.id)).await.unwrap();
            unit.idempotency().answer(&key, token, b"done"[..].into()).await.unwrap();
            unit.commit().await.unwrap();
        })
        .await;
    assert_eq!(trips, 3);
}

#[tokio::test]
async fn changing_a_product_costs_three_round_trips_at_most() {
    let counted = counted().await;
    let owner = stored_user(&counted.store).await.id;
    let id = create(&counted.store, owner, 2).await;
    let (version, trips) = counted
        .round_trips(async || {
            let mut unit = counted.store.begin().await.unwrap();
            let mut product = unit.products().load(id).await.unwrap().unwrap();
            let images = unit.images().of_owner(ImageOwner::Product(id)).await.unwrap();
            product.price = Price::from_hundredths(1).unwrap();
            product.version = unit.products().save(&product).await.unwrap();
            let [gone, moved] = &images[..] else { panic!("{images:?}") };
            assert!(unit.images().delete(gone.id).await.unwrap());
            unit.images().save(moved).await.unwrap();
            unit.images().insert(&image(id)).await.unwrap();
            unit.outbox().event(stamped(product.changed(product.version)));
            unit.commit().await.unwrap();
            product.version
        })
        .await;
    assert_eq!((version, trips), (Version(3), 3));
    let shown = counted.store.get(id).await.unwrap().0.unwrap();
    assert_eq!((shown.product.version, shown.images.len()), (version, 2));
}

#[tokio::test]
async fn a_step_of_an_attempt_costs_two_round_trips() {
    let counted = counted().await;
    let owner = stored_user(&counted.store).await.id;
    let id = create(&counted.store, owner, 1).await;
    let image = counted.store.get(id).await.unwrap().0.unwrap().images[0].id;
    let (_, trips) = counted
        .round_trips(async || {
            let mut unit = counted.store.begin().await.unwrap();
            let mut image = unit.images().load(image).await.unwrap().unwrap();
            (image.state, image.fence) = (ImageState::Processing, Fence(image.fence.0 + 1));
            unit.images().save(&image).await.unwrap();
            let version = unit.products().touch(id, AT).await.unwrap().unwrap();
            unit.outbox().job(job(&image), Duration::from_secs(1));
            unit.commit().await.unwrap();
            version
        })
        .await;
    assert_eq!(trips, 2);
    let shown = counted.store.get(id).await.unwrap().0.unwrap();
    assert_eq!((shown.product.version, shown.images[0].fence), (Version(3), Fence(2)));
}

#[tokio::test]
async fn a_list_costs_two_round_trips_and_a_unit_that_does_nothing_none() {
    let counted = counted().await;
    let owner = stored_user(&counted.store).await.id;
    for _ in 0..3 {
        create(&counted.store, owner, 1).await;
    }
    let page = ProductPage { order: ProductOrder::Name, descending: false, after: None, limit: 20 };
    let list = async || counted.store.list(&ProductFilter::default(), &page).await.unwrap().len();
    assert_eq!(counted.round_trips(list).await, (3, 2));
    let nothing = async || counted.store.begin().await.unwrap().commit().await.unwrap();
    assert_eq!(counted.round_trips(nothing).await.1, 0);
}
