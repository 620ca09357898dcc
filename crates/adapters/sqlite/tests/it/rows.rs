//! Rows that this program would not have written.

use rusqlite::Connection;
use uuid::Uuid;
use wareroom_domain::{
    Description, Image, ImageDraft, ImageId, ImageOwner, ImageUrl, PersonName, Price, ProductDraft, ProductId,
    ProductName, Source, UserDraft,
};
use wareroom_ports::{ProductQueries, Store, StoreError};
use wareroom_sqlite::{SqliteConfig, SqliteStore};

const IMAGE: ImageId = ImageId(Uuid::from_u128(1));

/// A product with an image.
async fn fill(store: &SqliteStore) -> ProductId {
    let name = |text| PersonName::new(text).unwrap();
    let created_at = jiff::Timestamp::UNIX_EPOCH;
    let mut unit = store.begin().await.unwrap();
    let ada = UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at };
    let draft = ProductDraft {
        owner: unit.users().insert(&ada).await.unwrap().id,
        name: ProductName::new("Lamp").unwrap(),
        description: Description::new("").unwrap(),
        price: Price::default(),
        created_at,
    };
    let product = unit.products().insert(&draft).await.unwrap().id;
    let source = Source::Url { url: ImageUrl::new("http://shop.example/lamp.png").unwrap(), content: None };
    let accepted =
        Image::accept(ImageDraft { id: IMAGE, owner: ImageOwner::Product(product), position: 0, source, created_at });
    unit.images().insert(&accepted.image).await.unwrap();
    unit.commit().await.unwrap();
    product
}

#[tokio::test]
async fn a_row_that_means_nothing_here_is_an_error_and_neither_a_guess_nor_the_end_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wareroom.db");
    let store = SqliteStore::open(SqliteConfig::at(&path)).await.unwrap();
    let product = fill(&store).await;
    let beside = Connection::open(&path).unwrap();
    beside.pragma_update(None, "ignore_check_constraints", "on").unwrap();
    for (odd, usual) in [
        ("state = 'dreaming'", "state = 'pending'"),
        ("source_kind = 'fax'", "source_kind = 'url'"),
        ("url = 'no url'", "url = 'http://shop.example/lamp.png'"),
        ("created_at = 'yesterday'", "created_at = '1970-01-01T00:00:00Z'"),
    ] {
        beside.execute(&format!("UPDATE images SET {odd}"), []).unwrap();
        let loaded = store.begin().await.unwrap().images().load(IMAGE).await;
        assert!(matches!(loaded, Err(StoreError::Backend(_))), "{odd}: {loaded:?}");
        assert!(matches!(store.get(product).await, Err(StoreError::Backend(_))), "{odd}");
        beside.execute(&format!("UPDATE images SET {usual}"), []).unwrap();
        assert!(store.begin().await.unwrap().images().load(IMAGE).await.unwrap().is_some(), "{usual}");
    }
}
