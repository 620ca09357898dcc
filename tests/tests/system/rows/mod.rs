//! What the database says, read beside whoever serves from it: what must be true of it once everything ended, and whether
//! anything changed between two moments. Knows the schema, and no store.

mod source;

use source::{Row, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_domain::Event;
use wareroom_domain::event::ImageChange;
use wareroom_ports::message::decode_event;

/// The rows of a database.
pub(crate) struct Rows {
    source: Source,
}

/// How an image stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageRow {
    /// In hexadecimal digits.
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) attempts: u64,
    pub(crate) fence: u64,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeadLetterRow {
    /// The product whose image gave up.
    pub(crate) product: i64,
    /// The image, in hexadecimal digits.
    pub(crate) image: String,
    /// Why, as in answers.
    pub(crate) reason: String,
    /// How many attempts were made.
    pub(crate) attempts: u64,
}

/// What it took until all images had ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    pub(crate) ready: u64,
    pub(crate) failed: u64,
    /// Fencing numbers taken: by each attempt, and by giving up on an image whose attempts were all cut off.
    pub(crate) begun: u64,
    /// Attempts that count.
    pub(crate) attempts: u64,
    /// Attempts that neither ended their image nor were postponed or handed back: they were cut off or overtaken.
    pub(crate) without_effect: u64,
}

impl Rows {
    /// Those of a database file.
    pub(crate) fn of(file: &Path) -> Self {
        Self { source: Source::of(file) }
    }

    /// Those of whoever serves from this data directory, over the stack of the run.
    pub(crate) async fn beside(data: &Path) -> Self {
        Self { source: Source::beside(data).await }
    }

    /// Those that this connection reaches.
    pub(crate) fn over(database: tokio_postgres::Client) -> Self {
        Self { source: Source::Postgres(database) }
    }

    /// Everything that an attempt could change, a line a row.
    pub(crate) fn state(&self) -> Vec<String> {
        let lines = |&(name, sql): &(&'static str, &'static str)| {
            self.source.rows(sql).into_iter().map(move |row| format!("{name} {row:?}"))
        };
        self.source.questions().state.iter().flat_map(lines).collect()
    }

    pub(crate) fn images(&self) -> Vec<ImageRow> {
        let image = |row: Row| {
            let [id, state, attempts, fence] = row.try_into().unwrap();
            ImageRow { id, state, attempts: attempts.parse().unwrap(), fence: fence.parse().unwrap() }
        };
        self.source.rows(self.source.questions().images).into_iter().map(image).collect()
    }

    /// All dead letters, in the order they were written.
    pub(crate) fn dead_letters(&self) -> Vec<DeadLetterRow> {
        let letter = |row: Row| {
            let [product, image, reason, attempts] = row.try_into().unwrap();
            DeadLetterRow { product: product.parse().unwrap(), image, reason, attempts: attempts.parse().unwrap() }
        };
        self.source.rows(self.source.questions().letters).into_iter().map(letter).collect()
    }

    /// How many images are in this state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.images().iter().filter(|image| image.state == state).count()
    }

    /// How many jobs there are, waiting, due or on loan.
    pub(crate) fn jobs(&self) -> usize {
        self.source.rows("SELECT id FROM jobs").len()
    }

    /// Waits until no job is left.
    pub(crate) async fn until_no_job_is_left(&self) {
        self.until(|| self.jobs() == 0).await;
    }

    /// Waits until every job was given back: whoever gives back does not wait for it.
    pub(crate) async fn until_nothing_is_on_loan(&self) {
        self.until(|| self.longest_loan().is_zero()).await;
    }

    async fn until(&self, reached: impl Fn() -> bool) {
        let begun = Instant::now();
        while !reached() {
            assert!(begun.elapsed() < Duration::from_mins(1), "stuck: {:#?}", self.state());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// How long until the last loan is over; zero when there is none.
    pub(crate) fn longest_loan(&self) -> Duration {
        let left: i64 = self.source.rows(self.source.questions().loan)[0][0].parse().unwrap();
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// What must be true when every image ended: each of them once, whatever it took, with all that belongs to it and nothing
    /// beside it.
    #[track_caller]
    pub(crate) fn assert_every_image_ended_once(&self, blobs: &Path) -> Effort {
        let (changes, mut effort) = (self.changes(), Effort::default());
        let questions = self.source.questions();
        let (all_renditions, all_letters) = (self.by_image(questions.renditions), self.dead_letters());
        for image in self.images() {
            let count = |change| changes.get(&(image.id.clone(), change)).copied().unwrap_or(0);
            let ends = [ImageChange::Added, ImageChange::Ready, ImageChange::Failed].map(count);
            let renditions = all_renditions.get(&image.id).cloned().unwrap_or_default();
            let letters = all_letters.iter().filter(|letter| letter.image == image.id);
            let letters: Vec<&str> = letters.map(|letter| letter.reason.as_str()).collect();
            let (begun, postponed) = (count(ImageChange::Started), count(ImageChange::Postponed));
            match image.state.as_str() {
                "ready" => {
                    assert_eq!(ends, [1, 1, 0], "added, ready, failed: {image:?}");
                    assert_eq!(renditions, ["thumb", "medium", "main"], "{image:?}");
                    assert_eq!(letters, Vec::<&str>::new(), "{image:?}");
                    assert_eq!(begun, image.fence, "each attempt takes a number of its own: {image:?}");
                    effort.ready += 1;
                }
                "failed" => {
                    assert_eq!(ends, [1, 0, 1], "added, ready, failed: {image:?}");
                    assert_eq!(renditions, Vec::<String>::new(), "{image:?}");
                    assert_eq!(letters.len(), 1, "{image:?}: {letters:?}");
                    // So does giving up, when every attempt was cut off.
                    assert_eq!(begun + u64::from(letters[0] == "poison"), image.fence, "{image:?}");
                    effort.failed += 1;
                }
                other => panic!("{other} is no end: {image:?}"),
            }
            assert!(postponed < image.fence, "{postponed} postponed: {image:?}");
            assert!((1..=image.fence).contains(&image.attempts), "{image:?}");
            effort.begun += image.fence;
            effort.attempts += image.attempts;
            effort.without_effect += image.fence - 1 - postponed;
        }
        assert_eq!(self.source.rows(questions.miscounted), Vec::<Row>::new(), "name, uses, count");
        for key in self.source.rows("SELECT key FROM blobs WHERE references_count > 0") {
            assert!(blobs.join(&key[0]).is_file(), "{key:?} is used and not there");
        }
        assert_eq!(all_letters.len() as u64, effort.failed);
        assert_eq!(self.source.rows("SELECT * FROM jobs"), Vec::<Row>::new());
        effort
    }

    /// How often each change of each image was told of. Every change but the first of an image has a version of its product to
    /// itself, and together they leave out none.
    #[track_caller]
    fn changes(&self) -> HashMap<(String, ImageChange), u64> {
        let (mut changes, mut versions) = (HashMap::new(), BTreeMap::<i64, BTreeSet<u64>>::new());
        for row in self.source.rows(self.source.questions().events) {
            let (schema, body) = (row[0].parse().unwrap(), bytes(&row[1]));
            match decode_event(schema, &body).unwrap() {
                Event::ImageChanged { product, version, image, change } => {
                    *changes.entry((image.0.simple().to_string(), change)).or_insert(0) += 1;
                    let news = versions.entry(product.get()).or_default().insert(version.0);
                    assert!(news || change == ImageChange::Added, "version {version:?} of {product:?} was given twice");
                }
                Event::ProductCreated { product, version } | Event::ProductChanged { product, version } => {
                    versions.entry(product.get()).or_default().insert(version.0);
                }
                Event::ProductDeleted { product, .. } => drop(versions.remove(&product.get())),
                Event::UserRegistered { .. } => {}
            }
        }
        let current = self.source.rows("SELECT id, version FROM products").into_iter();
        let current: BTreeMap<i64, u64> =
            current.map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap())).collect();
        for (product, versions) in versions {
            assert!(versions.into_iter().eq(1..=current[&product]), "not every version of {product} was told of");
        }
        changes
    }

    /// The second column, by the first.
    fn by_image(&self, sql: &str) -> HashMap<String, Vec<String>> {
        let mut texts = HashMap::<String, Vec<String>>::new();
        for row in self.source.rows(sql) {
            let [image, text] = row.try_into().unwrap();
            texts.entry(image).or_default().push(text);
        }
        texts
    }
}

/// Bytes from their hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(digit).collect()
}
