//! The log of events. Numbers are given while units write and become visible out of order; positions are given afterwards, to
//! what is committed, by one process at a time.

use crate::{
    PostgresStore,
    pipeline::{Step, step},
    rows::{first, instant, limit, number, text, to_event, to_number},
};
use async_trait::async_trait;
use jiff::Timestamp;
use wareroom_domain::{Event, EventPosition, Stamped};
use wareroom_ports::{
    EventLog, LogPage, StoreError,
    message::{SCHEMA, encode_event},
};

/// In order: the unit has touched the products by now, so events of one product are numbered as its versions are.
const INSERT: &str = "INSERT INTO events (id, at, schema, product_id, body, request_id, traceparent)
     SELECT id, at, $3, product_id, body, request_id, traceparent
     FROM unnest($1::uuid[], $2::timestamptz[], $4::bigint[], $5::bytea[], $6::text[], $7::text[])
          WITH ORDINALITY AS event (id, at, product_id, body, request_id, traceparent, place)
     ORDER BY place";

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM events WHERE position IS NULL) AS any";

/// Held until the transaction ends, and a statement of its own: what comes behind it sees what was committed before the lock
/// was had, by whoever had it last, too.
const LOCK: &str = "SELECT pg_advisory_xact_lock(1463898701, 2)";

const SEQUENCE: &str = "UPDATE events SET position = head.position + waiting.place
     FROM (SELECT coalesce(max(position), 0) AS position FROM events) AS head,
          (SELECT seq, row_number() OVER (ORDER BY seq) AS place
           FROM (SELECT seq FROM events WHERE position IS NULL ORDER BY seq LIMIT $1) AS next) AS waiting
     WHERE events.seq = waiting.seq
     RETURNING events.seq";

const READ: &str = "SELECT position, id, at, schema, body, request_id, traceparent FROM events
     WHERE position > $1 ORDER BY position LIMIT $2";

const HEAD: &str = "SELECT coalesce(max(position), 0) AS position FROM events";

/// The first position that stays: that of the first event which is not before the moment, or is the newest.
macro_rules! first_kept {
    () => {
        "least((SELECT max(position) FROM events),
               (SELECT position FROM events WHERE position IS NOT NULL AND at >= $1 ORDER BY position LIMIT 1))"
    };
}

const EXPIRED: &str = concat!("SELECT count(*) AS count FROM events WHERE position < ", first_kept!());

/// Positions have no gaps, so a number of events is a difference of positions.
const REMOVE: &str = concat!(
    "WITH removed AS (
         DELETE FROM events
         WHERE position < ",
    first_kept!(),
    " AND position - $2 < (SELECT min(position) FROM events)
         RETURNING 1
     )
     SELECT count(*) AS count FROM removed"
);

/// Keeps events that a unit of work leaves.
pub(crate) fn insert(events: &[Stamped<Event>]) -> Step {
    let optional = |value: &Option<String>| value.as_deref().map(text);
    let product = |event: &Stamped<Event>| event.body.product().map(|(product, _)| product.get());
    step!(
        INSERT,
        events.iter().map(|event| event.id.0).collect::<Vec<_>>(),
        events.iter().map(|event| instant(event.at)).collect::<Vec<_>>(),
        i32::from(SCHEMA),
        events.iter().map(product).collect::<Vec<_>>(),
        events.iter().map(|event| encode_event(&event.body)).collect::<Vec<_>>(),
        events.iter().map(|event| optional(&event.trace.request_id)).collect::<Vec<_>>(),
        events.iter().map(|event| optional(&event.trace.traceparent)).collect::<Vec<_>>(),
    )
}

/// How many events may be removed from the beginning of the log.
pub(crate) fn expired(before: Timestamp) -> Step {
    step!(EXPIRED, instant(before))
}

/// Removes some of them.
pub(crate) fn remove(before: Timestamp, most: usize) -> Step {
    step!(REMOVE, instant(before), limit(most))
}

#[async_trait]
impl EventLog for PostgresStore {
    /// Positions have no gaps, and only a beginning of the log is ever removed: what is read tells by itself whether something
    /// before it is missing.
    async fn read(&self, after: EventPosition, most: usize) -> Result<LogPage, StoreError> {
        let rows = self.shared.read(&[step!(READ, to_number(after.0), limit(most))]).await?.pop().unwrap_or_default();
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            events.push((EventPosition(number(row, "position")?), to_event(row)?));
        }
        match events.first() {
            Some((oldest, _)) if oldest.0 > after.0.saturating_add(1) => Ok(LogPage::Pruned { oldest: *oldest }),
            _ => Ok(LogPage::Events(events)),
        }
    }

    async fn head(&self) -> Result<EventPosition, StoreError> {
        let rows = self.shared.read(&[step!(HEAD)]).await?.pop().unwrap_or_default();
        rows.first().map_or(Ok(EventPosition(0)), |row| Ok(EventPosition(number(row, "position")?)))
    }

    async fn sequence(&self, most: usize) -> Result<usize, StoreError> {
        // Asked before, because nearly always there is nothing to do and nothing to lock for.
        let any = self.shared.read(&[step!(ANY)]).await?.pop().unwrap_or_default();
        if first(&any, "any") == Some(false) {
            return Ok(0);
        }
        let mut answers = self.shared.write_together(&[step!(LOCK), step!(SEQUENCE, limit(most))]).await?;
        Ok(answers.pop().map_or(0, |sequenced| sequenced.len()))
    }
}
