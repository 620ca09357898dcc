//! News over connections that are lost, cut, or silent.

use crate::link::{Link, State};
use crate::server::Server;
use crate::stand::{COMMAND, Process, SLACK, impatient, product};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_ports::{Invalidation, Invalidations};

/// How long a heartbeat is in these tests.
const HEARTBEAT: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_everything_and_news_come_through_again() {
    let server = Server::start(&[]);
    let one = Process::start(impatient(server.url())).await;
    let other = Process::start(impatient(server.url())).await;
    one.agrees_with(&other, 1).await;
    server.ask("CLIENT KILL TYPE pubsub");
    for process in [&one, &other] {
        process.hears(Invalidation::Everything).await;
    }
    one.agrees_with(&other, 2).await;
    one.news.announce(&[product(3, 7), Invalidation::Everything]).await;
    other.hears(product(3, 7)).await;
    other.hears(Invalidation::Everything).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_is_everything_until_it_is_back() {
    let mut server = Server::start(&[]);
    let one = Process::start(impatient(server.url())).await;
    let other = Process::start(impatient(server.url())).await;
    one.agrees_with(&other, 1).await;
    server.kill();
    let begun = Instant::now();
    for version in 1..1_000 {
        one.news.announce(&[product(2, version)]).await;
    }
    assert!(begun.elapsed() < COMMAND + SLACK, "1,000 announcements took {:?}", begun.elapsed());
    for _ in 0..3 {
        other.hears(Invalidation::Everything).await;
    }
    assert!(!other.news.is_connected());
    server.start_again();
    one.agrees_with(&other, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answering_is_noticed_in_bounded_time_and_holds_up_nobody() {
    let server = Server::start(&[]);
    let one = Process::start(impatient(server.url())).await;
    let idle = Process::start(impatient(server.url())).await;
    one.agrees_with(&idle, 1).await;
    server.freeze();
    let frozen = Instant::now();
    one.news.announce(&[product(2, 2)]).await;
    assert!(frozen.elapsed() < COMMAND + SLACK, "an announcement took {:?}", frozen.elapsed());
    let noticed = idle.hears(Invalidation::Everything).await - frozen;
    assert!(noticed < 2 * HEARTBEAT + COMMAND + SLACK, "an idle process noticed after {noticed:?}");
    server.thaw();
    one.agrees_with(&idle, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_could_not_tell_is_everything_for_the_others_when_it_is_back() {
    let server = Server::start(&[]);
    let link = Link::to(server.port).await;
    let cut_off = Process::start(impatient(link.url())).await;
    let other = Process::start(impatient(server.url())).await;
    cut_off.agrees_with(&other, 1).await;
    link.set(State::Cut);
    cut_off.hears(Invalidation::Everything).await;
    cut_off.news.announce(&[product(2, 2)]).await;
    sleep(2 * HEARTBEAT).await;
    assert_eq!(other.heard(), [], "it has a connection of its own, and was told nothing");
    link.set(State::Up);
    other.hears(Invalidation::Everything).await;
    cut_off.agrees_with(&other, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_goes_silent_is_noticed_though_its_connection_stands() {
    let server = Server::start(&[]);
    let link = Link::to(server.port).await;
    let process = Process::start(impatient(link.url())).await;
    link.set(State::Silent);
    let silent = Instant::now();
    let noticed = process.hears(Invalidation::Everything).await - silent;
    assert!(noticed < 2 * HEARTBEAT + COMMAND + SLACK, "noticed after {noticed:?}");
    link.set(State::Up);
    let other = Process::start(impatient(server.url())).await;
    process.agrees_with(&other, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_was_told_is_not_repeated_and_what_nobody_told_is() {
    let server = Server::start(&[]);
    let link = Link::to(server.port).await;
    let teller = Process::start(impatient(link.url())).await;
    let (reader, other) =
        (Process::start(impatient(server.url())).await, Process::start(impatient(server.url())).await);
    teller.agrees_with(&reader, 1).await;
    reader.agrees_with(&other, 2).await;
    let (told, mark) = (product(3, 7), product(4, 1));
    teller.news.announce(&[told]).await;
    reader.hears(told).await;
    other.hears(told).await;
    // Each reads the same in the log.
    for process in [&teller, &reader] {
        process.heard();
        process.news.repeat(&[product(3, 6), told]).await;
        let heard: Vec<_> = process.heard().into_iter().map(|(_, change)| change).collect();
        assert!(heard.contains(&told), "its own listeners were not called: {heard:?}");
        process.news.announce(&[mark]).await;
        other.hears_first(mark).await;
    }
    // Somebody died before it could tell these.
    for untold in [product(3, 8), product(5, 1)] {
        reader.news.repeat(&[told, untold]).await;
        other.hears_first(untold).await;
        teller.hears(untold).await;
    }
    // One that could not be told is not taken for told.
    link.set(State::Cut);
    teller.hears(Invalidation::Everything).await;
    teller.news.announce(&[product(6, 1)]).await;
    link.set(State::Up);
    teller.agrees_with(&other, 7).await;
    teller.news.repeat(&[product(6, 1)]).await;
    other.hears(product(6, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_release_may_have_said_is_everything() {
    let server = Server::start(&[]);
    let process = Process::start(impatient(server.url())).await;
    assert_eq!(server.ask("PUBLISH wareroom:invalidations whatever"), "1");
    process.hears(Invalidation::Everything).await;
}
