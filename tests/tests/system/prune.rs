//! Housekeeping by the real binary: by its command beside a process that serves, and by that process itself.

use rusqlite::{Connection, params};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Client, Encoding, Origin, OriginPage, Picture, RunningBinary, binary_under_test};

const LIMIT: Duration = Duration::from_mins(1);

/// Images come from this machine, and what fails is given up soon.
const SERVE: [&str; 4] = ["--image-source-allow", "127.0.0.1/32", "--back-off", "100ms"];

/// Everything is old.
const NOTHING_KEPT: [&str; 8] =
    ["--keep-events", "1ms", "--keep-dead-letters", "1ms", "--keep-idempotency-keys", "1ms", "--keep-leftovers", "1ms"];

/// A data directory, and what is seen of it from outside.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn database(&self) -> Connection {
        Connection::open(self.data().join("wareroom.sqlite")).unwrap()
    }

    fn count(&self, sql: &str) -> u64 {
        self.database().query_one(sql, [], |row| row.get(0)).unwrap()
    }

    /// The length of the write-ahead log.
    fn log_length(&self) -> u64 {
        std::fs::metadata(self.data().join("wareroom.sqlite-wal")).unwrap().len()
    }

    /// Runs `wareroom prune` here.
    async fn prune(&self, arguments: &[&str]) -> Output {
        Command::new(binary_under_test())
            .args(["prune", "--data-dir"])
            .arg(self.data())
            .args(arguments)
            .env_clear()
            .current_dir(self.0.path())
            .output()
            .await
            .unwrap()
    }

    /// What `wareroom prune` counts here, where nothing is kept for long.
    async fn pruned(&self, arguments: &[&str]) -> (String, Counts) {
        let output = self.prune(&[&NOTHING_KEPT[..], arguments].concat()).await;
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{error}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (title, counts) = text.split_once('\n').unwrap();
        (title.to_owned(), Counts::read(counts))
    }

    /// What is there for it to be counted.
    fn kept(&self) -> Counts {
        let (files, unnamed) =
            (self.files(), "SELECT count(*) FROM blobs WHERE references_count = 0 AND claimed_until = 0");
        Counts {
            idempotency_keys: self.count("SELECT count(*) FROM idempotency_keys"),
            events: self.count("SELECT count(*) FROM events") - 1,
            dead_letters: self.count("SELECT count(*) FROM dead_letters"),
            leftovers: files.iter().filter(|file| file.to_string_lossy().contains('#')).count() as u64,
            blobs: self.count(unnamed),
        }
    }

    /// Every file among the blobs.
    fn files(&self) -> Vec<PathBuf> {
        let list = |folder| std::fs::read_dir(self.data().join("blobs").join(folder)).unwrap();
        ["sources", "media"].into_iter().flat_map(list).map(|entry| entry.unwrap().path()).collect()
    }

    /// Answers to requests, as if they had been kept for a while.
    fn plant_keys(&self, count: u64) {
        let sql = "INSERT INTO idempotency_keys (scope, key, fingerprint, at, answer)
                   VALUES ('POST /products', ?1, '', '2026-01-01T00:00:00.000000000Z', x'00')";
        for number in 0..count {
            self.database().execute(sql, [number]).unwrap();
        }
    }

    /// Blobs that nobody names, whose claims are over.
    fn plant_blobs(&self, count: u64) -> Vec<PathBuf> {
        let plant = |number: u64| {
            let key = format!("sources/{number:064x}");
            let sql = "INSERT INTO blobs (key, claimed_until) VALUES (?1, 0)";
            self.database().execute(sql, params![key]).unwrap();
            let file = self.data().join("blobs").join(key);
            std::fs::write(&file, "nobody's").unwrap();
            file
        };
        (0..count).map(plant).collect()
    }

    /// What a put that died left.
    fn plant_leftover(&self) {
        std::fs::write(self.data().join("blobs/media").join(format!("{:064x}.webp#1", 7)), "half").unwrap();
    }
}

/// What a command counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    idempotency_keys: u64,
    events: u64,
    dead_letters: u64,
    leftovers: u64,
    blobs: u64,
}

impl Counts {
    /// Reads what the command says: a count and a name a line.
    fn read(text: &str) -> Self {
        let lines: Vec<(u64, &str)> = text
            .lines()
            .map(|line| line.trim_start().split_once("  ").unwrap_or_else(|| panic!("{text}")))
            .map(|(count, name)| (count.parse().unwrap(), name))
            .collect();
        let names: Vec<&str> = lines.iter().map(|(_, name)| *name).collect();
        assert_eq!(
            names,
            [
                "idempotency keys",
                "events",
                "dead letters",
                "files of uploads that never ended",
                "image files that nothing names"
            ]
        );
        let [idempotency_keys, events, dead_letters, leftovers, blobs] =
            [0, 1, 2, 3, 4].map(|line: usize| lines[line].0);
        Self { idempotency_keys, events, dead_letters, leftovers, blobs }
    }

    /// The sum of what a process logged about its own housekeeping.
    fn logged(binary: &RunningBinary) -> Self {
        let mut sum = Self::default();
        for line in binary.log() {
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "removed what was kept long enough" {
                let count = |field: &str| line[field].as_u64().unwrap_or_else(|| panic!("{field}: {line:#}"));
                let before = sum;
                sum.idempotency_keys += count("idempotency_keys");
                sum.events += count("events");
                sum.dead_letters += count("dead_letters");
                sum.leftovers += count("leftovers");
                sum.blobs += count("blobs");
                assert!(line["level"] == "INFO" && sum != before, "nothing went: {line:#}");
            }
        }
        sum
    }
}

/// A product with an image that becomes ready.
async fn ready(client: &Client, user: i64, seed: u64) -> i64 {
    let product = client.product(user, "kettle").await.unwrap();
    let file = ("kettle.png".to_owned(), Picture::new(seed, 320, 240).encode(Encoding::Png));
    client.upload(product, vec![file]).await.unwrap().expect(201);
    shows(client, product).await;
    product
}

/// The image of a product is ready, and its renditions are there.
async fn shows(client: &Client, product: i64) {
    let settled = client.settled(product, LIMIT).await;
    let image = &settled["images"][0];
    assert_eq!(image["status"], "ready", "{image:#}");
    for rendition in image["renditions"].as_array().unwrap() {
        assert_eq!(client.bytes(rendition["url"].as_str().unwrap()).await.unwrap().0, 200, "{rendition:#}");
    }
}

/// A product with two images that cannot be had.
async fn failed(client: &Client, user: i64, origin: &Origin) {
    origin.put("/gone", OriginPage::status(404));
    let urls = ["/gone?1", "/gone?2"].map(|path| origin.url(path));
    let product = client.product_of_urls(user, "lamp", &urls).await.unwrap();
    let settled = client.settled(product, LIMIT).await;
    assert_eq!(settled["images_summary"]["failed"], 2, "{settled:#}");
}

async fn until(what: &str, reached: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !reached().await {
        assert!(begun.elapsed() < LIMIT, "{what}: not in time");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_removes_what_it_says_beside_a_process_that_serves() {
    let (place, origin) = (Place::new(), Origin::start().await);
    let binary = RunningBinary::start(&place.data(), &SERVE).await;
    let client = binary.client();
    let user = client.user().await.unwrap();
    let kept = ready(&client, user, 1).await;
    failed(&client, user, &origin).await;
    place.plant_keys(3);
    let unnamed = place.plant_blobs(4);
    place.plant_leftover();
    until("every event has a position", async || {
        place.count("SELECT count(*) FROM events WHERE position IS NULL") == 0
    })
    .await;
    let there = place.kept();
    let Counts { idempotency_keys, events, dead_letters, leftovers, blobs } = there;
    assert_eq!((idempotency_keys, dead_letters, leftovers, blobs), (3, 2, 1, 4));
    assert!(events > 10, "{events} events");
    assert!(place.log_length() > 0, "there is no write-ahead log to be cut");

    for _ in 0..2 {
        assert_eq!(place.pruned(&["--dry-run"]).await, ("Would be removed:".to_owned(), there));
        assert_eq!(place.kept(), there, "a dry run removed something");
    }
    assert_eq!(place.pruned(&[]).await, ("Removed:".to_owned(), there));
    assert_eq!(place.kept(), Counts::default());
    assert!(unnamed.iter().all(|file| !file.exists()));
    // Whoever reads just then is not waited for.
    until("the write-ahead log is cut", async || {
        assert_eq!(place.pruned(&[]).await, ("Removed:".to_owned(), Counts::default()));
        place.log_length() == 0
    })
    .await;

    // Who serves noticed nothing.
    shows(&client, kept).await;
    ready(&client, user, 2).await;
    failed(&client, user, &origin).await;
    assert_eq!(place.kept().dead_letters, 2);
    client.get("/healthz/ready").await.unwrap().expect(200);
    assert!(binary.stop().await, "the binary did not end well");
    // Nor does the command need it.
    assert_eq!(place.pruned(&[]).await.1.dead_letters, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_old_enough_stays() {
    let (place, origin) = (Place::new(), Origin::start().await);
    let binary = RunningBinary::start(&place.data(), &SERVE).await;
    let client = binary.client();
    failed(&client, client.user().await.unwrap(), &origin).await;
    place.plant_leftover();
    let output = place.prune(&[]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(Counts::read(text.split_once('\n').unwrap().1), Counts::default());
    assert_eq!((place.kept().dead_letters, place.kept().leftovers), (2, 1));
    assert!(binary.stop().await, "the binary did not end well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_run_at_once_share_the_work() {
    const BLOBS: u64 = 100;
    let place = Place::new();
    let binary = RunningBinary::start(&place.data(), &SERVE).await;
    let client = binary.client();
    let kept = ready(&client, client.user().await.unwrap(), 1).await;
    let files = place.files();
    place.plant_keys(BLOBS);
    place.plant_blobs(BLOBS);
    let (one, two, three) = tokio::join!(place.pruned(&[]), place.pruned(&[]), place.pruned(&[]));
    let counts = [one.1, two.1, three.1];
    assert_eq!(counts.iter().map(|counts| counts.blobs).sum::<u64>(), BLOBS, "{counts:?}");
    assert_eq!(counts.iter().map(|counts| counts.idempotency_keys).sum::<u64>(), BLOBS, "{counts:?}");
    assert_eq!(place.files().len(), files.len());
    shows(&client, kept).await;
    assert!(binary.stop().await, "the binary did not end well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_serves_keeps_house_by_itself_and_says_what_went() {
    let (place, origin) = (Place::new(), Origin::start().await);
    let every = ["--prune-every", "200ms", "--keep-events", "1s", "--keep-dead-letters", "1s"];
    let binary = RunningBinary::start(&place.data(), &[&SERVE[..], &every].concat()).await;
    let client = binary.client();
    let user = client.user().await.unwrap();
    let kept = ready(&client, user, 1).await;
    failed(&client, user, &origin).await;
    place.plant_blobs(4);
    place.plant_leftover();
    until("all but the newest event went", async || place.count("SELECT count(*) FROM events") == 1).await;
    let head = place.count("SELECT position FROM events");
    let expected = Counts { events: head - 1, dead_letters: 2, blobs: 4, ..Counts::default() };
    until("all of it is logged", async || Counts::logged(&binary) == expected).await;
    assert_eq!(place.kept(), Counts { leftovers: 1, ..Counts::default() }, "an hour is not over yet");
    // It is never that short by itself while somebody has the database open.
    until("the write-ahead log is cut", async || place.log_length() == 0).await;
    shows(&client, kept).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(Counts::logged(&binary), expected, "more was counted than there was");
    assert!(binary.stop().await, "the binary did not end well");
}

/// Fails with this code and a message that has these words in it, and leaves nothing where nothing was.
async fn assert_refused(code: i32, arguments: &[&str], words: &[&str]) {
    let place = Place::new();
    let output = place.prune(arguments).await;
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    let left: Vec<_> = std::fs::read_dir(place.0.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn where_there_is_no_database_the_command_fails_and_makes_none() {
    for dry_run in [&["--dry-run"][..], &[]] {
        assert_refused(1, dry_run, &["there is no database at", "data_dir"]).await;
    }
    assert_refused(2, &["--database-url", "memory:"], &["database_url is memory:"]).await;
    assert_refused(2, &["--keep-events", "soon"], &["keep_events", "soon"]).await;
}

#[tokio::test]
async fn a_database_elsewhere_that_is_not_there_is_named() {
    let elsewhere = Path::new("elsewhere/shop.sqlite").display().to_string();
    assert_refused(1, &["--database-url", &format!("sqlite:{elsewhere}")], &[&elsewhere]).await;
}
