//! The log of events. Writers are one at a time, so `seq` is the order of the commits; positions follow it.

use crate::{
    SqliteStore,
    error::Fault,
    rows::{instant, to_event},
};
use async_trait::async_trait;
use rusqlite::Connection;
use wareroom_domain::{Event, EventPosition, Stamped};
use wareroom_ports::{
    EventLog, LogPage, StoreError,
    message::{SCHEMA, encode_event},
};

pub(crate) fn insert(connection: &Connection, event: &Stamped<Event>) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO events (id, at, schema, product_id, body, request_id, traceparent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            event.id.0,
            instant(event.at),
            SCHEMA,
            event.body.product().map(|(product, _)| product.get()),
            encode_event(&event.body),
            &event.trace.request_id,
            &event.trace.traceparent,
        ))
        .map(drop)
}

fn head(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT coalesce(max(position), 0) FROM events")?.query_one([], |row| row.get(0))
}

fn oldest(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    connection.prepare_cached("SELECT min(position) FROM events")?.query_one([], |row| row.get(0))
}

fn read(
    connection: &Connection,
    after: EventPosition,
    limit: usize,
) -> rusqlite::Result<Vec<(EventPosition, Stamped<Event>)>> {
    // No event has a position beyond what SQLite can compare.
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut select =
        connection.prepare_cached("SELECT * FROM events WHERE position > ?1 ORDER BY position LIMIT ?2")?;
    let events = select.query_map((after, limit), |row| Ok((EventPosition(row.get("position")?), to_event(row)?)))?;
    events.collect()
}

/// A piece of the log, from its beginning.
#[derive(Default)]
pub(crate) struct Beginning {
    /// How many events.
    pub(crate) count: u64,
    /// The position of the last of them.
    last: u64,
}

/// What may be removed: events from the beginning of the log, up to the first that is not before the moment, or is the
/// newest. Looks no further than `limit`.
pub(crate) fn expired(connection: &Connection, before: &str, limit: usize) -> rusqlite::Result<Beginning> {
    let mut select = connection.prepare_cached(
        "SELECT position, at < ?1 AS expired FROM events
         WHERE position < (SELECT max(position) FROM events)
         ORDER BY position LIMIT ?2",
    )?;
    let mut rows = select.query((before, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut beginning = Beginning::default();
    while let Some(row) = rows.next()?
        && row.get("expired")?
    {
        beginning = Beginning { count: beginning.count + 1, last: row.get("position")? };
    }
    Ok(beginning)
}

/// Removes a beginning of the log; answers how many events that were.
pub(crate) fn remove(connection: &Connection, beginning: &Beginning) -> rusqlite::Result<usize> {
    connection.prepare_cached("DELETE FROM events WHERE position <= ?1")?.execute([beginning.last])
}

fn any_waits(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL)";
    connection.prepare_cached(sql)?.query_one([], |row| row.get(0))
}

/// Gives the next positions in the order of the commits. The file's write lock makes it one process at a time.
fn sequence(connection: &Connection, limit: usize) -> Result<usize, Fault> {
    let head = head(connection)?;
    let sequenced = connection
        .prepare_cached(
            "UPDATE events SET position = ?1 + waiting.place
             FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS place
                   FROM events WHERE position IS NULL ORDER BY seq LIMIT ?2) AS waiting
             WHERE events.seq = waiting.seq",
        )?
        .execute((head, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    Ok(sequenced)
}

#[async_trait]
impl EventLog for SqliteStore {
    async fn read(&self, after: EventPosition, limit: usize) -> Result<LogPage, StoreError> {
        self.shared
            .read(move |connection| {
                // One transaction, so that nothing goes between looking for the oldest and reading.
                let moment = connection.transaction()?;
                match oldest(&moment)? {
                    Some(oldest) if after.0.saturating_add(1) < oldest => {
                        Ok(LogPage::Pruned { oldest: EventPosition(oldest) })
                    }
                    _ => Ok(LogPage::Events(read(&moment, after, limit)?)),
                }
            })
            .await
    }

    async fn head(&self) -> Result<EventPosition, StoreError> {
        self.shared.read(|connection| Ok(EventPosition(head(connection)?))).await
    }

    async fn sequence(&self, limit: usize) -> Result<usize, StoreError> {
        // Asked beside the writer, whose lock of the file is not to be taken for nothing.
        if !self.shared.read(|connection| Ok(any_waits(connection)?)).await? {
            return Ok(0);
        }
        self.shared.write(move |connection| sequence(connection, limit)).await
    }
}
