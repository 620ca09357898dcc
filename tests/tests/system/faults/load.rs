//! Clients that create products, half of them with the URLs of pictures, half with uploads. Whatever they do not know the outcome
//! of they ask for again with the same key, at one process after the other, until they know.

use super::caller::{Answer, Caller, Told, Unknown};
use super::house::House;
use super::ledger::Ledger;
use bytes::Bytes;
use fastrand::Rng;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Encoding, OriginPage, Picture};

pub(super) const PICTURES: Encoding = Encoding::Png;

/// Images of a request.
const TOGETHER: u64 = 5;

/// How many clients there are at once.
const CLIENTS: u64 = 2;

/// For how long a client asks again: longer than a lease of a key, and than any server is gone.
const LIMIT: Duration = Duration::from_mins(1);

/// The picture of a seed.
pub(super) fn picture(seed: u64) -> Picture {
    Picture::new(seed, 320, 240)
}

/// Clients, what they know, and where they may ask.
pub(super) struct Clients {
    pub(super) ledger: Arc<Ledger>,
    caller: Caller,
    user: i64,
    /// Seeds and names that were not used yet.
    next: u64,
}

impl Clients {
    /// Clients that have registered somebody at this process.
    pub(super) async fn new(url: &str) -> Self {
        let caller = Caller::new();
        let body = json!({"first_name": "Ada", "last_name": "Lovelace"});
        let answer = caller.post(&format!("{url}/users"), "the-one-user", &body).await;
        let Told::Acknowledged(user) = answer.told else { panic!("nobody could be registered: {answer:?}") };
        Self { ledger: Arc::default(), caller, user: user["data"]["id"].as_i64().unwrap(), next: 1 }
    }

    /// Lets all clients together bring so many images, as the seed says, to these processes.
    pub(super) fn bring(&mut self, images: u64, house: &House, urls: &[String], random: &mut Rng) -> Load {
        let each = images / CLIENTS / TOGETHER;
        let tasks = (0..CLIENTS).map(|_| {
            let wishes: Vec<Wish> = (0..each).map(|_| self.wish(house, random)).collect();
            let client = Client {
                ledger: Arc::clone(&self.ledger),
                caller: self.caller.clone(),
                user: self.user,
                urls: urls.to_vec(),
                random: Rng::with_seed(random.u64(..)),
            };
            tokio::spawn(client.run(wishes))
        });
        Load(tasks.collect())
    }

    fn wish(&mut self, house: &House, random: &mut Rng) -> Wish {
        let first = self.next;
        self.next += TOGETHER;
        let seeds: Vec<u64> = (first..self.next).collect();
        let by_url = random.bool();
        let urls = if by_url { seeds.iter().map(|&seed| offer(house, seed, random)).collect() } else { vec![] };
        Wish { name: format!("fault-{first}"), seeds, urls, sound: random.u8(..10) > 0 }
    }
}

/// Puts a picture where it can be fetched; some fail once or twice before.
fn offer(house: &House, seed: u64, random: &mut Rng) -> String {
    let image = OriginPage::image(picture(seed).encode(PICTURES));
    let page = OriginPage::recovering(random.usize(..3), 503, image);
    house.origin.put(&format!("/{seed}.{}", PICTURES.extension()), page);
    house.url(seed)
}

/// Clients at work.
pub(super) struct Load(Vec<JoinHandle<()>>);

impl Load {
    pub(super) fn is_done(&self) -> bool {
        self.0.iter().all(JoinHandle::is_finished)
    }

    /// Waits until each has done what it wanted.
    pub(super) async fn done(self) {
        for task in self.0 {
            task.await.unwrap();
        }
    }
}

/// A product that a client wants to be there.
struct Wish {
    name: String,
    seeds: Vec<u64>,
    /// Where its pictures are to be fetched from; they are uploaded when there are none.
    urls: Vec<String>,
    /// Whether it is preceded by one that must be refused.
    sound: bool,
}

struct Client {
    ledger: Arc<Ledger>,
    caller: Caller,
    user: i64,
    urls: Vec<String>,
    random: Rng,
}

impl Client {
    async fn run(mut self, wishes: Vec<Wish>) {
        for wish in wishes {
            if !wish.sound {
                self.refused(&format!("{}-of-nobody", wish.name)).await;
            }
            self.created(&wish).await;
        }
    }

    async fn refused(&mut self, name: &str) {
        let body = json!({"user_id": 999_999_999, "product_name": name, "product_price": 1});
        let caller = self.caller.clone();
        let answer = self.until_known(|url| create(&caller, url, name, &body)).await;
        assert!(answer.is_err(), "a product of nobody was created");
        self.ledger.refused(name);
    }

    async fn created(&mut self, wish: &Wish) {
        let Wish { name, seeds, urls, .. } = wish;
        let body = json!({"user_id": self.user, "product_name": name, "product_price": 18.99, "product_images": urls});
        let caller = self.caller.clone();
        let product = self.until_known(|url| create(&caller, url, name, &body)).await.unwrap();
        let id = product["data"]["id"].as_i64().unwrap();
        self.ledger.acknowledged(name, id, if urls.is_empty() { &[] } else { seeds });
        if urls.is_empty() {
            let file = |seed: &u64| (format!("{seed}.png"), picture(*seed).encode(PICTURES));
            let files: Vec<(String, Bytes)> = seeds.iter().map(file).collect();
            let key = format!("{name}-uploads");
            self.until_known(|url| upload(&caller, url, id, &key, &files)).await.unwrap();
            self.ledger.added(name, seeds);
        }
    }

    /// Asks one process after the other until the outcome is known; the status when it was refused.
    async fn until_known<Asked>(&mut self, ask: impl Fn(String) -> Asked) -> Result<Value, u16>
    where
        Asked: Future<Output = Answer>,
    {
        let (begun, first) = (Instant::now(), self.random.usize(..self.urls.len()));
        for time in 0.. {
            let answer = ask(self.urls[(first + time) % self.urls.len()].clone()).await;
            match answer.told {
                Told::Acknowledged(body) => {
                    self.ledger.count(time);
                    return Ok(body);
                }
                Told::Refused(status) => return Err(status),
                Told::Unknown(why) => {
                    assert!(begun.elapsed() < LIMIT, "it is still not known what became of a request: {why:?}");
                    assert!(!matches!(why, Unknown::Status(500, _)), "an error of the server's own: {why:?}");
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
        unreachable!("there is no end of times")
    }
}

async fn create(caller: &Caller, url: String, key: &str, body: &Value) -> Answer {
    caller.post(&format!("{url}/products"), key, body).await
}

async fn upload(caller: &Caller, url: String, product: i64, key: &str, files: &[(String, Bytes)]) -> Answer {
    caller.upload(&format!("{url}/products/{product}/images"), key, files).await
}
