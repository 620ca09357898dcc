//! The server on real sockets: how it takes, watches and ends connections.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed test is meant to panic")]

mod bodies;

use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, http::StatusCode};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{ServeReport, Server, ServerSettings};

const MILLISECOND: Duration = Duration::from_millis(1);
/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);
const GET: &str = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<ServeReport>,
}

impl Running {
    fn start<E: Endpoint + 'static>(mut settings: ServerSettings, endpoint: E) -> Self {
        settings.listen.set_port(0);
        let server = Server::bind(settings).unwrap();
        let (address, shutdown) = (server.local_address(), CancellationToken::new());
        let task = tokio::spawn(server.run(endpoint, shutdown.clone()));
        Self { address, shutdown, task }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends one whole request on a connection of its own and gives the whole answer.
    async fn ask(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    async fn stop(self) -> ServeReport {
        self.shutdown.cancel();
        timeout(PATIENCE, self.task).await.unwrap().unwrap()
    }
}

struct Client(TcpStream);

impl Client {
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// One answer: its head and as much of a body as the head declares.
    async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        let whole = async {
            loop {
                let text = String::from_utf8_lossy(&answer).to_lowercase();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let declared = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
                    if body.len() >= declared.map_or(0, |length| length.parse().unwrap()) {
                        break;
                    }
                }
                answer.push(self.0.read_u8().await.expect("the connection ended before the answer did"));
            }
        };
        timeout(PATIENCE, whole).await.expect("no answer came");
        String::from_utf8(answer).unwrap()
    }

    /// Everything up to the end of the connection, and how long that took.
    async fn rest(&mut self) -> (Vec<u8>, Duration) {
        let (begun, mut rest) = (Instant::now(), Vec::new());
        // A reset is an end too.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the connection was not closed");
        (rest, begun.elapsed())
    }
}

/// An endpoint out of a function.
fn answering<F, R>(answer: impl Fn(Request) -> F + Send + Sync) -> impl Endpoint<Output = R>
where
    F: Future<Output = poem::Result<R>> + Send,
    R: IntoResponse + Sync,
{
    poem::endpoint::make(answer)
}

fn hello() -> impl Endpoint<Output = &'static str> {
    answering(|_: Request| async { Ok("hello") })
}

/// Answers after the time in the path, in milliseconds.
fn slow() -> impl Endpoint<Output = Response> {
    answering(|request: Request| async move {
        sleep(request.uri().path().trim_start_matches('/').parse().unwrap_or(0) * MILLISECOND).await;
        Ok(Response::from("done"))
    })
}

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let server = Running::start(ServerSettings::default(), hello());
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(GET).await;
        let answer = client.answer().await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer}");
    }
    drop(client);
    assert_eq!(server.stop().await, ServeReport { connections: 1, cut: 0 });
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Running::start(
        ServerSettings::default(),
        answering(|request: Request| async move {
            // The first takes longest.
            let path = request.uri().path().to_owned();
            sleep(if path == "/1" { 100 * MILLISECOND } else { MILLISECOND }).await;
            Ok(path)
        }),
    );
    let mut client = server.connect().await;
    client.send(&["/1", "/2", "/3"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")).concat()).await;
    for path in ["/1", "/2", "/3"] {
        assert!(client.answer().await.ends_with(&format!("\r\n\r\n{path}")));
    }
}

#[tokio::test]
async fn a_client_that_closed_its_side_still_gets_its_answer() {
    let server = Running::start(ServerSettings::default(), slow());
    let mut client = server.connect().await;
    client.send("GET /100 HTTP/1.1\r\nHost: test\r\n\r\n").await;
    client.0.shutdown().await.unwrap();
    assert!(client.answer().await.ends_with("done"));
}

#[tokio::test]
async fn a_head_that_trickles_is_closed_in_time() {
    let server = Running::start(ServerSettings { header_timeout: 300 * MILLISECOND, ..Default::default() }, hello());
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\n").await;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let trickled = client.0.write_all(b"a: b\r\n").await.is_ok();
        let ended = timeout(50 * MILLISECOND, client.0.read_u8()).await.is_ok();
        if ended || !trickled {
            break;
        }
    }
    assert!(begun.elapsed() > 200 * MILLISECOND && begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_connection_that_never_speaks_is_closed_in_time() {
    let server = Running::start(ServerSettings { header_timeout: 200 * MILLISECOND, ..Default::default() }, hello());
    let (answer, took) = server.connect().await.rest().await;
    assert!(answer.is_empty() && took >= 150 * MILLISECOND, "{took:?}");
}

#[tokio::test]
async fn an_idle_connection_lives_longer_than_a_head_may_take_but_not_for_ever() {
    let settings =
        ServerSettings { header_timeout: 200 * MILLISECOND, idle_timeout: 1000 * MILLISECOND, ..Default::default() };
    let server = Running::start(settings, hello());
    let mut client = server.connect().await;
    client.send(GET).await;
    client.answer().await;
    sleep(500 * MILLISECOND).await;
    client.send(GET).await;
    assert!(client.answer().await.ends_with("hello"));
    let (rest, took) = client.rest().await;
    assert!(rest.is_empty() && took >= 900 * MILLISECOND, "{took:?}");
}

#[tokio::test]
async fn two_hundred_slow_heads_do_not_keep_a_request_waiting() {
    let server = Running::start(ServerSettings::default(), hello());
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = server.connect().await;
        client.send("GET / HTTP/1.1\r\nHost: te").await;
        slow.push(client);
    }
    let answer = timeout(Duration::from_secs(2), server.ask(GET)).await.unwrap();
    assert!(answer.ends_with("hello"));
    slow[100].send("st\r\n\r\n").await;
    assert!(slow[100].answer().await.ends_with("hello"));
}

#[tokio::test]
async fn at_the_limit_newcomers_wait_until_a_connection_ends() {
    let server = Running::start(ServerSettings { max_connections: 2, ..Default::default() }, hello());
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    for client in [&mut first, &mut second] {
        client.send(GET).await;
        client.answer().await;
    }
    let mut third = server.connect().await;
    third.send(GET).await;
    assert!(timeout(300 * MILLISECOND, third.answer()).await.is_err(), "the limit did not hold");
    first.send(GET).await;
    assert!(first.answer().await.ends_with("hello"), "those within the limit go on");
    drop(second);
    third.send(GET).await;
    assert!(third.answer().await.ends_with("hello"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431() {
    let server = Running::start(ServerSettings::default(), hello());
    let large = format!("GET / HTTP/1.1\r\nHost: test\r\na: {}\r\n\r\n", "x".repeat(33 * 1024));
    assert!(server.ask(&large).await.starts_with("HTTP/1.1 431 "));
    let many = format!("GET / HTTP/1.1\r\nHost: test\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert!(server.ask(&many).await.starts_with("HTTP/1.1 431 "));
    let fits = format!("GET / HTTP/1.1\r\nHost: test\r\na: {}\r\n\r\n", "x".repeat(30 * 1024));
    assert!(server.ask(&fits).await.starts_with("HTTP/1.1 200 "));
    assert!(server.ask("nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_server_goes_on() {
    let broken = answering(|request: Request| async move {
        Ok(request.header("absent").expect("this panic belongs to the test").to_owned())
    });
    let server = Running::start(ServerSettings::default(), Route::new().at("/", hello()).at("/panic", broken));
    let answer = server.ask("GET /panic HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(server.ask(GET).await.ends_with("hello"));
    assert_eq!(server.stop().await, ServeReport { connections: 2, cut: 0 });
}

#[tokio::test]
async fn a_large_answer_arrives_whole_also_when_the_connection_closes_after_it() {
    const SIZE: usize = 20 << 20;
    let server = Running::start(ServerSettings::default(), answering(|_: Request| async { Ok(vec![7_u8; SIZE]) }));
    let mut client = server.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await;
    sleep(200 * MILLISECOND).await;
    let (answer, _) = client.rest().await;
    assert!(answer.len() > SIZE && answer.ends_with(&[7; 4096]), "{}", answer.len());
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut() {
    let settings =
        ServerSettings { body_idle_timeout: 300 * MILLISECOND, max_connections: 1, ..ServerSettings::default() };
    let endless = answering(|_: Request| async { Ok(vec![7_u8; 64 << 20]) });
    let server = Running::start(settings, Route::new().at("/", hello()).at("/endless", endless));
    let mut deaf = server.connect().await;
    deaf.send("GET /endless HTTP/1.1\r\nHost: test\r\n\r\n").await;
    // The only place is free again although the client never left.
    assert!(server.ask(GET).await.ends_with("hello"));
    drop(deaf);
}

#[tokio::test]
async fn a_stop_lets_a_request_finish_and_refuses_newcomers() {
    let server = Running::start(ServerSettings::default(), slow());
    let (mut busy, mut idle) = (server.connect().await, server.connect().await);
    idle.send("GET /0 HTTP/1.1\r\nHost: test\r\n\r\n").await;
    idle.answer().await;
    busy.send("GET /600 HTTP/1.1\r\nHost: test\r\n\r\n").await;
    sleep(100 * MILLISECOND).await;
    server.shutdown.cancel();
    let (rest, took) = idle.rest().await;
    assert!(rest.is_empty() && took < 400 * MILLISECOND, "an idle connection is closed at once, not after {took:?}");
    assert!(TcpStream::connect(server.address).await.is_err(), "newcomers are refused");
    let answer = busy.answer().await.to_lowercase();
    assert!(answer.ends_with("done") && answer.contains("connection: close"), "{answer}");
    let begun = Instant::now();
    assert_eq!(server.stop().await, ServeReport { connections: 2, cut: 0 });
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_request_that_outlasts_the_drain_is_cut() {
    let server = Running::start(ServerSettings { drain: 200 * MILLISECOND, ..Default::default() }, slow());
    let mut client = server.connect().await;
    client.send("GET /60000 HTTP/1.1\r\nHost: test\r\n\r\n").await;
    sleep(100 * MILLISECOND).await;
    let begun = Instant::now();
    assert_eq!(server.stop().await, ServeReport { connections: 1, cut: 1 });
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let (answer, _) = client.rest().await;
    assert!(answer.is_empty());
}

#[tokio::test]
async fn the_endpoint_learns_both_addresses() {
    let server = Running::start(
        ServerSettings::default(),
        answering(|request: Request| async move {
            Ok(format!("{:?} {:?}", request.local_addr().as_socket_addr(), request.remote_addr().as_socket_addr()))
        }),
    );
    let mut client = server.connect().await;
    client.send(GET).await;
    let expected = format!("{:?} {:?}", Some(&server.address), Some(&client.0.local_addr().unwrap()));
    assert!(client.answer().await.ends_with(&expected));
}

#[tokio::test]
async fn an_unknown_path_under_the_stack_is_the_stacks_business() {
    let stack = Route::new().at("/", hello()).catch_all_error(|error: poem::Error| async move {
        Response::builder().status(error.status()).body("problem")
    });
    let server = Running::start(ServerSettings::default(), stack);
    let answer = server.ask("GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n").await;
    assert!(answer.starts_with(&format!("HTTP/1.1 {}", StatusCode::NOT_FOUND)) && answer.ends_with("problem"));
}
