//! What it costs to have Wareroom running: memory, and time to start.

use crate::Outcome;
use crate::client::Client;
use crate::figures::Spread;
use crate::report::{Aim, Line};
use crate::servers::{PLAIN, Running};
use crate::stand::Stand;
use tokio::time::{Duration, sleep};

const STARTS: usize = 20;

/// Idle, and at the most with the large photo.
pub(crate) async fn memory(stand: &Stand) -> Outcome<Vec<Line>> {
    let (mut idle, mut peak) = (vec![], vec![]);
    for _ in 0..stand.pairs {
        let folder = stand.folder()?;
        let server = Running::wareroom(stand, folder.path(), PLAIN).await?;
        sleep(Duration::from_secs(2)).await;
        idle.push(server.memory("VmRSS")?);
        let client = Client::new(&server.url);
        let product = client.product(client.user().await?, "").await?;
        client.upload(product, &stand.photos.large).await?;
        peak.push(server.memory("VmHWM")?);
        server.end().await?;
    }
    let line = |what, limit, found: &[f64]| {
        Line::single(what, Aim::Below(limit), &Spread::of(found), "MB", format!("of {} starts", found.len()))
    };
    Ok(vec![line("memory, idle `serve`", 40.0, &idle), line("memory, peak with the 16-megapixel image", 250.0, &peak)])
}

/// From the start of the process to the first good answer of `/healthz/ready`, the data directory being there.
pub(crate) async fn start(stand: &Stand) -> Outcome<Line> {
    let folder = stand.folder()?;
    Running::wareroom(stand, folder.path(), PLAIN).await?.end().await?;
    let mut took = vec![];
    for _ in 0..STARTS {
        let server = Running::wareroom(stand, folder.path(), PLAIN).await?;
        took.push(server.started_in.as_secs_f64() * 1e3);
        server.end().await?;
    }
    let what = "start-up until `/healthz/ready` answers";
    Ok(Line::single(what, Aim::Below(200.0), &Spread::of(&took), "ms", format!("of {STARTS} starts")))
}
