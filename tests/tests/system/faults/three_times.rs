//! Every message is delivered at least three times, out of order, and now and then to two processes at once. What is there
//! afterwards is what is there without.
//!
//! The database that is the queue is made to do so, from outside: it does not delete a job before the third time that it is
//! asked to, but lends it again after a random while; and it takes loans away from those who have them.

use super::Run;
use super::figures::Figures;
use super::house::House;
use super::load::{Clients, Load};
use super::verify::{by_seed, verify};
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_postgres::Client as Database;

/// Images of a round.
const IMAGES: u64 = 40;

/// How many are away at any time is left to chance: up to half a second each.
const REPEAT: &str = "
    CREATE TABLE deliveries (job uuid PRIMARY KEY, times integer NOT NULL DEFAULT 0);
    CREATE FUNCTION lend_again() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE told integer;
    BEGIN
        INSERT INTO deliveries (job, times) VALUES (old.id, 1)
            ON CONFLICT (job) DO UPDATE SET times = deliveries.times + 1 RETURNING times INTO told;
        IF told >= 3 THEN RETURN old; END IF;
        UPDATE jobs SET leased_until = NULL, token = NULL, due_at = clock_timestamp() + random() * interval '500 ms'
            WHERE id = old.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER lend_again BEFORE DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION lend_again();";

/// Takes some loans away that last, as a broker does that lost sight of who had the message.
const TAKE_AWAY: &str = "
    UPDATE jobs SET leased_until = NULL, token = NULL WHERE token IS NOT NULL AND random() < 0.05";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_come_three_times_and_out_of_order_leave_the_same_behind() {
    let mut run = Run::of("every-message-three-times", 1).await;
    let begun = Instant::now();
    let seeds: Vec<u64> = (0..run.rounds).map(|_| run.random.u64(..)).collect();
    let once = outcome(&seeds, false).await;
    let often = outcome(&seeds, true).await;
    assert_eq!(often.left, once.left, "delivered three times, and once");
    assert!(often.settled > often.messages, "no message came a second time, which proves nothing");
    // A loan is taken away at a moment that chance decides: in few rounds perhaps never in the middle of the work.
    assert!(often.attempts > once.attempts || run.rounds < 5, "nothing was done twice, which proves little");
    let note = format!(
        "{} messages settled {} times, {} loans taken away; {} attempts, {} without",
        often.messages, often.settled, often.taken, often.attempts, once.attempts
    );
    Figures { images: once.images, note, begun }.tell(&run);
}

/// What a run leaves behind, and what it took.
struct Outcome {
    /// By the names of products: all that a client sees but when it was, how often it was tried and how it is called.
    left: BTreeMap<String, Value>,
    images: usize,
    attempts: u64,
    messages: i64,
    settled: i64,
    taken: u64,
}

async fn outcome(seeds: &[u64], repeats: bool) -> Outcome {
    let house = House::open().await;
    let database = house.postgres.connect().await;
    if repeats {
        database.batch_execute(REPEAT).await.unwrap();
    }
    let processes = [house.process("one", &[]).await, house.process("two", &[]).await];
    let urls = processes.each_ref().map(|process| process.url.clone());
    let (mut clients, mut taken) = (Clients::new(&urls[0]).await, 0);
    for seed in seeds {
        let load = clients.bring(IMAGES, &house, &urls, &mut Rng::with_seed(*seed));
        taken += until_done(load, &database, repeats).await;
    }
    let effort = verify(&house, &processes[0], &clients.ledger).await;
    let (mut left, client) = (BTreeMap::new(), processes[1].client());
    for (name, entry) in clients.ledger.products() {
        let path = format!("/products/{}", entry.id.unwrap());
        let shown = client.get(&path).await.unwrap().expect(200);
        left.insert(name, visible(&shown["data"]));
    }
    let (mut messages, mut settled) = (0, 0);
    if repeats {
        let sql = "SELECT count(*), coalesce(sum(times), 0)::bigint, coalesce(min(times), 0) FROM deliveries";
        let row = database.query_one(sql, &[]).await.unwrap();
        (messages, settled) = (row.get(0), row.get(1));
        assert!(row.get::<_, i32>(2) >= 3, "a message was delivered less than three times");
    }
    for process in processes {
        assert!(process.stop().await, "a process did not end well");
    }
    Outcome { left, images: clients.ledger.images(), attempts: effort.begun, messages, settled, taken }
}

/// Waits until all is asked for and done, taking loans away meanwhile; answers how many.
async fn until_done(load: Load, database: &Database, repeats: bool) -> u64 {
    let (begun, mut taken) = (Instant::now(), 0);
    loop {
        let jobs: i64 = database.query_one("SELECT count(*) FROM jobs", &[]).await.unwrap().get(0);
        if load.is_done() && jobs == 0 {
            load.done().await;
            return taken;
        }
        // Not for ever: who is disturbed each time uses all attempts up.
        if repeats && begun.elapsed() < Duration::from_secs(2) {
            taken += database.execute(TAKE_AWAY, &[]).await.unwrap();
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "{jobs} jobs are stuck");
        sleep(Duration::from_millis(50)).await;
    }
}

fn visible(product: &Value) -> Value {
    let images: BTreeMap<u64, Value> = by_seed(product)
        .into_iter()
        .map(|(seed, image)| {
            let renditions: Vec<Value> = image["renditions"].as_array().unwrap().iter().map(file).collect();
            (seed, json!({"status": image["status"], "error": image["error"], "renditions": renditions}))
        })
        .collect();
    json!({"price": product["product_price"], "summary": product["images_summary"], "images": images})
}

/// A rendition's name and its file, wherever that is served from.
fn file(rendition: &Value) -> Value {
    let url = rendition["url"].as_str().unwrap();
    json!({"name": rendition["name"], "file": url.rsplit('/').next()})
}
