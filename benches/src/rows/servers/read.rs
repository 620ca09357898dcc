//! GET by id, from each of the places that an answer comes from.

use crate::Outcome;
use crate::client::Client;
use crate::report::{Aim, Line};
use crate::rows::read::{CONSTANT, compare, description};
use crate::servers::Running;
use crate::stand::Stand;
use tokio::time::{Duration, Instant, sleep};

/// How soon a process tells what another changed.
const COHERENT: Duration = Duration::from_secs(1);

/// A row of the table.
struct Row {
    what: &'static str,
    against: &'static str,
    least: f64,
    /// Where its answers come from, in Wareroom's own words.
    origin: &'static str,
}

const NEAR: Row = Row {
    what: "GET by id, near cache hit, kept coherent over Redis",
    against: CONSTANT,
    least: 0.95,
    origin: "wareroom; hit; detail=near",
};

const SHARED: Row = Row {
    what: "GET by id, Redis hit, near cache off",
    against: "bare poem and one Redis GET, the same bytes",
    least: 0.85,
    origin: "wareroom; hit; detail=shared",
};

const STORE: Row = Row {
    what: "GET by id, no cache",
    against: "bare poem and one prepared SELECT, the same rows and bytes",
    least: 0.6,
    origin: "wareroom; fwd=miss",
};

pub(super) async fn measure(row: &str, stand: &Stand) -> Outcome<Line> {
    let stack = stand.stack().await?;
    let mut settings = if row == "pg-store" { stack.settings_without_cache() } else { stack.settings() };
    if row != "pg-near" {
        settings.extend(["--near-cache", "0"].map(str::to_owned));
    }
    let folder = stand.folder()?;
    let ours = Running::wareroom(stand, folder.path(), &settings).await?;
    let client = Client::new(&ours.url);
    let product = client.product(client.user().await?, &description()).await?;
    let path = format!("/products/{product}");
    let body = client.get(&path).await?;
    let file = Stand::write(folder.path(), "body", &body)?.display().to_string();
    let id = product.to_string();
    let (row, bare) = match row {
        "pg-near" => (NEAR, vec!["bare-constant", "--body", &file]),
        "pg-redis" => (SHARED, vec!["bare-redis", "--redis", stack.redis(), "--product", &id, "--body", &file]),
        _ => (STORE, vec!["bare-postgres-select", "--postgres", &stack.database]),
    };
    let theirs = Running::bare(stand, folder.path(), &bare, &path).await?;
    comes_from(&client, &path, row.origin).await?;
    let compared = compare(stand, &ours, &theirs, &path, &body).await?;
    comes_from(&client, &path, row.origin).await?;
    theirs.end().await?;
    if row.origin == NEAR.origin {
        let folder = stand.folder()?;
        let other = Running::wareroom(stand, folder.path(), &settings).await?;
        is_coherent(&client, &Client::new(&other.url), product).await?;
        other.end().await?;
    }
    ours.end().await?;
    stack.end().await?;
    Ok(Line::compared(row.what, row.against, Aim::AtLeast(row.least), &compared, "a second"))
}

/// The place that is measured, from the second answer on at the latest.
async fn comes_from(client: &Client, path: &str, expected: &str) -> Outcome {
    client.get(path).await?;
    let origin = client.origin(path).await?;
    if origin == expected { Ok(()) } else { Err(format!("an answer came from {origin:?}, not {expected:?}").into()) }
}

/// What is changed by way of another process is soon told by this one, which had the answer at hand.
async fn is_coherent(client: &Client, other: &Client, product: i64) -> Outcome {
    let path = format!("/products/{product}");
    comes_from(client, &path, NEAR.origin).await?;
    other.set_price(product, 1.25).await?;
    let changed = Instant::now();
    while client.read(&path).await?["data"]["product_price"] != 1.25 {
        if changed.elapsed() > COHERENT {
            return Err("the near cache still tells what another process has changed".into());
        }
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
