//! Bad input, and what it gets: every image ends ready or explained, hides no other image, and costs little memory.
//!
//! Everything is sent to one process of the real binary, most of it at once, from a server on this machine that misbehaves
//! in every way; beside it is a trap that nothing may lead into.

mod doubles;
mod files;
mod house;
mod urls;
mod waits;

use house::House;
use wareroom_test_kit::report;

/// What the process may take at its peak through all of it, in bytes.
const MOST_MEMORY: u64 = 400_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_in_ends_ready_or_explained_beside_images_that_are_ready_within_400_megabytes() {
    let house = House::start().await;
    tokio::join!(
        urls::each_ends_with_its_reason(&house),
        urls::another_product_is_not_delayed(&house),
        waits::servers_are_left_alone_as_long_as_they_ask(&house),
        waits::servers_that_recover_are_asked_until_they_do(&house),
        files::each_gets_its_outcome_by_upload(&house),
        files::each_gets_its_outcome_by_url(&house),
        doubles::the_same_bytes_at_two_products_are_two_images(&house),
    );
    assert_eq!(house.trap.connections(), 0, "somebody was led into the trap");
    let peak = house.binary.peak_memory();
    report(&format!("bad input: {} images, peak memory {} MB", house.images().await, peak / 1_000_000));
    assert!(peak < MOST_MEMORY, "the process took {peak} bytes");
    assert!(house.stop().await, "the binary did not end well");
}
