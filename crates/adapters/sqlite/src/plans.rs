//! How SQLite would do a statement, for the tests that see to it that lists are not sorted.

use crate::{connection::set, migrations::migrate};
use rusqlite::Connection;

/// An empty database with the schema of today.
pub(crate) fn migrated() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    set(&connection).unwrap();
    migrate(&mut connection).unwrap();
    connection
}

/// The steps of a statement. What its parameters would be bound to does not matter.
pub(crate) fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    explain.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>().unwrap()
}
