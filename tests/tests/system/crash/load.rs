//! The clients of a round: each creates products and uploads pictures until the connection is lost.

use super::ledger::{Known, Ledger};
use fastrand::Rng;
use std::sync::Arc;
use tokio::task::JoinHandle;
use wareroom_test_kit::{Client, Encoding, Picture, RunningBinary};

const CLIENTS: u64 = 3;

/// A client ends by itself after so many products, should nobody kill the process.
const PRODUCTS: u64 = 40;

pub(super) fn start(binary: &RunningBinary, round: u64, random: &mut Rng, ledger: &Arc<Ledger>) -> Vec<JoinHandle<()>> {
    (0..CLIENTS)
        .map(|number| {
            let (client, ledger, random) = (binary.client(), Arc::clone(ledger), Rng::with_seed(random.u64(..)));
            // Seeds are unique over the whole run, so a picture in the wrong place is seen.
            let first = (round * CLIENTS + number) * 1_000 + 1;
            tokio::spawn(async move {
                let _lost = run(&client, &ledger, random, first).await;
            })
        })
        .collect()
}

async fn run(client: &Client, ledger: &Ledger, mut random: Rng, first: u64) -> Result<(), reqwest::Error> {
    let user = client.user().await?;
    let mut seed = first;
    for number in 0..PRODUCTS {
        let product = client.product(user, &format!("product {number}")).await?;
        ledger.product_acknowledged(product);
        let seeds: Vec<u64> = (seed..seed + random.u64(1..=3)).collect();
        seed += seeds.len() as u64;
        for &seed in &seeds {
            ledger.image(product, seed, Known::Unknown);
        }
        let files = seeds.iter().map(|&seed| (format!("{seed}.png"), picture(seed).encode(Encoding::Png))).collect();
        client.upload(product, files).await?.expect(201);
        for &seed in &seeds {
            ledger.image(product, seed, Known::Acknowledged);
        }
    }
    Ok(())
}

/// The picture of a seed.
pub(super) fn picture(seed: u64) -> Picture {
    Picture::new(seed, 480, 360)
}
