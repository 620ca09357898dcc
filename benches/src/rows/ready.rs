//! How long a photo takes from its upload to its renditions, when nothing else is to be done.

use crate::Outcome;
use crate::client::Client;
use crate::figures::{Spread, percentile};
use crate::report::{Aim, Line};
use crate::servers::{PLAIN, Running};
use crate::stand::Stand;

const UPLOADS: u32 = 200;
/// Fewer than the most that a product may have.
const OF_ONE_PRODUCT: u32 = 10;

pub(crate) async fn measure(stand: &Stand) -> Outcome<Vec<Line>> {
    let folder = stand.folder()?;
    let server = Running::wareroom(stand, folder.path(), PLAIN).await?;
    let client = Client::new(&server.url);
    let user = client.user().await?;
    let photo = &stand.photos.usual[0];
    let (mut took, mut product) = (vec![], 0);
    for number in 0..UPLOADS {
        if number % OF_ONE_PRODUCT == 0 {
            product = client.product(user, "").await?;
        }
        took.push(client.upload(product, &photo.numbered(number)).await?.as_secs_f64() * 1e3);
    }
    server.end().await?;
    let line = |name: &str, share| {
        let found = percentile(&took, share);
        let spread = Spread { median: found, ..Spread::of(&took) };
        let what = format!("create to ready, one 1-megapixel upload, idle: {name}");
        Line::single(&what, Aim::Told, &spread, "ms", format!("of {UPLOADS} uploads"))
    };
    Ok(vec![line("p50", 0.5), line("p99", 0.99)])
}
