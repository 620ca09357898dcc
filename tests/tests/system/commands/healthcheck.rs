//! `wareroom healthcheck`: what a container runs beside its server.

use super::{Place, Ran};
use rustix::process::{Pid, Signal, kill_process};
use std::net::TcpListener;
use wareroom_test_kit::RunningBinary;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_ready_is_told_from_one_that_is_stopping_or_gone() {
    let place = Place::new();
    let binary = RunningBinary::start(&place.data(), &["--stop-delay", "1h"]).await;
    let url = binary.url.clone();
    assert_eq!(place.run(&["healthcheck", "--url", &url]).expect(0), "ready\n");
    // As in a container, where both are told the same.
    let listen = url.strip_prefix("http://").unwrap();
    assert_eq!(Ran::of(place.command(&["healthcheck"]).env("WAREROOM_LISTEN", listen)).expect(0), "ready\n");
    let json = place.run(&["healthcheck", "--listen", listen, "--json"]).json(0);
    assert_eq!(json, serde_json::json!({"ready": true, "url": url, "status": 200, "detail": null}));

    let id = Pid::from_raw(i32::try_from(binary.id()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    let mut stopping = place.run(&["healthcheck", "--url", &url]);
    while stopping.status.success() {
        stopping = place.run(&["healthcheck", "--url", &url]);
    }
    stopping.refused(1, &["not ready: the server is stopping"]);
    let json = place.run(&["healthcheck", "--url", &url, "--json"]).json(1);
    assert_eq!((&json["ready"], &json["status"]), (&false.into(), &503.into()));
    binary.kill().await;
    place.run(&["healthcheck", "--url", &url]).refused(1, &["not ready: the server cannot be reached"]);
    let json = place.run(&["healthcheck", "--url", &url, "--json"]).json(1);
    assert_eq!((&json["ready"], &json["status"]), (&false.into(), &serde_json::Value::Null));
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    Place::new().run(&["healthcheck", "--url", &url, "--timeout", "1"]).refused(1, &["no answer within 1s"]);
}

#[test]
fn a_question_that_cannot_be_asked_is_wrong_usage() {
    let place = Place::new();
    place.run(&["healthcheck", "--url", "https://shop.example"]).refused(2, &["https://shop.example", "no http URL"]);
    place.run(&["healthcheck", "--listen", "127.0.0.1:0"]).refused(2, &["--url"]);
    place.run(&["healthcheck", "--timeout", "0"]).refused(2, &["--timeout"]);
    place.run(&["healthcheck", "--listen", "here"]).refused(2, &["listen", "here"]);
    place.assert_empty();
}
