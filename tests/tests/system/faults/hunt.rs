//! A hunt for outdated answers: writers count prices up, each product by one of them, and readers notice when a price is older
//! than what was acknowledged before they asked.

use super::caller::{Caller, Told, Unknown};
use super::figures::percentile;
use fastrand::Rng;
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::RunningBinary;

/// One answer to a reader.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// By which process.
    pub(super) process: usize,
    pub(super) asked_at: Instant,
    pub(super) took: Duration,
    /// For how long it had been outdated when it was asked for, if it was.
    pub(super) outdated: Option<Duration>,
    /// The status of an error.
    pub(super) error: Option<String>,
}

/// A product whose price is counted up.
struct Counted {
    id: i64,
    /// When each price was acknowledged, from the first on.
    acknowledged: Mutex<Vec<Instant>>,
}

/// How eager everybody is.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    pub(super) readers: usize,
    pub(super) between_reads: Duration,
    pub(super) between_writes: Duration,
}

/// A hunt under way.
pub(super) struct Hunt {
    products: Arc<Vec<Counted>>,
    over: Arc<AtomicBool>,
    /// Shared by all who write, so that who has it alone has silence.
    writing: Arc<RwLock<()>>,
    done: Arc<AtomicUsize>,
    readers: Vec<JoinHandle<Vec<Read>>>,
    writers: Vec<JoinHandle<Written>>,
    urls: Vec<String>,
}

/// What a hunt found.
pub(super) struct Found {
    pub(super) reads: Vec<Read>,
    pub(super) written: Written,
}

/// How writes went.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) acknowledged: usize,
    pub(super) errors: Vec<String>,
}

/// How many products there are, and how many of them a writer has.
const PRODUCTS: usize = 20;
const OF_A_WRITER: usize = 2;

impl Hunt {
    /// Begins one: everything is written through the first of these processes, and read through all of them.
    pub(super) async fn begin(urls: &[String], pace: Pace, random: &mut Rng) -> Self {
        let (caller, url) = (Caller::new(), &urls[0]);
        let user = caller.post(&format!("{url}/users"), "hunter", &json!({"first_name": "A", "last_name": "B"})).await;
        let Told::Acknowledged(user) = user.told else { panic!("nobody could be registered: {user:?}") };
        let mut products = vec![];
        for number in 0..PRODUCTS {
            let key = format!("hunted-{number}");
            let body = json!({"user_id": user["data"]["id"], "product_name": key, "product_price": 0});
            let answer = caller.post(&format!("{url}/products"), &key, &body).await;
            let Told::Acknowledged(product) = answer.told else { panic!("{answer:?}") };
            let acknowledged = Mutex::new(vec![Instant::now()]);
            products.push(Counted { id: product["data"]["id"].as_i64().unwrap(), acknowledged });
        }
        let products = Arc::new(products);
        let (over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let writing = Arc::new(RwLock::new(()));
        let writers = (0..PRODUCTS / OF_A_WRITER).map(|number| {
            let (products, over, writing) = (Arc::clone(&products), Arc::clone(&over), Arc::clone(&writing));
            let (caller, url) = (caller.clone(), url.clone());
            let pause = pace.between_writes;
            tokio::spawn(async move {
                let products = &products[number * OF_A_WRITER..][..OF_A_WRITER];
                write(&caller, &url, products, pause, &over, &writing).await
            })
        });
        let readers = (0..pace.readers).map(|number| {
            let (products, over, done) = (Arc::clone(&products), Arc::clone(&over), Arc::clone(&done));
            let (caller, process) = (caller.clone(), number % urls.len());
            let (url, random) = (urls[process].clone(), Rng::with_seed(random.u64(..)));
            let reader = Reader { caller, process, url, random };
            tokio::spawn(async move { reader.read(&products, pace, &over, &done).await })
        });
        let (writers, readers) = (writers.collect(), readers.collect());
        Self { writers, readers, products, over, writing, done, urls: urls.to_vec() }
    }

    /// How many reads there were so far.
    pub(super) fn reads(&self) -> usize {
        self.done.load(SeqCst)
    }

    /// Lets nobody write for a moment. At its end every process must give every product as it was last acknowledged.
    pub(super) async fn all_agree(&self, quiet: Duration) {
        let (_silence, caller) = (self.writing.write().await, Caller::new());
        sleep(quiet).await;
        for product in self.products.iter() {
            let last = product.acknowledged.lock().unwrap().len() - 1;
            for url in &self.urls {
                let shown = price(&caller, url, product.id).await;
                assert_eq!(shown, Ok(last), "product {} at {url}, {quiet:?} after the last write", product.id);
            }
        }
    }

    /// Ends it.
    pub(super) async fn end(self, quiet: Duration) -> Found {
        self.all_agree(quiet).await;
        self.over.store(true, SeqCst);
        let (mut reads, mut written) = (vec![], Written::default());
        for reader in self.readers {
            reads.extend(reader.await.unwrap());
        }
        for writer in self.writers {
            let Written { acknowledged, errors } = writer.await.unwrap();
            written.acknowledged += acknowledged;
            written.errors.extend(errors);
        }
        Found { reads, written }
    }
}

/// Counts the prices of some products up until it is over. What is not known to be written is written again.
async fn write(
    caller: &Caller,
    url: &str,
    products: &[Counted],
    pause: Duration,
    over: &AtomicBool,
    writing: &RwLock<()>,
) -> Written {
    let mut written = Written::default();
    for product in products.iter().cycle() {
        if over.load(SeqCst) {
            return written;
        }
        let turn = writing.read().await;
        let price = product.acknowledged.lock().unwrap().len();
        loop {
            let path = format!("{url}/products/{}", product.id);
            match caller.patch(&path, &json!({"product_price": price})).await.told {
                Told::Acknowledged(_) => break,
                Told::Refused(status) => panic!("a price was refused: {status}"),
                Told::Unknown(why) => written.errors.push(format!("{why:?}")),
            }
            sleep(Duration::from_millis(20)).await;
        }
        product.acknowledged.lock().unwrap().push(Instant::now());
        written.acknowledged += 1;
        drop(turn);
        sleep(pause).await;
    }
    written
}

struct Reader {
    caller: Caller,
    process: usize,
    url: String,
    random: Rng,
}

impl Reader {
    async fn read(mut self, products: &[Counted], pace: Pace, over: &AtomicBool, done: &AtomicUsize) -> Vec<Read> {
        let mut reads = vec![];
        while !over.load(SeqCst) {
            let product = &products[self.random.usize(..products.len())];
            let known = product.acknowledged.lock().unwrap().len() - 1;
            let asked_at = Instant::now();
            let shown = price(&self.caller, &self.url, product.id).await;
            let took = asked_at.elapsed();
            let mut read = Read { process: self.process, asked_at, took, outdated: None, error: None };
            match shown {
                // Outdated since the next price after it was acknowledged.
                Ok(shown) if shown < known => {
                    read.outdated = Some(asked_at - product.acknowledged.lock().unwrap()[shown + 1]);
                }
                Ok(_) => {}
                Err(error) => read.error = Some(error),
            }
            reads.push(read);
            done.fetch_add(1, SeqCst);
            sleep(pace.between_reads).await;
        }
        reads
    }
}

/// The price that a process shows.
async fn price(caller: &Caller, url: &str, product: i64) -> Result<usize, String> {
    match caller.get(&format!("{url}/products/{product}")).await.told {
        Told::Acknowledged(shown) => {
            let price = shown["data"]["product_price"].to_string();
            let whole = price.trim_matches('"').split('.').next().and_then(|whole| whole.parse().ok());
            whole.ok_or_else(|| format!("no price: {shown}"))
        }
        Told::Refused(status) | Told::Unknown(Unknown::Status(status, _)) => Err(format!("status {status}")),
        Told::Unknown(Unknown::Lost(why)) => Err(why),
    }
}

/// How outdated answers were, of those that were.
pub(super) struct Outdated {
    pub(super) answers: usize,
    pub(super) half: Duration,
    pub(super) most: Duration,
}

pub(super) fn outdated<'reads>(reads: impl Iterator<Item = &'reads Read>) -> Outdated {
    let mut spans: Vec<Duration> = reads.filter_map(|read| read.outdated).collect();
    Outdated { answers: spans.len(), half: percentile(&mut spans, 0.5), most: percentile(&mut spans, 1.0) }
}

/// How often a process said that it could not leave word in the cache of what it changed. What others read there is then
/// outdated until it could: it is never said that this could not happen, and a machine that is so busy that Redis takes longer
/// than a command may, 50 ms, is enough.
pub(super) fn losses(writer: &RunningBinary) -> usize {
    writer.log().iter().filter(|line| line.contains("products that change now may be read outdated")).count()
}
