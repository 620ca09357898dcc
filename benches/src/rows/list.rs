//! The list's first page against its thousandth.

use crate::Outcome;
use crate::client::Client;
use crate::load::Target;
use crate::pairs::{Compared, alternate};
use crate::report::{Aim, Line};
use crate::servers::{PLAIN, Running};
use crate::stand::Stand;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use wareroom_domain::{Description, Price, ProductDraft, ProductName, UserId};
use wareroom_ports::Store;
use wareroom_sqlite::{SqliteConfig, SqliteStore};

const PRODUCTS: u32 = 200_000;
const PAGE: u32 = 1000;

pub(crate) async fn measure(stand: &Stand) -> Outcome<Line> {
    let folder = stand.folder()?;
    let server = Running::wareroom(stand, folder.path(), PLAIN).await?;
    let user = Client::new(&server.url).user().await?;
    server.end().await?;
    fill(&folder.path().join("data/wareroom.sqlite"), user).await?;

    let server = Running::wareroom(stand, folder.path(), PLAIN).await?;
    let (compared, bytes) = compare(stand, &server.url).await?;
    server.end().await?;
    let what = format!("list of 200,000 products, page 1,000 (20 products, {bytes} bytes)");
    Ok(Line::compared(&what, "its first page", Aim::AtLeast(0.9), &compared, "a second"))
}

/// A late page against the first, and how many bytes it has.
pub(super) async fn compare(stand: &Stand, url: &str) -> Outcome<(Compared, usize)> {
    let client = Client::new(url);
    let mut path = "/products".to_owned();
    for _ in 1..PAGE {
        let page = client.read(&path).await?;
        let cursor = page["next_cursor"].as_str().ok_or("the list ended before the page that is measured")?;
        path = format!("/products?cursor={cursor}");
    }
    let bytes = client.get(&path).await?.len();
    let first = Target::get(format!("{url}/products"));
    let late = Target::get(format!("{url}{path}"));
    stand.load.warm_up(&first).await?;
    stand.load.warm_up(&late).await?;
    let compared = alternate(stand.pairs, async || stand.load.run(&late).await, async || stand.load.run(&first).await);
    Ok((compared.await?, bytes))
}

/// Writes the products through the store's own adapter, many in one transaction.
async fn fill(database: &Path, user: i64) -> Outcome {
    const TOGETHER: u32 = 10_000;
    let store = SqliteStore::open(SqliteConfig::at(database)).await?;
    let begin = Timestamp::from_second(1_700_000_000)?;
    for group in 0..PRODUCTS / TOGETHER {
        let mut unit = store.begin().await?;
        for number in group * TOGETHER..(group + 1) * TOGETHER {
            let draft = ProductDraft {
                owner: UserId::new(user)?,
                name: ProductName::new(format!("Kettle {number}"))?,
                description: Description::new("Boils a litre in three minutes.")?,
                price: Price::from_hundredths(u64::from(number % 10_000))?,
                created_at: begin + SignedDuration::from_secs(number.into()),
            };
            unit.products().insert(&draft).await?;
        }
        unit.commit().await?;
    }
    Ok(())
}
