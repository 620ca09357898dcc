//! What only this store can be asked of lists: how long they may take, and what they cost in a table that is not small.

use crate::{database::Database, samples::stored_user};
use std::time::Duration;
use tokio_postgres::Client;
use wareroom_domain::{Price, ProductId, folded};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, ProductQueries, StoreError, UserFilter};
use wareroom_postgres::{PostgresConfig, PostgresStore};

const PRODUCTS: i32 = 20_000;

/// Many products of two users, with ties in every order; one of them is a rarity.
async fn filled() -> (Database, PostgresStore) {
    let database = Database::migrated().await;
    let config = PostgresConfig { list_time: Duration::from_secs(20), ..database.config() };
    let store = PostgresStore::open(config).await.unwrap();
    let [first, second] = [stored_user(&store).await.id.get(), stored_user(&store).await.id.get()];
    let fill = "INSERT INTO products
             (user_id, product_name, product_name_folded, product_description, product_price, revision, version,
              created_at, updated_at)
         SELECT CASE WHEN n % 2 = 0 THEN $1::bigint ELSE $2::bigint END, name, lower(name), '', (n * 31 % 500) * 0.01,
                1, 1, at, at
         FROM (SELECT n, CASE WHEN n = 777 THEN 'Étagère' ELSE 'Lamp ' || n % 100 END AS name,
                      timestamptz '2026-01-01' + n * 7 % 4000 * interval '1 minute' AS at
               FROM generate_series(1, $3) AS n) AS made";
    let client = database.connect().await;
    client.execute(fill, &[&first, &second, &PRODUCTS]).await.unwrap();
    client.batch_execute("VACUUM ANALYZE products").await.unwrap();
    (database, store)
}

/// Rows of products that were read from the table, one way or another, by sessions that have ended their work.
async fn rows_read(client: &Client) -> i64 {
    let sql = "SELECT pg_stat_clear_snapshot(), seq_tup_read + coalesce(idx_tup_fetch, 0)
               FROM pg_stat_user_tables WHERE relname = 'products'";
    client.query_one(sql, &[]).await.unwrap().get(1)
}

/// Waits until nobody else has a session: what each did is told when it ends, at the latest.
async fn alone(client: &Client) {
    let others = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many products a page shows, and how many rows were read for it.
async fn cost(database: &Database, filter: &ProductFilter, page: &ProductPage) -> (usize, i64) {
    let client = database.connect().await;
    alone(&client).await;
    let before = rows_read(&client).await;
    let store = database.store().await;
    let found = store.list(filter, page).await.unwrap().len();
    drop(store);
    alone(&client).await;
    (found, rows_read(&client).await - before)
}

#[tokio::test]
async fn a_page_reads_about_as_many_rows_as_it_shows_however_deep_it_is() {
    let (database, store) = filled().await;
    let owner =
        Some(store.list(&ProductFilter::default(), &first(ProductOrder::Price)).await.unwrap()[0].product.owner);
    let mut deep = vec![];
    for order in [ProductOrder::CreatedAt, ProductOrder::Price, ProductOrder::Name] {
        for (descending, owner) in [(false, None), (true, None), (false, owner), (true, owner)] {
            let filter = ProductFilter { owner, ..ProductFilter::default() };
            let page = ProductPage { descending, limit: 5_000, ..first(order) };
            let before = store.list(&filter, &page).await.unwrap();
            let after = before.last().map(|view| ProductPlace::of(&view.product, order));
            deep.push((filter, ProductPage { after, limit: 20, ..page }));
        }
    }
    drop(store);
    for (filter, page) in deep {
        let (found, read) = cost(&database, &filter, &page).await;
        assert_eq!(found, 20);
        assert!(read <= 60, "{read} rows for {page:?} of {filter:?}");
    }
}

#[tokio::test]
async fn a_name_that_fits_few_and_one_that_fits_many_are_both_found_without_looking_through_all() {
    let (database, store) = filled().await;
    drop(store);
    let named = |name: &str| ProductFilter { name: Some(folded(name)), ..ProductFilter::default() };
    for order in [ProductOrder::CreatedAt, ProductOrder::Price, ProductOrder::Name] {
        let (found, read) = cost(&database, &named("TAGÈRE"), &first(order)).await;
        assert!(found == 1 && read < 500, "few, by {order:?}: {found} of {read}");
        let (found, read) = cost(&database, &named("amp"), &first(order)).await;
        assert!(found == 20 && read < 500, "many, by {order:?}: {found} of {read}");
    }
}

const fn first(order: ProductOrder) -> ProductPage {
    ProductPage { order, descending: true, after: None, limit: 20 }
}

#[tokio::test]
async fn a_list_that_takes_longer_than_its_time_is_busy_and_its_connection_serves_the_next() {
    let (database, _) = filled().await;
    let (connections, list_time) = (1, Duration::from_millis(1));
    let config = PostgresConfig { connections, list_time, ..database.config() };
    let store = PostgresStore::open(config).await.unwrap();
    let scan = ProductFilter { name: Some("?!".to_owned()), ..ProductFilter::default() };
    for _ in 0..3 {
        assert!(matches!(store.list(&scan, &first(ProductOrder::Name)).await, Err(StoreError::Busy)));
        assert!(store.get(ProductId::new(1).unwrap()).await.unwrap().0.is_some());
    }
}

#[tokio::test]
async fn a_filter_with_a_nul_fits_nothing_and_is_no_error() {
    let (_database, store) = filled().await;
    let text = Some("lamp\0".to_owned());
    let products = ProductFilter { name: text.clone(), max_price: Some(Price::MAX), ..ProductFilter::default() };
    assert_eq!(store.list(&products, &first(ProductOrder::Name)).await.unwrap(), []);
    let users = UserFilter { first_name: text, last_name: None };
    assert_eq!(wareroom_ports::UserQueries::list(&store, &users, None, 10).await.unwrap(), []);
}
