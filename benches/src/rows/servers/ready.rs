//! How long it takes from creating a product to the renditions of its image, when nothing else is to be done.

use crate::Outcome;
use crate::client::Client;
use crate::figures::{Spread, percentile};
use crate::report::{Aim, Line};
use crate::rows::create::{LOCAL_IMAGES, origin};
use crate::servers::Running;
use crate::stand::Stand;

const PRODUCTS: u32 = 200;

pub(super) async fn measure(stand: &Stand) -> Outcome<Vec<Line>> {
    let (stack, folder) = (stand.stack().await?, stand.folder()?);
    let origin = origin(stand, folder.path(), &["--numbered"]).await?;
    let settings = [stack.settings(), LOCAL_IMAGES.map(str::to_owned).to_vec()].concat();
    let server = Running::wareroom(stand, folder.path(), &settings).await?;
    let client = Client::new(&server.url);
    let user = client.user().await?;
    let mut took = vec![];
    for number in 0..PRODUCTS {
        let image = format!("{}/{number}.jpg", origin.url);
        took.push(client.product_until_ready(user, &image).await?.as_secs_f64() * 1e3);
    }
    server.end().await?;
    origin.end().await?;
    stack.end().await?;
    let line = |name: &str, aim, share| {
        let spread = Spread { median: percentile(&took, share), ..Spread::of(&took) };
        let what = format!("create to ready, one small image by URL, idle: {name}");
        Line::single(&what, aim, &spread, "ms", format!("of {PRODUCTS} products"))
    };
    Ok(vec![line("p50", Aim::Told, 0.5), line("p99", Aim::Below(250.0), 0.99)])
}
