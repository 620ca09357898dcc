//! Job rows: the statements that the outbox, its relay and the queue share. Knows no thread and no turn.

use crate::{
    clock::{milliseconds, now, until},
    rows::{instant, to_message},
};
use rusqlite::{Connection, Result};
use std::time::Duration;
use wareroom_domain::{Lane, MessageId};
use wareroom_ports::{Backlog, Claimed, Message};

/// Keeps a job that a unit of work leaves. A row of that identity, which is the one being worked on when a job leaves
/// itself for later, is replaced and its loan voided: acknowledging that loan must not delete what was just left.
pub(crate) fn leave(connection: &Connection, message: &Message, due_in: Duration) -> Result<()> {
    let sql = "INSERT INTO jobs (id, lane, kind, schema, body, at, request_id, traceparent, due_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO UPDATE SET
                   lane = excluded.lane, kind = excluded.kind, schema = excluded.schema, body = excluded.body,
                   at = excluded.at, request_id = excluded.request_id, traceparent = excluded.traceparent,
                   due_at = excluded.due_at, leased_until = NULL, token = NULL";
    insert(connection, sql, message, due_in)
}

/// Keeps a job that was published. One that is there already stays as it is.
pub(crate) fn publish(connection: &Connection, message: &Message) -> Result<()> {
    let sql = "INSERT INTO jobs (id, lane, kind, schema, body, at, request_id, traceparent, due_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO NOTHING";
    insert(connection, sql, message, Duration::ZERO)
}

fn insert(connection: &Connection, sql: &str, message: &Message, due_in: Duration) -> Result<()> {
    let due_at = now(connection)?.saturating_add(milliseconds(due_in));
    let values = (
        message.id.0,
        message.lane.as_str(),
        &message.kind,
        message.schema,
        message.body.as_ref(),
        instant(message.at),
        &message.trace.request_id,
        &message.trace.traceparent,
        due_at,
    );
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// Lends due jobs of a lane, the longest due first.
pub(crate) fn claim(connection: &Connection, lane: Lane, limit: usize, lease: Duration) -> Result<Vec<Claimed>> {
    let now = now(connection)?;
    // The token is drawn, not counted: a row that was deleted and published again must not repeat one.
    let mut update = connection.prepare_cached(
        "UPDATE jobs SET leased_until = ?3, token = random() & 9223372036854775807
         WHERE rowid IN (SELECT rowid FROM jobs
                         WHERE lane = ?1 AND due_at <= ?2 AND (leased_until IS NULL OR leased_until <= ?2)
                         ORDER BY due_at, rowid LIMIT ?4)
         RETURNING *",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = (lane.as_str(), now, now.saturating_add(milliseconds(lease)), limit);
    let claimed = update.query_map(values, |row| {
        let due_at: i64 = row.get("due_at")?;
        Ok((due_at, Claimed { message: to_message(row)?, token: row.get("token")? }))
    })?;
    let mut claimed: Vec<(i64, Claimed)> = claimed.collect::<Result<_>>()?;
    claimed.sort_by_key(|(due_at, _)| *due_at);
    Ok(claimed.into_iter().map(|(_, claimed)| claimed).collect())
}

fn any_due(connection: &Connection, lane: Lane, now: i64) -> Result<bool> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM jobs
                        WHERE lane = ?1 AND due_at <= ?2 AND (leased_until IS NULL OR leased_until <= ?2))",
    )?;
    select.query_one((lane.as_str(), now), |row| row.get(0))
}

/// How long until a job of the lane may be claimed, zero when one may be now; `None` when none is there.
pub(crate) fn next_in(connection: &Connection, lane: Lane) -> Result<Option<Duration>> {
    let now = now(connection)?;
    if any_due(connection, lane, now)? {
        return Ok(Some(Duration::ZERO));
    }
    let at: Option<i64> = connection
        .prepare_cached(
            "SELECT min(at) FROM (
                 SELECT min(due_at) AS at FROM jobs WHERE lane = ?1 AND due_at > ?2
                 UNION ALL
                 SELECT min(leased_until) FROM jobs WHERE leased_until IS NOT NULL AND leased_until > ?2)",
        )?
        .query_one((lane.as_str(), now), |row| row.get(0))?;
    Ok(at.map(|at| until(now, at)))
}

/// Forgets a job that is done; whether the loan still held.
pub(crate) fn done(connection: &Connection, id: MessageId, token: u64) -> Result<bool> {
    let deleted = connection.prepare_cached("DELETE FROM jobs WHERE id = ?1 AND token = ?2")?.execute((id.0, token))?;
    Ok(deleted == 1)
}

/// Takes one job back from whoever holds this token. It goes behind those that wait already, so that one that comes back
/// again and again starves nobody.
pub(crate) fn release(connection: &Connection, id: MessageId, token: u64) -> Result<()> {
    let sql =
        "UPDATE jobs SET leased_until = NULL, token = NULL, due_at = max(due_at, ?3) WHERE id = ?1 AND token = ?2";
    connection.prepare_cached(sql)?.execute((id.0, token, now(connection)?)).map(drop)
}

/// Takes every job back.
pub(crate) fn release_all(connection: &Connection) -> Result<u64> {
    let released = connection
        .prepare_cached("UPDATE jobs SET leased_until = NULL, token = NULL WHERE leased_until IS NOT NULL")?
        .execute([])?;
    Ok(u64::try_from(released).unwrap_or(u64::MAX))
}

/// Whether there are so many jobs, or more.
pub(crate) fn at_least(connection: &Connection, rows: u64) -> Result<bool> {
    let Some(before) = rows.checked_sub(1) else { return Ok(true) };
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let sql = "SELECT EXISTS (SELECT 1 FROM jobs LIMIT 1 OFFSET ?1)";
    connection.prepare_cached(sql)?.query_one([before], |row| row.get(0))
}

/// How many jobs there are, and how overdue the oldest is.
pub(crate) fn backlog(connection: &Connection) -> Result<Backlog> {
    let now = now(connection)?;
    connection.prepare_cached("SELECT count(*), min(due_at) FROM jobs")?.query_one([], |row| {
        let oldest: Option<i64> = row.get(1)?;
        Ok(Backlog { rows: row.get(0)?, oldest: oldest.map_or(Duration::ZERO, |due_at| until(due_at, now)) })
    })
}
