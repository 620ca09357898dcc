//! What only this store can be asked of lists: how long they may take, and what becomes of its reader.

use std::time::Duration;
use tempfile::TempDir;
use wareroom_domain::{
    Description, PersonName, Price, ProductDraft, ProductId, ProductName, UserDraft, UserId, folded,
};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductQueries, Store, StoreError};
use wareroom_sqlite::{SqliteConfig, SqliteStore};

const PRODUCTS: usize = 2_000;

async fn opened(folder: &TempDir, list_time: Duration) -> SqliteStore {
    let config = SqliteConfig { readers: 1, list_time, ..SqliteConfig::at(folder.path().join("wareroom.db")) };
    SqliteStore::open(config).await.unwrap()
}

async fn fill(store: &SqliteStore) -> UserId {
    let name = |text| PersonName::new(text).unwrap();
    let created_at = jiff::Timestamp::UNIX_EPOCH;
    let mut unit = store.begin().await.unwrap();
    let ada = UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at };
    let owner = unit.users().insert(&ada).await.unwrap().id;
    for number in 0..PRODUCTS {
        let draft = ProductDraft {
            owner,
            name: ProductName::new(format!("Lamp {number}")).unwrap(),
            description: Description::new("").unwrap(),
            price: Price::default(),
            created_at,
        };
        unit.products().insert(&draft).await.unwrap();
    }
    unit.commit().await.unwrap();
    owner
}

fn named(name: &str) -> ProductFilter {
    ProductFilter { name: Some(folded(name)), ..Default::default() }
}

fn first(limit: usize) -> ProductPage {
    ProductPage { order: ProductOrder::CreatedAt, descending: true, after: None, limit }
}

#[tokio::test]
async fn a_scan_that_takes_longer_than_its_time_is_busy_and_its_reader_serves_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(&folder, Duration::ZERO).await;
    fill(&store).await;
    for _ in 0..3 {
        assert!(matches!(store.list(&named("?!"), &first(20)).await, Err(StoreError::Busy)));
        assert!(store.get(ProductId::new(1).unwrap()).await.unwrap().0.is_some());
    }
    let names: Vec<_> = store.list(&named("LAMP 1999"), &first(1)).await.unwrap();
    assert_eq!(names[0].product.name.as_str(), "Lamp 1999", "what needs no scan has time enough");
}

#[tokio::test]
async fn a_name_that_fits_many_and_one_that_fits_few_are_both_found_and_a_new_name_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(&folder, Duration::from_secs(20)).await;
    fill(&store).await;
    assert_eq!(store.list(&named("lamp"), &first(PRODUCTS + 1)).await.unwrap().len(), PRODUCTS);
    assert_eq!(store.list(&named("amp 77"), &first(100)).await.unwrap().len(), 11);
    let mut unit = store.begin().await.unwrap();
    let mut product = unit.products().load(ProductId::new(78).unwrap()).await.unwrap().unwrap();
    product.name = ProductName::new("ÉTAGÈRE").unwrap();
    unit.products().save(&product).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(store.list(&named("amp 77"), &first(100)).await.unwrap().len(), 10);
    let renamed = store.list(&named("Tagère"), &first(100)).await.unwrap();
    assert_eq!(renamed.iter().map(|view| view.product.id.get()).collect::<Vec<_>>(), [78]);
}
