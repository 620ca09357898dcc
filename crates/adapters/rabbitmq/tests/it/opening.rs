//! What is said when a broker is not there, or not the right one.

use crate::server::{self, Broker};
use crate::stand::{Opened, consumer, expect_all, ids, job, jobs, open, patient, publish};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;
use wareroom_rabbitmq::{Limits, OpenError, RabbitConfig, RabbitQueue};

async fn refusal(config: RabbitConfig) -> OpenError {
    let error = RabbitQueue::open(config).await.err().unwrap();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_vhost_that_is_not_there_are_refused_in_time() {
    let mut wrong = Url::parse(server::shared()).unwrap();
    wrong.set_password(Some("a-secret")).unwrap();
    let mut nowhere = Url::parse(server::shared()).unwrap();
    nowhere.set_path("/no%2Fwhere");
    let begun = Instant::now();
    for url in [wrong, nowhere] {
        let error = refusal(patient(url.as_str())).await;
        assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_declare_is_refused() {
    let broker = Broker::start();
    broker.control(&["add_user", "limited", "a-secret"]);
    broker.control(&["set_permissions", "limited", "^$", ".*", ".*"]);
    let url = broker.url().replace("wareroom:wareroom", "limited:a-secret");
    let error = refusal(patient(&url)).await;
    assert!(matches!(&error, OpenError::Refused(said) if said.contains("ACCESS_REFUSED")), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_there_or_does_not_answer_is_unreachable_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for address in [silent.local_addr().unwrap(), gone] {
        let begun = Instant::now();
        let config = RabbitConfig {
            connect_time: Duration::from_millis(500),
            ..RabbitConfig::at(format!("amqp://u:a-secret@{address}"))
        };
        let error = refusal(config).await;
        assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_there_with_other_limits_is_a_contradiction_and_stays_as_it_is() {
    let config = patient(server::shared());
    let first = open(config.clone()).await;
    let waiting = [job()];
    publish(&first, &waiting).await;
    let other = RabbitConfig { limits: Limits { messages: 7, deliveries: 7 }, ..config.clone() };
    let error = refusal(other).await;
    assert!(matches!(&error, OpenError::Contradiction(said) if said.contains(&config.prefix)), "{error:?}");
    let again = RabbitQueue::open(config).await.unwrap();
    expect_all(&mut *consumer(&again, 1).await, ids(&waiting)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_a_certificate_of_a_known_root_and_the_right_name_is_believed() {
    let broker = Broker::start();
    let ours = format!("?cacertfile={}", broker.roots());
    for url in [broker.secure_url(""), broker.secure_url(&ours).replace("localhost", "127.0.0.1")] {
        let error = refusal(patient(&url)).await;
        assert!(matches!(error, OpenError::Refused(_)), "{url}: {error:?}");
    }
    let queue = RabbitQueue::open(patient(&broker.secure_url(&ours))).await.unwrap();
    let messages = jobs(3);
    publish(&queue, &messages).await;
    expect_all(&mut *consumer(&queue, 2).await, ids(&messages)).await;
}

/// The last owner may be a thread that knows no runtime.
#[test]
fn a_queue_may_be_dropped_anywhere() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (opened, delivery, taken) = runtime.block_on(async {
        let opened: Opened = open(patient(server::shared())).await;
        publish(&opened, &jobs(2)).await;
        let mut taken = consumer(&opened, 2).await;
        let delivery = crate::stand::receive(&mut *taken).await;
        (opened, delivery, taken)
    });
    drop(delivery);
    drop(taken);
    let after = opened.queue.clone();
    drop(opened);
    drop(runtime);
    drop(after);
}
