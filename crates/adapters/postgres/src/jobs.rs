//! Job rows: the statements that the outbox, its relay and the queue share. Knows no connection.

use crate::{
    pipeline::{Step, step},
    rows::{count, first, get, instant, limit, number, seconds, span, text, to_message},
};
use std::time::Duration;
use tokio_postgres::Row;
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Backlog, Claimed, Message, StoreError};

macro_rules! insert_all {
    ($conflict:expr) => {
        concat!(
            "INSERT INTO jobs (id, lane, kind, schema, body, at, request_id, traceparent, due_at)
             SELECT id, lane, kind, schema, body, at, request_id, traceparent,
                    clock_timestamp() + due_in * interval '1 second'
             FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::bytea[], $6::timestamptz[], $7::text[],
                         $8::text[], $9::double precision[])
                  AS job (id, lane, kind, schema, body, at, request_id, traceparent, due_in)
             ORDER BY id
             ON CONFLICT (id) DO ",
            $conflict
        )
    };
}

/// A row of the same identity, which is the one being worked on when a job leaves itself for later, is replaced and its loan
/// voided: acknowledging that loan must not delete what was just left.
const LEAVE: &str = insert_all!(
    "UPDATE SET
         lane = excluded.lane, kind = excluded.kind, schema = excluded.schema, body = excluded.body, at = excluded.at,
         request_id = excluded.request_id, traceparent = excluded.traceparent, due_at = excluded.due_at,
         leased_until = NULL, token = NULL"
);

/// One that is there already stays as it is.
const PUBLISH: &str = insert_all!("NOTHING");

/// Whoever claims at the same time passes over the rows that this one has in hand.
macro_rules! claim {
    ($which:expr) => {
        concat!(
            "WITH due AS MATERIALIZED (
                 SELECT id FROM jobs
                 WHERE ",
            $which,
            " AND due_at <= statement_timestamp()
                   AND (leased_until IS NULL OR leased_until <= statement_timestamp())
                 ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
             )
             UPDATE jobs SET leased_until = clock_timestamp() + $2 * interval '1 second', token = nextval('tokens')
             FROM due WHERE jobs.id = due.id
             RETURNING jobs.id, lane, kind, schema, body, at, request_id, traceparent, due_at, token"
        )
    };
}

macro_rules! next_in {
    ($which:expr) => {
        concat!(
            "SELECT extract(epoch FROM least(
                 (SELECT min(due_at) FROM jobs WHERE ",
            $which,
            " AND leased_until IS NULL),
                 (SELECT min(leased_until) FROM jobs WHERE ",
            $which,
            " AND leased_until IS NOT NULL)
             ) - clock_timestamp())::double precision AS seconds"
        )
    };
}

const DONE: &str = "DELETE FROM jobs USING unnest($1::uuid[], $2::bigint[]) AS done (id, token)
     WHERE jobs.id = done.id AND jobs.token = done.token
     RETURNING jobs.id";

/// It goes behind those that wait already, so that one that comes back again and again starves nobody.
const RELEASE: &str = "UPDATE jobs
     SET leased_until = NULL, token = NULL, due_at = greatest(due_at, statement_timestamp())
     WHERE id = $1 AND token = $2";

const BACKLOG: &str = "SELECT count(*) AS count,
            coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::double precision AS seconds
     FROM jobs";

/// Keeps jobs that a unit of work leaves, each identity once.
pub(crate) fn leave(jobs: &[(Message, Duration)]) -> Step {
    insert(LEAVE, &jobs.iter().map(|(message, due_in)| (message, *due_in)))
}

/// Keeps jobs that were published.
pub(crate) fn publish(messages: &[Message]) -> Step {
    insert(PUBLISH, &messages.iter().map(|message| (message, Duration::ZERO)))
}

fn insert<'m>(sql: &'static str, jobs: &(impl Iterator<Item = (&'m Message, Duration)> + Clone)) -> Step {
    let each = || jobs.clone().map(|(message, _)| message);
    let optional = |value: &Option<String>| value.as_deref().map(text);
    step!(
        sql,
        each().map(|message| message.id.0).collect::<Vec<_>>(),
        each().map(|message| message.lane.as_str()).collect::<Vec<_>>(),
        each().map(|message| text(&message.kind)).collect::<Vec<_>>(),
        each().map(|message| i32::from(message.schema)).collect::<Vec<_>>(),
        each().map(|message| message.body.to_vec()).collect::<Vec<_>>(),
        each().map(|message| instant(message.at)).collect::<Vec<_>>(),
        each().map(|message| optional(&message.trace.request_id)).collect::<Vec<_>>(),
        each().map(|message| optional(&message.trace.traceparent)).collect::<Vec<_>>(),
        jobs.clone().map(|(_, due_in)| seconds(due_in)).collect::<Vec<_>>(),
    )
}

/// Lends due jobs, of a lane or of all, the longest due first.
pub(crate) fn claim(lane: Option<Lane>, most: usize, lease: Duration) -> Step {
    match lane {
        Some(lane) => step!(claim!("lane = $3"), limit(most), seconds(lease), lane.as_str()),
        None => step!(claim!("true"), limit(most), seconds(lease)),
    }
}

/// What was lent, the longest due first.
pub(crate) fn to_claimed(rows: &[Row]) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let due_at: jiff::Timestamp = get(row, "due_at")?;
        claimed.push((due_at, Claimed { message: to_message(row)?, token: number(row, "token")? }));
    }
    claimed.sort_by_key(|(due_at, _)| *due_at);
    Ok(claimed.into_iter().map(|(_, claimed)| claimed).collect())
}

/// When a job of the lane, or of any, may be claimed.
pub(crate) fn next_in(lane: Option<Lane>) -> Step {
    match lane {
        Some(lane) => step!(next_in!("lane = $1"), lane.as_str()),
        None => step!(next_in!("true")),
    }
}

/// How long that is, zero when one may be now; `None` when none is there.
pub(crate) fn to_next(rows: &[Row]) -> Option<Duration> {
    first::<Option<f64>>(rows, "seconds").flatten().map(span)
}

/// Forgets jobs that are done. A row for each whose loan still held.
pub(crate) fn done(loans: impl Iterator<Item = (MessageId, u64)>) -> Step {
    let (ids, tokens): (Vec<_>, Vec<_>) = loans.map(|(id, token)| (id.0, i64::try_from(token).unwrap_or(-1))).unzip();
    step!(DONE, ids, tokens)
}

/// Takes one job back from whoever holds this token.
pub(crate) fn release(id: MessageId, token: u64) -> Step {
    step!(RELEASE, id.0, i64::try_from(token).unwrap_or(-1))
}

/// A row when there are more jobs than that.
pub(crate) fn one_after(rows: u64) -> Step {
    step!("SELECT 1 AS one FROM jobs OFFSET $1 LIMIT 1", i64::try_from(rows).unwrap_or(i64::MAX))
}

/// How many jobs there are, and how overdue the oldest is.
pub(crate) fn backlog() -> Step {
    step!(BACKLOG)
}

pub(crate) fn to_backlog(rows: &[Row]) -> Result<Backlog, StoreError> {
    Ok(Backlog { rows: count(rows)?, oldest: first(rows, "seconds").map_or(Duration::ZERO, span) })
}
