//! What the database's file says, read beside whoever serves from it: what must be true of it once everything ended, and whether
//! anything changed between two moments. Knows the schema, and no store.

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Params};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_domain::Event;
use wareroom_domain::event::ImageChange;
use wareroom_ports::message::decode_event;

/// Everything that an attempt could change, in a fixed order. Left out is what changes by itself: the positions that the
/// sequencer gives, and how long a name is kept from the collector.
const STATE: [(&str, &str); 7] = [
    ("product", "SELECT * FROM products ORDER BY id"),
    ("image", "SELECT * FROM images ORDER BY id"),
    ("rendition", "SELECT * FROM renditions ORDER BY image_id, ordinal"),
    ("blob", "SELECT key, references_count, condemned FROM blobs WHERE references_count > 0 ORDER BY key"),
    ("dead letter", "SELECT * FROM dead_letters ORDER BY seq"),
    ("job", "SELECT * FROM jobs ORDER BY id"),
    ("event", "SELECT seq, id, body FROM events ORDER BY seq"),
];

/// Names that are counted otherwise than rows use them.
const MISCOUNTED: &str = "
    WITH used (key) AS (SELECT 'sources/' || sha256 FROM images WHERE sha256 IS NOT NULL
                        UNION ALL SELECT key FROM renditions),
         counted (key, uses) AS (SELECT key, count(*) FROM used GROUP BY key)
    SELECT coalesce(counted.key, blobs.key), uses, references_count
    FROM counted FULL JOIN blobs ON blobs.key = counted.key
    WHERE coalesce(uses, 0) <> coalesce(references_count, 0)";

/// The rows of a database file.
pub(crate) struct Rows {
    connection: Connection,
}

/// How an image stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageRow {
    pub(crate) id: [u8; 16],
    pub(crate) state: String,
    pub(crate) attempts: u64,
    pub(crate) fence: u64,
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
    pub(crate) fn of(file: &Path) -> Self {
        Self { connection: Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap() }
    }

    /// Everything that an attempt could change, a line a row.
    pub(crate) fn state(&self) -> Vec<String> {
        let lines = |(name, sql)| self.all(sql).into_iter().map(move |row| format!("{name} {row:?}"));
        STATE.into_iter().flat_map(lines).collect()
    }

    pub(crate) fn images(&self) -> Vec<ImageRow> {
        let mut select =
            self.connection.prepare_cached("SELECT id, state, attempts, fence FROM images ORDER BY id").unwrap();
        let images = select.query_map([], |row| {
            Ok(ImageRow { id: row.get(0)?, state: row.get(1)?, attempts: row.get(2)?, fence: row.get(3)? })
        });
        images.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// How many images are in this state.
    pub(crate) fn count(&self, state: &str) -> usize {
        self.images().iter().filter(|image| image.state == state).count()
    }

    /// How many jobs there are, waiting, due or on loan.
    pub(crate) fn jobs(&self) -> usize {
        self.all("SELECT id FROM jobs").len()
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
        let sql = "SELECT coalesce(max(leased_until) - CAST(unixepoch('subsec') * 1000 AS INTEGER), 0) FROM jobs";
        let left: i64 = self.connection.query_one(sql, [], |row| row.get(0)).unwrap();
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    /// What must be true when every image ended: each of them once, whatever it took, with all that belongs to it and nothing
    /// beside it.
    #[track_caller]
    pub(crate) fn assert_every_image_ended_once(&self, blobs: &Path) -> Effort {
        let (changes, mut effort) = (self.changes(), Effort::default());
        for image in self.images() {
            let count = |change| changes.get(&(image.id, change)).copied().unwrap_or(0);
            let ends = [ImageChange::Added, ImageChange::Ready, ImageChange::Failed].map(count);
            let renditions = self.texts("SELECT name FROM renditions WHERE image_id = ?1 ORDER BY ordinal", [image.id]);
            let letters = self.texts("SELECT reason FROM dead_letters WHERE image_id = ?1", [image.id]);
            let (begun, postponed) = (count(ImageChange::Started), count(ImageChange::Postponed));
            match image.state.as_str() {
                "ready" => {
                    assert_eq!(ends, [1, 1, 0], "added, ready, failed: {image:?}");
                    assert_eq!(renditions, ["thumb", "medium", "main"], "{image:?}");
                    assert_eq!(letters, Vec::<String>::new(), "{image:?}");
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
        assert_eq!(self.all(MISCOUNTED), Vec::<Vec<Value>>::new(), "name, uses, count");
        for key in self.texts("SELECT key FROM blobs WHERE references_count > 0", []) {
            assert!(blobs.join(&key).is_file(), "{key} is used and not there");
        }
        assert_eq!(self.all("SELECT count(*) FROM dead_letters"), [[i64::try_from(effort.failed).unwrap().into()]]);
        assert_eq!(self.all("SELECT * FROM jobs"), Vec::<Vec<Value>>::new());
        effort
    }

    /// How often each change of each image was told of. Every change but the first of an image has a version of its product to
    /// itself, and together they leave out none.
    #[track_caller]
    fn changes(&self) -> HashMap<([u8; 16], ImageChange), u64> {
        let (mut changes, mut versions) = (HashMap::new(), BTreeMap::<i64, BTreeSet<u64>>::new());
        let mut select = self.connection.prepare_cached("SELECT schema, body FROM events ORDER BY seq").unwrap();
        let events = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
        for (schema, body) in events.map(Result::unwrap) {
            match decode_event(schema, &body).unwrap() {
                Event::ImageChanged { product, version, image, change } => {
                    *changes.entry((image.0.into_bytes(), change)).or_insert(0) += 1;
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
        for (product, versions) in versions {
            let current = "SELECT version FROM products WHERE id = ?1";
            let current: u64 = self.connection.query_one(current, [product], |row| row.get(0)).unwrap();
            assert!(versions.into_iter().eq(1..=current), "not every version of {product} was told of");
        }
        changes
    }

    fn all(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut select = self.connection.prepare_cached(sql).unwrap();
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    fn texts(&self, sql: &str, parameters: impl Params) -> Vec<String> {
        let mut select = self.connection.prepare_cached(sql).unwrap();
        let rows = select.query_map(parameters, |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}
