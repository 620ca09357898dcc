//! PostgreSQL is killed, or told to end, while clients bring images, and is started again. Meanwhile everybody is told soon to come
//! again; afterwards everything goes on by itself.

use super::Run;
use super::caller::{Answer, Caller, Told, Unknown};
use super::figures::{Figures, milliseconds, percentile};
use super::house::House;
use super::load::Clients;
use super::verify::verify;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Images of a round.
const IMAGES: u64 = 40;

/// Within which time whoever asks must be told to come again.
const TOLD: Duration = Duration::from_secs(2);

/// Within which time everything must work again once the server takes connections.
const RECOVERED: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_gone_is_told_at_once_and_nothing_acknowledged_goes_with_it() {
    let mut run = Run::of("postgres-killed", 4).await;
    let (begun, mut house) = (Instant::now(), House::open().await);
    let processes = [house.process("one", &[]).await, house.process("two", &[]).await];
    let urls = processes.each_ref().map(|process| process.url.clone());
    let mut clients = Clients::new(&urls[0]).await;
    let (mut answers, mut recoveries) = (vec![], vec![]);
    for round in 0..run.rounds {
        let load = clients.bring(IMAGES, &house, &urls, &mut run.random);
        sleep(Duration::from_millis(run.random.u64(..400))).await;
        if round.is_multiple_of(3) {
            house.postgres.shut_down();
        } else {
            house.postgres.kill();
        }
        let gone_for = Duration::from_millis(run.random.u64(300..2_500));
        let refusals = refused(&urls, gone_for).await;
        house.postgres.start_again().await;
        recoveries.push(recovered(&urls).await);
        load.done().await;
        for answer in refusals {
            assert_told(&answer);
            answers.push(answer.took);
        }
    }
    let slowest = recoveries.iter().max().copied().unwrap();
    assert!(slowest <= RECOVERED, "it took {slowest:?} until everything worked again: {recoveries:?}");
    let effort = verify(&house, &processes[0], &clients.ledger).await;
    // No attempt is to blame for it.
    assert_eq!(effort.failed, 0, "images were given up");
    for process in processes {
        assert!(process.stop().await, "a process did not end well after the last round");
    }
    let counts = clients.ledger.counts();
    let note = format!(
        "{} requests while it was gone, the slowest answered in {}, half in {}; all well again after {} at most, half after {}; {} \
         requests of the clients, sent {} times more",
        answers.len(),
        milliseconds(percentile(&mut answers, 1.0)),
        milliseconds(percentile(&mut answers, 0.5)),
        milliseconds(slowest),
        milliseconds(percentile(&mut recoveries, 0.5)),
        counts.requests,
        counts.unknown
    );
    Figures { images: clients.ledger.images(), note, begun }.tell(&run);
}

/// What everybody is told while the server is gone. The writes leave nothing behind: they are of a user that is not there.
async fn refused(urls: &[String; 2], gone_for: Duration) -> Vec<Answer> {
    // Its last processes end a moment after it, and may still answer somebody.
    sleep(Duration::from_millis(100)).await;
    let (caller, begun, mut asked) = (Caller::new(), Instant::now(), JoinSet::new());
    while begun.elapsed() < gone_for {
        for url in urls {
            let (write, list, caller) = (format!("{url}/products"), format!("{url}/users"), caller.clone());
            asked.spawn(async move { [write_nothing(&caller, &write).await, caller.get(&list).await] });
        }
        sleep(Duration::from_millis(100)).await;
    }
    asked.join_all().await.into_iter().flatten().collect()
}

async fn write_nothing(caller: &Caller, url: &str) -> Answer {
    let body = json!({"user_id": 999_999_999, "product_name": "of nobody", "product_price": 1});
    caller.post(url, "of-nobody", &body).await
}

fn assert_told(answer: &Answer) {
    let told = matches!(answer.told, Told::Unknown(Unknown::Status(503, true)));
    assert!(told && answer.took <= TOLD, "while PostgreSQL was gone: {answer:?}");
}

/// How long it takes until each process reads, writes and says that it is ready.
async fn recovered(urls: &[String; 2]) -> Duration {
    let (caller, begun) = (Caller::new(), Instant::now());
    for url in urls {
        loop {
            let written = write_nothing(&caller, &format!("{url}/products")).await;
            let read = caller.get(&format!("{url}/users")).await;
            let ready = caller.get(&format!("{url}/healthz/ready")).await;
            let well = matches!(written.told, Told::Refused(422))
                && [&read, &ready].iter().all(|answer| matches!(answer.told, Told::Acknowledged(_)));
            if well {
                break;
            }
            assert!(begun.elapsed() < 6 * RECOVERED, "it does not come back: {written:?} {read:?} {ready:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
    begun.elapsed()
}
