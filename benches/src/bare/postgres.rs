//! Over PostgreSQL, with a pool as large as Wareroom's.

use super::answers::{Created, Draft, Found, Product, Summary};
use super::{JSON, alive, internal, serve};
use crate::Outcome;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use jiff::Timestamp;
use poem::web::{Data, Json, Path as InPath};
use poem::{EndpointExt, IntoResponse, Route, get, handler, http::StatusCode, post};
use tokio_postgres::{Error, NoTls, Row};

/// As many as Wareroom has.
const CONNECTIONS: usize = 10;

fn pool(url: &str) -> Outcome<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(url.parse()?, NoTls, recycling);
    Ok(Pool::builder(manager).max_size(CONNECTIONS).build()?)
}

/// GET with what one prepared SELECT finds.
pub(super) async fn select(listen: &str, url: &str) -> Outcome {
    serve(listen, Route::new().at("/products/:id", get(found)).data(pool(url)?)).await
}

#[handler]
async fn found(InPath(id): InPath<i64>, pool: Data<&Pool>) -> poem::Result<impl IntoResponse> {
    const SELECT: &str = "SELECT id, user_id, product_name, product_description, product_price::double precision, revision, \
                          version, created_at, updated_at FROM products WHERE id = $1";
    let client = pool.get().await.map_err(internal)?;
    let statement = client.prepare_cached(SELECT).await.map_err(internal)?;
    let row = client.query_one(&statement, &[&id]).await.map_err(internal)?;
    drop(client);
    let body = Found::from(to_product(&row).map_err(internal)?);
    Ok(serde_json::to_vec(&body).map_err(internal)?.with_content_type(JSON))
}

fn to_product(row: &Row) -> Result<Product, Error> {
    let moment = |name| Ok(row.try_get::<_, Timestamp>(name)?.to_string());
    Ok(Product {
        id: row.try_get("id")?,
        user_id: row.try_get("user_id")?,
        product_name: row.try_get("product_name")?,
        product_description: row.try_get("product_description")?,
        product_price: row.try_get("product_price")?,
        product_images: [],
        compressed_product_images: [],
        images: [],
        images_summary: Summary::default(),
        revision: row.try_get("revision")?,
        version: row.try_get("version")?,
        created_at: moment("created_at")?,
        updated_at: moment("updated_at")?,
    })
}

/// POST that stores one row and answers with it.
pub(super) async fn insert(listen: &str, url: &str) -> Outcome {
    let pool = pool(url)?;
    let table = "CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint, product_name text, \
                 product_description text, product_price double precision, product_images text)";
    pool.get().await?.batch_execute(table).await?;
    serve(listen, Route::new().at("/products", post(created).get(alive)).data(pool)).await
}

#[handler]
async fn created(Json(draft): Json<Draft>, pool: Data<&Pool>) -> poem::Result<impl IntoResponse> {
    const INSERT: &str = "INSERT INTO bare (user_id, product_name, product_description, product_price, product_images) \
                          VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let client = pool.get().await.map_err(internal)?;
    let statement = client.prepare_cached(INSERT).await.map_err(internal)?;
    let Draft { user_id, product_name, product_description, product_price, product_images } = &draft;
    let images = product_images.join(" ");
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [user_id, product_name, product_description, product_price, &images];
    let row = client.query_one(&statement, &values).await.map_err(internal)?;
    drop(client);
    let created = Created { id: row.try_get("id").map_err(internal)?, draft };
    Ok(Json(created).with_status(StatusCode::CREATED))
}
