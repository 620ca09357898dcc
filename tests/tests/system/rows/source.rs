//! Where rows are read, beside whoever serves from there: each database in its own words, and every value as text.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio_postgres::{Client, SimpleQueryMessage};
use wareroom_test_kit::{Stack, connect_beside};

/// A row, its values as text; nothing is an empty one.
pub(super) type Row = Vec<String>;

/// What is asked, by name. Ids and bytes come as hexadecimal digits.
pub(super) struct Questions {
    /// Everything that an attempt could change, in a fixed order. Left out is what changes by itself: the positions that the
    /// sequencer gives, and how long a name is kept from the collector.
    pub(super) state: &'static [(&'static str, &'static str)],
    /// Id, state, attempts, fence.
    pub(super) images: &'static str,
    /// Image and name, in order.
    pub(super) renditions: &'static str,
    /// Product, image, reason and attempts, in the order they were written.
    pub(super) letters: &'static str,
    /// Schema and body, in the order they were left.
    pub(super) events: &'static str,
    /// Milliseconds until the last loan is over, not above zero when there is none.
    pub(super) loan: &'static str,
    /// Names that are counted otherwise than rows use them: the name, how often it is used, what is counted.
    pub(super) miscounted: &'static str,
}

const SQLITE: Questions = Questions {
    state: &[
        ("product", "SELECT * FROM products ORDER BY id"),
        ("image", "SELECT * FROM images ORDER BY id"),
        ("rendition", "SELECT * FROM renditions ORDER BY image_id, ordinal"),
        ("blob", "SELECT key, references_count, condemned FROM blobs WHERE references_count > 0 ORDER BY key"),
        ("dead letter", "SELECT * FROM dead_letters ORDER BY seq"),
        ("job", "SELECT * FROM jobs ORDER BY id"),
        ("event", "SELECT seq, id, body FROM events ORDER BY seq"),
    ],
    images: "SELECT id, state, attempts, fence FROM images ORDER BY id",
    renditions: "SELECT image_id, name FROM renditions ORDER BY image_id, ordinal",
    letters: "SELECT product_id, image_id, reason, attempts FROM dead_letters ORDER BY seq",
    events: "SELECT schema, body FROM events ORDER BY seq",
    loan: "SELECT coalesce(max(leased_until) - CAST(unixepoch('subsec') * 1000 AS INTEGER), 0) FROM jobs",
    miscounted: "
        WITH used (key) AS (SELECT 'sources/' || sha256 FROM images WHERE sha256 IS NOT NULL
                            UNION ALL SELECT key FROM renditions),
             counted (key, uses) AS (SELECT key, count(*) FROM used GROUP BY key)
        SELECT coalesce(counted.key, blobs.key), uses, references_count
        FROM counted FULL JOIN blobs ON blobs.key = counted.key
        WHERE coalesce(uses, 0) <> coalesce(references_count, 0)",
};

const POSTGRES: Questions = Questions {
    state: &[
        ("product", "SELECT * FROM products ORDER BY id"),
        ("image", "SELECT * FROM images ORDER BY id"),
        ("blob", "SELECT key, references_count, condemned FROM blobs WHERE references_count > 0 ORDER BY key"),
        ("dead letter", "SELECT * FROM dead_letters ORDER BY seq"),
        ("job", "SELECT * FROM jobs ORDER BY id"),
        ("event", "SELECT seq, id, body FROM events ORDER BY seq"),
    ],
    images: "SELECT replace(id::text, '-', ''), state, attempts, fence FROM images ORDER BY id",
    renditions: "
        SELECT replace(id::text, '-', ''), kept ->> 'name'
        FROM images, jsonb_array_elements(renditions) WITH ORDINALITY AS kept_at (kept, place) ORDER BY id, place",
    letters: "
        SELECT product_id, replace(image_id::text, '-', ''), reason, attempts FROM dead_letters ORDER BY seq",
    events: "SELECT schema, encode(body, 'hex') FROM events ORDER BY seq",
    loan: "SELECT coalesce(ceil(extract(epoch FROM max(leased_until) - now()) * 1000), 0)::bigint FROM jobs",
    miscounted: "
        WITH used (key) AS (SELECT 'sources/' || sha256 FROM images WHERE sha256 IS NOT NULL
                            UNION ALL SELECT kept ->> 'key' FROM images, jsonb_array_elements(renditions) AS kept),
             counted (key, uses) AS (SELECT key, count(*) FROM used GROUP BY key)
        SELECT coalesce(counted.key, blobs.key), uses, references_count
        FROM counted FULL JOIN blobs ON blobs.key = counted.key
        WHERE coalesce(uses, 0) <> coalesce(references_count, 0)",
};

/// The database of a data directory.
pub(super) enum Source {
    Sqlite(Connection),
    Postgres(Client),
}

impl Source {
    /// A database file.
    pub(super) fn of(file: &Path) -> Self {
        Self::Sqlite(Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// What the stack of the run keeps for whoever serves from this data directory.
    pub(super) async fn beside(data: &Path) -> Self {
        match Stack::of_run() {
            Stack::Embedded => Self::of(&data.join("wareroom.sqlite")),
            Stack::Postgres | Stack::Servers => Self::Postgres(connect_beside(data).await),
        }
    }

    pub(super) fn questions(&self) -> &'static Questions {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    pub(super) fn rows(&self, sql: &str) -> Vec<Row> {
        match self {
            Self::Sqlite(connection) => of_sqlite(connection, sql),
            Self::Postgres(client) => block_in_place(|| Handle::current().block_on(of_postgres(client, sql))),
        }
    }
}

fn of_sqlite(connection: &Connection, sql: &str) -> Vec<Row> {
    let mut select = connection.prepare_cached(sql).unwrap();
    let columns = select.column_count();
    let rows = select.query_map([], |row| (0..columns).map(|column| Ok(text(row.get_ref(column)?))).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}")),
    }
}

async fn of_postgres(client: &Client, sql: &str) -> Vec<Row> {
    let messages = client.simple_query(sql).await.unwrap().into_iter();
    let rows = messages.filter_map(|message| if let SimpleQueryMessage::Row(row) = message { Some(row) } else { None });
    rows.map(|row| (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()).collect()
}
