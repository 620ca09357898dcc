//! The real binary, stopped by SIGSTOP in the middle of its work for longer than the lease of its jobs, and continued.

use crate::rows::Rows;
use fastrand::Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Client, Encoding, Picture, RunningBinary, Stack, report};

/// A short life for everything: deadline and lease are over while the process stands still, and what failed by that is tried
/// again soon, often enough that nothing is given up.
const FLAGS: [&str; 12] = [
    "--download-timeout",
    "100ms",
    "--job-deadline",
    "2s",
    "--job-lease",
    "2100ms",
    "--codec-timeout",
    "900ms",
    "--worker-concurrency",
    "4",
    "--back-off",
    "100ms,100ms,100ms,100ms,100ms,100ms,100ms,100ms,100ms,100ms,100ms,100ms",
];

/// How often it must be stopped while it processes something.
const STOPS: usize = 3;

/// How often that may be tried.
const TRIES: usize = 30;

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_stood_still_beyond_its_leases_ends_every_image_once() {
    let mut random = super::random("process");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let binary = RunningBinary::start(&data, &FLAGS).await;
    let (client, rows) = (binary.client(), Rows::beside(&data).await);
    let product = client.product(client.user().await.unwrap(), "camera").await.unwrap();
    let (mut pictures, mut stops, mut held) = (BTreeMap::new(), 0, 0);
    for _ in 0..TRIES {
        upload(&client, product, &mut random, &mut pictures).await;
        let met = stand_still_while_it_works(&binary, &rows, &mut random).await;
        client.settled(product, LIMIT).await;
        (stops, held) = (stops + usize::from(met > 0), held + met);
        if stops == STOPS || pictures.len() > 15 {
            break;
        }
    }
    assert_eq!(stops, STOPS, "it was not often enough stopped in the middle of its work");
    rows.until_no_job_is_left().await;
    let shown = client.settled(product, LIMIT).await;
    check(&client, &shown, &pictures).await;
    let effort = rows.assert_every_image_ended_once(&Stack::of_run().blobs(&data));
    let stages = stages(&binary);
    let images = pictures.len() as u64;
    assert_eq!((effort.ready, effort.failed, stages["ready"]), (images, 0, images), "{stages:?}");
    // Each attempt counts but those that were handed back, having waited for their turn while nothing moved.
    assert_eq!(effort.attempts, effort.begun - stages["handed_back"], "{stages:?}");
    assert!(effort.begun > images, "no attempt was lost by standing still, which proves nothing");
    // Nothing is stuck: neither readiness nor the end.
    client.get("/healthz/ready").await.unwrap().expect(200);
    assert!(binary.stop().await, "the binary did not end well");
    report(&format!(
        "frozen process: {stops} stops beyond the lease with {held} images in hand, {images} images ready once in {} attempts, \
         of which {} were overtaken",
        effort.begun, effort.without_effect
    ));
}

async fn upload(client: &Client, product: i64, random: &mut Rng, pictures: &mut BTreeMap<String, Picture>) {
    let mut files = vec![];
    for _ in 0..random.usize(2..=4) {
        let picture = Picture::new(random.u64(1..1_000_000), 2000, 1500);
        let name = format!("{}.jpg", picture.seed);
        files.push((name.clone(), picture.encode(Encoding::Jpeg)));
        pictures.insert(name, picture);
    }
    client.upload(product, files).await.unwrap().expect(201);
}

/// Stops the process at a random moment of its work, and lets it go on when every lease is over. Answers to how many images were
/// being processed then.
async fn stand_still_while_it_works(binary: &RunningBinary, rows: &Rows, random: &mut Rng) -> usize {
    let begun = Instant::now();
    while rows.count("processing") == 0 && begun.elapsed() < Duration::from_secs(1) {
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_millis(random.u64(..40))).await;
    let process = i32::try_from(binary.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    while !stands_still(binary.id()) {
        sleep(Duration::from_millis(1)).await;
    }
    let held = rows.count("processing");
    sleep(rows.longest_loan() + Duration::from_millis(100)).await;
    kill_process(process, Signal::CONT).unwrap();
    held
}

/// How often the log tells of each of these stages.
fn stages(binary: &RunningBinary) -> BTreeMap<&'static str, u64> {
    let lines: Vec<Value> = binary.log().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let count = |stage| lines.iter().filter(|line| line["stage"] == stage).count() as u64;
    ["ready", "handed_back", "overtaken", "retried"].map(|stage| (stage, count(stage))).into()
}

/// Whether all of the process has stopped.
fn stands_still(process: u32) -> bool {
    let threads = std::fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")).unwrap();
    threads.map(Result::unwrap).all(|thread| {
        // A thread may end just now.
        let Ok(status) = std::fs::read_to_string(thread.path().join("stat")) else { return true };
        status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    })
}

/// Each picture is there once, and its renditions show it.
async fn check(client: &Client, shown: &Value, pictures: &BTreeMap<String, Picture>) {
    let images = shown["images"].as_array().unwrap();
    let mut names: Vec<&str> = images.iter().map(|image| image["source"]["filename"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert!(names.iter().copied().eq(pictures.keys().map(String::as_str)), "{names:?}");
    for image in images {
        let picture = pictures[image["source"]["filename"].as_str().unwrap()];
        for rendition in image["renditions"].as_array().unwrap() {
            let (status, bytes) = client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
            assert_eq!((status, picture.differs_from(&bytes)), (200, None), "{rendition:#}");
        }
    }
}
