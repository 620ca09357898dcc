//! Half a thousand clients that send a byte of a request's head a second: others hardly notice them, and they are let go.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::ops::RangeBounds;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep};
use wareroom_app_api::server::ServerSettings;
use wareroom_test_kit::{Client, RunningBinary, report};

/// How many are slow at once.
const SLOW: u32 = 500;

/// More sockets than the process has when nobody is slow.
const FEW: usize = 50;

/// How long each of them takes for a byte.
const PER_BYTE: Duration = Duration::from_secs(1);

/// Of how many requests in a row a p99 is taken at least; more when they take less than a byte of each slow client.
const REQUESTS: usize = 400;

/// How many p99s are taken with the slow clients, and without them.
const ROUNDS: usize = 5;

/// How often the whole comparison is made again when it is missed.
const REPETITIONS: usize = 3;

/// By what the p99 of others may grow.
const MOST_GROWTH: f64 = 2.0;

/// What each slow client may cost at the peak, in bytes.
const MOST_MEMORY: u64 = 64 * 1024;

/// What a busy machine may add to any wait.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_slow_heads_at_most_double_the_p99_of_others_and_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open(RunningBinary::start(&folder.path().join("data"), &[]).await).await;
    shop.p99().await;
    let before = shop.binary.peak_memory();

    let mut growth = shop.growth().await;
    for _ in 0..REPETITIONS {
        if growth > MOST_GROWTH {
            // Something else on this machine may have had its turns just beside the slow clients.
            growth = growth.min(shop.growth().await);
        }
    }
    let borne = shop.until_let_go().await;
    let peak = shop.binary.peak_memory();
    report(&format!(
        "slow heads: {SLOW} of them, let go after {:.1} to {:.1} s, peak memory {} MB, {} MB more than without",
        borne.iter().min().unwrap().as_secs_f64(),
        borne.iter().max().unwrap().as_secs_f64(),
        peak / 1_000_000,
        (peak - before) / 1_000_000,
    ));
    assert!(growth <= MOST_GROWTH, "the p99 of others is {growth:.2} times what it was");
    assert!(peak - before < u64::from(SLOW) * MOST_MEMORY, "they took {} bytes", peak - before);
    assert!(shop.binary.stop().await, "the binary did not end well");
}

/// A running Wareroom with a product, and somebody who looks at it.
struct Shop {
    binary: RunningBinary,
    client: Client,
    product: String,
}

impl Shop {
    async fn open(binary: RunningBinary) -> Self {
        let client = binary.client();
        let product = client.product(client.user().await.unwrap(), "kettle").await.unwrap();
        Self { binary, client, product: format!("/products/{product}") }
    }

    /// Looks at the product; answers how long that took.
    async fn look(&self) -> Duration {
        let begun = Instant::now();
        let answer = self.client.get(&self.product).await.unwrap();
        let took = begun.elapsed();
        answer.expect(200);
        took
    }

    /// The time within which 99 of 100 looks at the product are answered.
    async fn p99(&self) -> Duration {
        let (begun, mut times) = (Instant::now(), vec![]);
        while times.len() < REQUESTS || begun.elapsed() < PER_BYTE {
            times.push(self.look().await);
        }
        times.sort_unstable();
        times[(times.len() * 99).div_ceil(100) - 1]
    }

    /// How many times as long the p99 is beside slow clients as it is without them: medians of turns taken by both, so
    /// that neither a busy moment nor a busy machine decides.
    async fn growth(&self) -> f64 {
        let (mut alone, mut beside) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            alone.push(self.p99().await);
            let mut slow = self.slow_clients().await;
            beside.push(self.p99().await);
            assert!(slow.try_join_next().is_none(), "a slow client was let go while others were measured");
            slow.shutdown().await;
            self.until_sockets(..FEW).await;
        }
        let (alone, beside) = (median(alone), median(beside));
        let growth = beside.as_secs_f64() / alone.as_secs_f64();
        report(&format!(
            "slow heads: p99 {:.2} ms alone, {:.2} ms beside {SLOW} slow heads (medians of {ROUNDS}): {growth:.2} times",
            alone.as_secs_f64() * 1e3,
            beside.as_secs_f64() * 1e3,
        ));
        growth
    }

    /// Slow clients, all of which the process holds.
    async fn slow_clients(&self) -> JoinSet<Duration> {
        let address = self.binary.url.strip_prefix("http://").unwrap().parse().unwrap();
        let slow = (0..SLOW).map(|place| send_slowly(address, PER_BYTE * place / SLOW)).collect();
        self.until_sockets(SLOW as usize..).await;
        slow
    }

    /// Waits until the process has so many sockets.
    async fn until_sockets(&self, expected: impl RangeBounds<usize> + Debug) {
        let deadline = Instant::now() + GRACE;
        while !expected.contains(&sockets(&self.binary)) {
            assert!(Instant::now() < deadline, "{} sockets, expected {expected:?}", sockets(&self.binary));
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Serves others until the last slow client is let go; answers how long each was borne.
    async fn until_let_go(&self) -> Vec<Duration> {
        let limit = ServerSettings::default().header_timeout + GRACE;
        let mut slow = self.slow_clients().await;
        let mut borne = vec![];
        let deadline = Instant::now() + PER_BYTE + limit;
        while !slow.is_empty() {
            assert!(Instant::now() < deadline, "{} slow clients are still borne", slow.len());
            self.look().await;
            while let Some(ended) = slow.try_join_next() {
                borne.push(ended.unwrap());
            }
            sleep(Duration::from_millis(10)).await;
        }
        assert!(borne.iter().all(|time| *time < limit), "{borne:?}");
        self.until_sockets(..FEW).await;
        borne
    }
}

/// Connects, and after a delay sends a head that never ends, until the server answers 408 or closes; answers how long after
/// the first byte that was.
async fn send_slowly(server: SocketAddr, delay: Duration) -> Duration {
    let mut socket = TcpStream::connect(server).await.unwrap();
    let mut head = b"GET /products HTTP/1.1\r\nhost: wareroom\r\nx-slow: ".iter().chain(std::iter::repeat(&b'.'));
    let first = Instant::now() + delay;
    let (mut time, mut answer) = (interval_at(first, PER_BYTE), [0; 1024]);
    loop {
        let ended = tokio::select! {
            _ = time.tick() => socket.write_all(&[*head.next().unwrap()]).await.map_or(Some(0), |()| None),
            // A reset is as good as an end.
            read = socket.read(&mut answer) => Some(read.unwrap_or(0)),
        };
        if let Some(length) = ended {
            let answer = String::from_utf8_lossy(&answer[..length]);
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
            return first.elapsed();
        }
    }
}

/// How many sockets the process has.
fn sockets(binary: &RunningBinary) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", binary.id())).unwrap();
    // One may be closed since it was listed.
    let targets = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
