//! The dead letters of a running Wareroom, read from its file.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// One dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// The product whose image gave up.
    pub product: i64,
    /// The image, as hexadecimal digits without dashes.
    pub image: String,
    /// Why, as in answers.
    pub reason: String,
    /// How many attempts were made.
    pub attempts: i64,
}

/// All dead letters in the embedded store of a data directory, which may be in use, in the order they were written.
pub fn dead_letters(data: &Path) -> Vec<DeadLetterRow> {
    let database = Connection::open_with_flags(data.join("wareroom.sqlite"), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the database is there");
    let mut query = database
        .prepare("SELECT product_id, lower(hex(image_id)), reason, attempts FROM dead_letters ORDER BY seq")
        .expect("there are dead letters");
    let rows = query.query_map((), |row| {
        Ok(DeadLetterRow { product: row.get(0)?, image: row.get(1)?, reason: row.get(2)?, attempts: row.get(3)? })
    });
    rows.expect("dead letters can be read").collect::<Result<_, _>>().expect("dead letters can be read")
}
