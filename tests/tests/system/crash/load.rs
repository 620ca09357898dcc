//! The clients of a round: each creates products, with the URLs of pictures or with uploads, until the connection is lost.

use super::World;
use super::ledger::Known;
use fastrand::Rng;
use serde_json::json;
use std::sync::Arc;
use tokio::task::JoinHandle;
use wareroom_test_kit::{Client, Encoding, Lost, OriginPage, Picture, RunningBinary};

const CLIENTS: u64 = 3;

/// A client ends by itself after so many products, should nobody kill the process.
const PRODUCTS: u64 = 40;

pub(super) fn start(binary: &RunningBinary, round: u64, random: &mut Rng, world: &Arc<World>) -> Vec<JoinHandle<()>> {
    (0..CLIENTS)
        .map(|number| {
            let (client, world, random) = (binary.client(), Arc::clone(world), Rng::with_seed(random.u64(..)));
            // Seeds are unique over the whole run, so a picture in the wrong place is seen.
            let first = (round * CLIENTS + number) * 1_000 + 1;
            tokio::spawn(async move {
                let _lost = run(&client, &world, random, first).await;
            })
        })
        .collect()
}

async fn run(client: &Client, world: &World, mut random: Rng, first: u64) -> Result<(), Lost> {
    let user = client.user().await?;
    let mut seed = first;
    for _ in 0..PRODUCTS {
        let seeds: Vec<u64> = (seed..seed + random.u64(1..=3)).collect();
        seed += seeds.len() as u64;
        if random.bool() {
            name(client, world, user, &seeds).await?;
        } else {
            upload(client, world, user, &seeds).await?;
        }
    }
    Ok(())
}

/// Creates a product whose pictures are to be fetched: product and images are acknowledged by one answer.
async fn name(client: &Client, world: &World, user: i64, seeds: &[u64]) -> Result<(), Lost> {
    for &seed in seeds {
        world.origin.put(&path(seed), page(seed));
    }
    let urls: Vec<String> = seeds.iter().map(|&seed| world.origin.url(&path(seed))).collect();
    let input = json!({"user_id": user, "product_name": "by URL", "product_price": 18.99, "product_images": urls});
    let product = client.post("/products", &input).await?.expect(201);
    let product = product["data"]["id"].as_i64().unwrap();
    world.ledger.product_acknowledged(product);
    for &seed in seeds {
        world.ledger.image(product, seed, Known::Acknowledged);
    }
    Ok(())
}

/// Creates a product and uploads its pictures in one request.
async fn upload(client: &Client, world: &World, user: i64, seeds: &[u64]) -> Result<(), Lost> {
    let product = client.product(user, "by upload").await?;
    world.ledger.product_acknowledged(product);
    for &seed in seeds {
        world.ledger.image(product, seed, Known::Unknown);
    }
    let files = seeds.iter().map(|&seed| (format!("{seed}.png"), picture(seed).encode(Encoding::Png))).collect();
    client.upload(product, files).await?.expect(201);
    for &seed in seeds {
        world.ledger.image(product, seed, Known::Acknowledged);
    }
    Ok(())
}

/// The picture of a seed.
pub(super) fn picture(seed: u64) -> Picture {
    Picture::new(seed, 480, 360)
}

/// Where the origin has the picture of a seed.
pub(super) fn path(seed: u64) -> String {
    format!("/{seed}.png")
}

/// How often the origin fails before it gives the picture of a seed: some never, some once, some twice.
pub(super) fn failures(seed: u64) -> usize {
    usize::try_from(seed % 3).unwrap()
}

fn page(seed: u64) -> OriginPage {
    OriginPage::recovering(failures(seed), 503, OriginPage::image(picture(seed).encode(Encoding::Png)))
}
