//! Several processes over one stack of servers: two APIs and two workers, none of which leads.

use crate::rows::Rows;
use futures::future::join_all;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use wareroom_test_kit::{Client, Encoding, Picture, Stack, ThinBinary, connect_beside, report};

const UPLOADS: u64 = 200;
const PER_PRODUCT: u64 = 10;
/// How many products are filled at once.
const CLIENTS: u64 = 4;
/// How long all of it may take on a busy machine: jobs of a killed worker wait for the end of their lease.
const LIMIT: Duration = Duration::from_mins(3);

/// Uploads the pictures of a product one by one, through whichever API answers. What was cut off is sent again until it is
/// answered: it may be there twice then, and never not at all.
async fn fill(apis: &[Client], product: i64, pictures: std::ops::Range<u64>, sent: &AtomicUsize) {
    for seed in pictures {
        let file = Picture::new(seed, 320, 240).encode(Encoding::Jpeg);
        let mut answered = false;
        for attempt in 0..100 {
            let api = &apis[(usize::try_from(seed).unwrap() + attempt) % apis.len()];
            let upload = api.upload(product, vec![(format!("{seed}.jpg"), file.clone())]).await;
            answered = upload.is_ok_and(|answer| answer.status == 201);
            if answered {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(answered, "picture {seed} was taken by no API");
        sent.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_apis_and_two_workers_lose_nothing_when_one_of_each_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, stack) = (folder.path().join("data"), Stack::Servers);
    let began = Instant::now();
    let apis = [ThinBinary::api(stack, &data, &[]).await, ThinBinary::api(stack, &data, &["--stop-delay", "1s"]).await];
    let workers = [ThinBinary::worker(stack, &data, &[]).await, ThinBinary::worker(stack, &data, &[]).await];
    let clients = [apis[0].client(), apis[1].client()];
    let user = clients[0].user().await.unwrap();
    let mut products = vec![];
    for number in 0..UPLOADS / PER_PRODUCT {
        products.push(clients[1].product(user, &format!("product {number}")).await.unwrap());
    }

    let sent = AtomicUsize::new(0);
    let [first_api, second_api] = apis;
    let [first_worker, second_worker] = workers;
    let doomed = Mutex::new(Some((first_api, first_worker)));
    let filling = join_all((0..CLIENTS).map(|client| {
        let (products, clients, sent) = (&products, &clients, &sent);
        async move {
            for (number, product) in (0..).zip(products).filter(|(number, _)| number % CLIENTS == client) {
                fill(clients, *product, number * PER_PRODUCT..(number + 1) * PER_PRODUCT, sent).await;
            }
        }
    }));
    let killing = async {
        while sent.load(Ordering::SeqCst) < 80 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (api, worker) = doomed.lock().await.take().unwrap();
        api.kill().await;
        worker.kill().await;
    };
    tokio::join!(filling, killing);

    let client = second_api.client();
    let mut seen = BTreeMap::new();
    for product in &products {
        for image in client.settled(*product, LIMIT).await["images"].as_array().unwrap() {
            assert_eq!(image["status"], "ready", "{image:#}");
            let name = image["source"]["filename"].as_str().unwrap().to_owned();
            *seen.entry(name).or_insert(0) += 1;
        }
    }
    assert_eq!(seen.len(), usize::try_from(UPLOADS).unwrap(), "every upload is there");
    let rows = Rows::over(connect_beside(&data).await);
    rows.until_no_job_is_left().await;
    let effort = rows.assert_every_image_ended_once(&stack.blobs(&data));

    // The operator sees it, in both kinds of processes.
    for (process, told) in [
        (&second_worker, "wareroom_jobs_total{outcome=\"acknowledged\"}"),
        (&second_api, "route=\"/products/{id}/images\""),
    ] {
        let (status, page) = process.operator().bytes(&format!("{}/metrics", process.admin_url)).await.unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(status == 200 && page.contains(told), "{page}");
    }
    let ready: Value = second_api.operator().get("/healthz/ready").await.unwrap().expect(200);
    assert_eq!(ready["lost"], Value::Array(vec![]), "{ready:#}");

    let stopping = Instant::now();
    let (api, worker) = tokio::join!(second_api.stop(), second_worker.stop());
    assert!(api && worker, "API and worker end well: {api} {worker}");
    assert!(stopping.elapsed() < Duration::from_secs(30), "{:?}", stopping.elapsed());
    report(&format!(
        "two APIs, two workers: {UPLOADS} uploads, one of each killed after 80; {} images ready in {} attempts, in {} s",
        effort.ready,
        effort.begun,
        began.elapsed().as_secs()
    ));
}
