//! Over one file of SQLite.

use super::answers::{Created, Draft, Found, Product, Summary};
use super::{JSON, alive, internal, serve};
use crate::Outcome;
use poem::web::{Data, Json, Path as InPath};
use poem::{EndpointExt, IntoResponse, Route, get, handler, http::StatusCode, post};
use rusqlite::{Connection, OpenFlags, Row};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::spawn_blocking;

/// As many as Wareroom reads with.
const READERS: usize = 4;

type Shared = Arc<Mutex<Connection>>;

/// GET with what one prepared SELECT finds. `inline` runs it on the runtime's own threads, where nothing should block.
pub(super) async fn select(listen: &str, database: &Path, inline: bool) -> Outcome {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = |_| Ok(Arc::new(Mutex::new(Connection::open_with_flags(database, flags)?)));
    let readers = (0..READERS).map(open).collect::<rusqlite::Result<Vec<Shared>>>()?;
    let readers = Arc::new(Readers { connections: readers, next: AtomicUsize::new(0), inline });
    serve(listen, Route::new().at("/products/:id", get(found)).data(readers)).await
}

struct Readers {
    connections: Vec<Shared>,
    next: AtomicUsize,
    inline: bool,
}

#[handler]
async fn found(InPath(id): InPath<i64>, readers: Data<&Arc<Readers>>) -> poem::Result<impl IntoResponse> {
    let place = readers.next.fetch_add(1, Relaxed) % readers.connections.len();
    let connection = Arc::clone(&readers.connections[place]);
    let read = move || load(&connection.lock().unwrap_or_else(PoisonError::into_inner), id);
    let found = if readers.inline { read() } else { spawn_blocking(read).await.map_err(internal)? };
    let body = Found::from(found.map_err(internal)?);
    Ok(serde_json::to_vec(&body).map_err(internal)?.with_content_type(JSON))
}

fn load(connection: &Connection, id: i64) -> rusqlite::Result<Product> {
    connection.prepare_cached("SELECT * FROM products WHERE id = ?1")?.query_one([id], to_product)
}

fn to_product(row: &Row<'_>) -> rusqlite::Result<Product> {
    let hundredths: i64 = row.get("price_hundredths")?;
    #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53")]
    let product_price = hundredths as f64 / 100.0;
    Ok(Product {
        id: row.get("id")?,
        user_id: row.get("owner_id")?,
        product_name: row.get("name")?,
        product_description: row.get("description")?,
        product_price,
        product_images: [],
        compressed_product_images: [],
        images: [],
        images_summary: Summary::default(),
        revision: row.get("revision")?,
        version: row.get("version")?,
        created_at: shown(&row.get::<_, String>("created_at")?),
        updated_at: shown(&row.get::<_, String>("updated_at")?),
    })
}

/// A stored moment as answers have it: without the zeros at its end.
fn shown(stored: &str) -> String {
    let digits = stored.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{digits}Z")
}

/// POST that stores one row and answers with it.
pub(super) async fn insert(listen: &str, database: &Path) -> Outcome {
    let connection = Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.execute_batch(
        "CREATE TABLE products (id INTEGER PRIMARY KEY, user_id INTEGER, product_name TEXT, product_description TEXT, \
         product_price REAL, product_images TEXT) STRICT",
    )?;
    let shared: Shared = Arc::new(Mutex::new(connection));
    serve(listen, Route::new().at("/products", post(created).get(alive)).data(shared)).await
}

#[handler]
async fn created(Json(draft): Json<Draft>, connection: Data<&Shared>) -> poem::Result<impl IntoResponse> {
    let connection = Arc::clone(connection.0);
    let stored = spawn_blocking(move || store(&connection.lock().unwrap_or_else(PoisonError::into_inner), draft));
    let created = stored.await.map_err(internal)?.map_err(internal)?;
    Ok(Json(created).with_status(StatusCode::CREATED))
}

fn store(connection: &Connection, draft: Draft) -> rusqlite::Result<Created> {
    let sql = "INSERT INTO products (user_id, product_name, product_description, product_price, product_images) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let Draft { user_id, product_name, product_description, product_price, product_images } = &draft;
    let images = product_images.join(" ");
    connection.prepare_cached(sql)?.execute((user_id, product_name, product_description, product_price, images))?;
    Ok(Created { id: connection.last_insert_rowid(), draft })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_without_zeros_at_their_end() {
        assert_eq!(shown("2026-11-21T10:00:00.120000000Z"), "2026-11-21T10:00:00.12Z");
        assert_eq!(shown("2026-11-21T10:00:00.000000000Z"), "2026-11-21T10:00:00Z");
    }
}
