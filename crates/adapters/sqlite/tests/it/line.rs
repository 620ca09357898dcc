//! Units of work that stand in line together, over the real schema: what each of them sees, and what is stored.

use rusqlite::Connection;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::{JoinHandle, yield_now};
use wareroom_domain::{
    Description, PersonName, Price, Product, ProductDraft, ProductName, Sha256, UserDraft, UserId, Version,
};
use wareroom_ports::{IdempotencyKey, Reservation, Store, StoreError};
use wareroom_sqlite::{SqliteConfig, SqliteStore};

const AT: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;
const LEASE: Duration = Duration::from_mins(1);

struct Place {
    store: Arc<SqliteStore>,
    path: PathBuf,
    user: UserId,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wareroom.db");
        let store = SqliteStore::open(SqliteConfig::at(&path)).await.unwrap();
        let name = |text| PersonName::new(text).unwrap();
        let draft = UserDraft { first_name: name("Ada"), last_name: name("Byron"), created_at: AT };
        let mut unit = store.begin().await.unwrap();
        let user = unit.users().insert(&draft).await.unwrap().id;
        unit.commit().await.unwrap();
        Self { store: Arc::new(store), path, user, _folder: folder }
    }

    async fn product(&self, name: &str) -> Product {
        create(&self.store, self.user, name).await.unwrap()
    }

    /// What another process reads.
    fn stored<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        Connection::open(&self.path).unwrap().query_one(sql, [], |row| row.get(0)).unwrap()
    }
}

async fn create(store: &SqliteStore, owner: UserId, name: &str) -> Result<Product, StoreError> {
    let draft = ProductDraft {
        owner,
        name: ProductName::new(name).unwrap(),
        description: Description::new("boils water").unwrap(),
        price: Price::from_hundredths(3490).unwrap(),
        created_at: AT,
    };
    let mut unit = store.begin().await?;
    let product = unit.products().insert(&draft).await?;
    unit.commit().await?;
    Ok(product)
}

fn key(key: &str) -> IdempotencyKey {
    IdempotencyKey { scope: "POST /products".to_owned(), key: key.to_owned() }
}

fn asked() -> Sha256 {
    Sha256([7; 32])
}

/// Begins what it is given, so that it stands in line.
async fn stand<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let standing = tokio::spawn(work);
    yield_now().await;
    standing
}

#[tokio::test]
async fn a_request_with_a_new_key_decides_by_what_is_stored() {
    let place = Place::new().await;
    let product = place.product("kettle").await;
    let mut first = place.store.begin().await.unwrap();
    first.products().touch(product.id, AT).await.unwrap();
    let store = Arc::clone(&place.store);
    let second = stand(async move {
        let mut unit = store.begin().await.unwrap();
        let reserved = unit.idempotency().reserve(&key("new"), asked(), AT, LEASE).await.unwrap();
        assert!(matches!(reserved, Reservation::Granted { .. }));
        let seen = unit.products().load(product.id).await.unwrap().unwrap().version;
        (seen, unit)
    })
    .await;
    let first = stand(first.commit()).await;
    let (seen, unit) = second.await.unwrap();
    // The second is still open: nothing but its looking had the first stored.
    assert_eq!(seen, Version(2));
    assert_eq!(place.stored::<u64>("SELECT version FROM products"), 2);
    unit.commit().await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(place.stored::<u64>("SELECT count(*) FROM idempotency_keys"), 1);
}

#[tokio::test]
async fn a_request_that_comes_again_in_the_same_line_is_told_what_is_stored() {
    let place = Place::new().await;
    let mut first = place.store.begin().await.unwrap();
    let reserved = first.idempotency().reserve(&key("same"), asked(), AT, LEASE).await.unwrap();
    let Reservation::Granted { token } = reserved else { panic!("{reserved:?}") };
    first.idempotency().answer(&key("same"), token, "done".into()).await.unwrap();
    let store = Arc::clone(&place.store);
    let second = stand(async move {
        let mut unit = store.begin().await.unwrap();
        (unit.idempotency().reserve(&key("same"), asked(), AT, LEASE).await.unwrap(), unit)
    })
    .await;
    let first = stand(first.commit()).await;
    let (told, unit) = second.await.unwrap();
    assert_eq!(told, Reservation::Answered("done".into()));
    assert_eq!(place.stored::<Vec<u8>>("SELECT answer FROM idempotency_keys"), b"done");
    drop(unit);
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_key_goes_with_what_its_unit_does_and_not_without_it() {
    let place = Place::new().await;
    for (name, commits) in [("kept", true), ("dropped", false)] {
        let mut unit = place.store.begin().await.unwrap();
        unit.idempotency().reserve(&key(name), asked(), AT, LEASE).await.unwrap();
        let again = unit.idempotency().reserve(&key(name), asked(), AT, LEASE).await.unwrap();
        assert_eq!(again, Reservation::Running, "it is its own");
        if commits {
            unit.commit().await.unwrap();
        }
    }
    assert_eq!(place.stored::<String>("SELECT group_concat(key) FROM idempotency_keys"), "kept");
}

#[tokio::test]
async fn products_in_a_line_are_all_found_and_the_refused_among_them_leave_nothing() {
    let place = Place::new().await;
    let held = place.store.begin().await.unwrap();
    let mut line = vec![];
    for number in 0..200_i64 {
        let (store, user) = (Arc::clone(&place.store), place.user);
        let owner = if number % 5 == 3 { UserId::new(user.get() + 1).unwrap() } else { user };
        line.push(stand(async move { create(&store, owner, &format!("kettle {number:03}")).await }).await);
    }
    drop(held);
    let mut ids = vec![];
    for (number, product) in line.into_iter().enumerate() {
        match product.await.unwrap() {
            Ok(product) => ids.push(product.id.get()),
            Err(error) => {
                assert_eq!(number % 5, 3);
                assert!(matches!(error, StoreError::UnknownReference("user")), "{error:?}");
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 160);
    assert_eq!(place.stored::<u64>("SELECT count(*) FROM products"), 160);
    let found = "SELECT count(*) FROM product_names WHERE product_names MATCH 'kettle'";
    assert_eq!(place.stored::<u64>(found), 160);
    let refused = "SELECT count(*) FROM product_names WHERE product_names MATCH '\"kettle 003\"'";
    assert_eq!(place.stored::<u64>(refused), 0);
    let connection = Connection::open(&place.path).unwrap();
    let check = "INSERT INTO product_names (product_names, rank) VALUES ('integrity-check', 1)";
    connection.execute(check, []).unwrap();
}
