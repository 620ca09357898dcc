//! Many workers over one database, each held up at random for longer than its lease and failing now and then: they take over
//! from each other all the time, and every image is ready once.

use super::codec::Moods;
use super::worker::{Place, SHORT};
use fastrand::Rng;
use wareroom_test_kit::report;

const WORKERS: usize = 4;
const IMAGES: u8 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_overtake_each_other_at_random_end_every_image_once() {
    let mut random = super::random("turmoil");
    let place = Place::new();
    let shades: Vec<u8> = (0..IMAGES).collect();
    place.product(&shades).await;
    let mut workers = vec![];
    for _ in 0..WORKERS {
        workers.push(place.worker(SHORT, Moods::new(Rng::with_seed(random.u64(..)), SHORT)).await);
    }
    let rows = place.rows();
    rows.until_no_job_is_left().await;
    let before = rows.state();
    // Whoever is late still is when the last job is gone.
    tokio::time::sleep(SHORT * 4).await;
    assert_eq!(rows.state(), before, "something came late and changed something");
    for worker in workers {
        worker.stop().await;
    }
    let effort = rows.assert_every_image_ended_once(&place.blobs());
    assert_eq!((effort.ready, effort.failed), (u64::from(IMAGES), 0));
    assert!(effort.without_effect > 0, "nobody was overtaken, which proves nothing");
    report(&format!(
        "turmoil: {IMAGES} images ready once in {} attempts, of which {} were overtaken",
        effort.begun, effort.without_effect
    ));
}
