//! Which dead letters fit a filter, in lists, in counts, and for whoever removes or marks them.

use crate::{
    pipeline::{Step, Value},
    rows::{checked, get, instant, limit, number, to_failure, to_message, to_reason, to_trace},
};
use jiff::Timestamp;
use tokio_postgres::Row;
use wareroom_domain::{Attempts, DeadLetterId, ImageId, ProductId, Reason, UserId};
use wareroom_ports::{DeadLetter, DeadLetterCount, DeadLetterFilter, StoreError};

/// All columns that a dead letter is read from.
macro_rules! letter_columns {
    () => {
        "id, lane, kind, schema, body, image_id, product_id, owner_id, host, reason, detail, attempts, at, request_id,
         traceparent"
    };
}
pub(crate) use letter_columns;

pub(crate) fn to_dead_letter(row: &Row) -> Result<DeadLetter, StoreError> {
    let (product, owner): (Option<i64>, Option<i64>) = (get(row, "product_id")?, get(row, "owner_id")?);
    Ok(DeadLetter {
        id: DeadLetterId(get(row, "id")?),
        job: checked("body", to_message(row)?.job())?.body,
        image: ImageId(get(row, "image_id")?),
        product: checked("product_id", product.map(ProductId::new).transpose())?,
        owner: checked("owner_id", owner.map(UserId::new).transpose())?,
        host: get(row, "host")?,
        failure: to_failure(row)?,
        attempts: Attempts(number(row, "attempts")?),
        at: get(row, "at")?,
        trace: to_trace(row)?,
    })
}

pub(crate) fn to_count(row: &Row) -> Result<DeadLetterCount, StoreError> {
    Ok(DeadLetterCount {
        reason: to_reason(row)?,
        host: get(row, "host")?,
        count: number(row, "count")?,
        newest: get(row, "newest")?,
    })
}

/// A filter as conditions, which are constants, and the values that are bound to them.
#[derive(Default)]
pub(crate) struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// What fits the filter, behind that place.
    pub(crate) fn of(filter: &DeadLetterFilter, after: Option<(Timestamp, DeadLetterId)>) -> Self {
        let DeadLetterFilter { product, owner, host, reason, from, to } = filter;
        let mut conditions = Self::default();
        conditions.and_if("product_id = ", product.map(ProductId::get));
        conditions.and_if("owner_id = ", owner.map(UserId::get));
        // No host has a NUL, and no parameter can: one that is no host's fits none.
        conditions.and_if("host = ", host.as_deref().map(crate::rows::text));
        conditions.and_if("reason = ", reason.map(Reason::code));
        conditions.and_if("at >= ", from.map(instant));
        conditions.and_if("at < ", to.map(instant));
        if let Some((at, id)) = after {
            let (at, id) = (conditions.bind(instant(at)), conditions.bind(id.0));
            conditions.sql.push(format!("(at, id) < (${at}, ${id})"));
        }
        conditions
    }

    fn bind(&mut self, value: impl tokio_postgres::types::ToSql + Sync + Send + 'static) -> usize {
        self.values.push(Box::new(value));
        self.values.len()
    }

    fn and_if(&mut self, left: &str, value: Option<impl tokio_postgres::types::ToSql + Sync + Send + 'static>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.sql.push(format!("{left}${place}"));
        }
    }

    /// The conditions between these words; nothing of the filter is part of it.
    pub(crate) fn step(self, before: &str, after: &str) -> Step {
        let sql = if self.sql.is_empty() { "true".to_owned() } else { self.sql.join(" AND ") };
        Step::new(format!("{before} WHERE {sql} {after}"), self.values)
    }
}

/// Up to `limit` dead letters behind that one, the newest first.
pub(crate) fn page(filter: &DeadLetterFilter, after: Option<(Timestamp, DeadLetterId)>, most: usize) -> Step {
    let mut fitting = Conditions::of(filter, after);
    let limit = fitting.bind(limit(most));
    let select = concat!("SELECT ", letter_columns!(), " FROM dead_letters");
    fitting.step(select, &format!("ORDER BY at DESC, id DESC LIMIT ${limit}"))
}

/// All that fit, counted by reason and host, the most first; those of one count by reason and host.
pub(crate) fn summary(filter: &DeadLetterFilter) -> Step {
    Conditions::of(filter, None).step(
        "SELECT reason, host, count(*) AS count, max(at) AS newest FROM dead_letters",
        "GROUP BY reason, host ORDER BY count DESC, reason, host NULLS FIRST",
    )
}
