//! The list's first page against its thousandth.

use crate::Outcome;
use crate::client::Client;
use crate::report::{Aim, Line};
use crate::rows::list::compare;
use crate::servers::Running;
use crate::stand::Stand;
use tokio_postgres::Client as Database;

pub(super) async fn measure(stand: &Stand) -> Outcome<Line> {
    let (stack, folder) = (stand.stack().await?, stand.folder()?);
    let server = Running::wareroom(stand, folder.path(), &stack.settings()).await?;
    let user = Client::new(&server.url).user().await?;
    fill(&stack.connect().await?, user, stand.products).await?;
    let (compared, bytes) = compare(stand, &server.url).await?;
    server.end().await?;
    stack.end().await?;
    let what = format!("list of {} products, page 1,000 (20 products, {bytes} bytes)", stand.products);
    Ok(Line::compared(&what, "its first page", Aim::AtLeast(0.9), &compared, "a second"))
}

/// Writes the products by one statement. Their indexes are made afterwards, all at once, which is much quicker for millions.
async fn fill(database: &Database, user: i64, products: u32) -> Outcome {
    const INDEXES: &str = "SELECT indexname, indexdef FROM pg_indexes
                           WHERE schemaname = current_schema() AND tablename = 'products' AND indexname <> 'products_pkey'";
    let mut indexes = vec![];
    for row in database.query(INDEXES, &[]).await? {
        let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        database.batch_execute(&format!("DROP INDEX {name}")).await?;
        indexes.push(definition);
    }
    let insert = "INSERT INTO products (user_id, product_name, product_name_folded, product_description, product_price, \
                  revision, version, created_at, updated_at) \
                  SELECT $1::bigint, 'Kettle ' || number, 'kettle ' || number, 'Boils a litre in three minutes.', \
                  (number % 10000) * 0.01, 1, 1, at, at \
                  FROM generate_series(1, $2::bigint) AS number, \
                  LATERAL (SELECT timestamptz '2023-11-14 22:13:20Z' + number * interval '1 second') AS made (at)";
    database.execute(insert, &[&user, &i64::from(products)]).await?;
    database.batch_execute("SET maintenance_work_mem = '512MB'").await?;
    for definition in indexes {
        database.batch_execute(&definition).await?;
    }
    // What the server does by itself sooner or later, not while it is measured.
    Ok(database.batch_execute("VACUUM (ANALYZE) products").await?)
}
