//! Which dead letters fit a filter, in lists, in counts, and for whoever removes or marks them.

use crate::rows::{checked, instant, to_failure, to_instant, to_message, to_reason, to_trace};
use jiff::Timestamp;
use rusqlite::{Connection, Result, Row, ToSql, types::Value};
use uuid::Uuid;
use wareroom_domain::{Attempts, DeadLetterId, ImageId, ProductId, UserId};
use wareroom_ports::{DeadLetter, DeadLetterCount, DeadLetterFilter};

pub(crate) fn to_dead_letter(row: &Row<'_>) -> Result<DeadLetter> {
    let (product, owner): (Option<i64>, Option<i64>) = (row.get("product_id")?, row.get("owner_id")?);
    Ok(DeadLetter {
        id: DeadLetterId(row.get::<_, Uuid>("id")?),
        job: checked(row, "body", to_message(row)?.job())?.body,
        image: ImageId(row.get("image_id")?),
        product: checked(row, "product_id", product.map(ProductId::new).transpose())?,
        owner: checked(row, "owner_id", owner.map(UserId::new).transpose())?,
        host: row.get("host")?,
        failure: to_failure(row)?,
        attempts: Attempts(row.get("attempts")?),
        at: to_instant(row, "at")?,
        trace: to_trace(row)?,
    })
}

/// A filter as conditions, which are constants, and the values that are bound to them.
pub(crate) struct Conditions {
    sql: Vec<&'static str>,
    values: Vec<(&'static str, Value)>,
}

impl Conditions {
    /// What fits the filter, behind that place.
    pub(crate) fn of(filter: &DeadLetterFilter, after: Option<(Timestamp, DeadLetterId)>) -> Self {
        let DeadLetterFilter { product, owner, host, reason, from, to } = filter;
        // One upper end, so that SQLite has no choice of which to seek. Before a moment is before its least id, and a blob is
        // behind all texts.
        let to = to.map_or(Value::Blob(vec![]), |to| Value::Text(instant(to)));
        let mut end = (to, Value::Blob(vec![]));
        if let Some((at, id)) = after {
            let place = Value::Text(instant(at));
            if !matches!((&end.0, &place), (Value::Text(to), Value::Text(place)) if to <= place) {
                end = (place, Value::Blob(id.0.as_bytes().to_vec()));
            }
        }
        let from = from.map_or(String::new(), instant);
        let mut conditions = Self {
            sql: vec!["at >= :from AND (at, id) < (:end_at, :end_id)"],
            values: vec![(":from", Value::Text(from)), (":end_at", end.0), (":end_id", end.1)],
        };
        if let Some(product) = product {
            conditions.and("product_id = :product", ":product", Value::Integer(product.get()));
        }
        if let Some(owner) = owner {
            conditions.and("owner_id = :owner", ":owner", Value::Integer(owner.get()));
        }
        if let Some(host) = host {
            conditions.and("host = :host", ":host", Value::Text(host.clone()));
        }
        if let Some(reason) = reason {
            conditions.and("reason = :reason", ":reason", Value::Text(reason.code().to_owned()));
        }
        conditions
    }

    fn and(&mut self, sql: &'static str, name: &'static str, value: Value) {
        self.sql.push(sql);
        self.values.push((name, value));
    }

    /// The conditions as text; nothing of the filter is part of it.
    pub(crate) fn sql(&self) -> String {
        self.sql.join(" AND ")
    }

    /// What is bound to their parameters.
    pub(crate) fn values(&self) -> Vec<(&str, &dyn ToSql)> {
        self.values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect()
    }
}

/// Up to `limit` dead letters behind that one, the newest first.
pub(crate) fn page(
    moment: &Connection,
    filter: &DeadLetterFilter,
    after: Option<(Timestamp, DeadLetterId)>,
    limit: usize,
) -> Result<Vec<DeadLetter>> {
    let fitting = Conditions::of(filter, after);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut values = fitting.values();
    values.push((":limit", &limit));
    let mut select = moment.prepare_cached(&newest_first(&fitting))?;
    select.query_map(&*values, to_dead_letter)?.collect()
}

fn newest_first(fitting: &Conditions) -> String {
    format!("SELECT * FROM dead_letters WHERE {} ORDER BY at DESC, id DESC LIMIT :limit", fitting.sql())
}

/// All that fit, counted by reason and host, the most first; those of one count by reason and host.
pub(crate) fn summary(moment: &Connection, filter: &DeadLetterFilter) -> Result<Vec<DeadLetterCount>> {
    let fitting = Conditions::of(filter, None);
    let sql = format!(
        "SELECT reason, host, count(*) AS count, max(at) AS newest FROM dead_letters WHERE {}
         GROUP BY reason, host ORDER BY count DESC, reason, host",
        fitting.sql()
    );
    let mut select = moment.prepare_cached(&sql)?;
    let counts = select.query_map(&*fitting.values(), |row| {
        Ok(DeadLetterCount {
            reason: to_reason(row)?,
            host: row.get("host")?,
            count: row.get("count")?,
            newest: to_instant(row, "newest")?,
        })
    })?;
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{migrated, plan};
    use wareroom_domain::Reason;

    #[test]
    fn each_filter_is_read_from_its_index_from_the_place_on_and_nothing_is_sorted() {
        let connection = migrated();
        let (product, owner) = (ProductId::new(1).ok(), UserId::new(1).ok());
        let (host, reason) = (Some("a.example".to_owned()), Reason::from_code("damaged"));
        let at = Some(Timestamp::UNIX_EPOCH);
        let none = DeadLetterFilter::default();
        let cases = [
            (none.clone(), "by_age", ""),
            (DeadLetterFilter { from: at, to: at, ..none.clone() }, "by_age", ""),
            (DeadLetterFilter { product, ..none.clone() }, "of_product", "product_id=? AND "),
            (DeadLetterFilter { owner, from: at, ..none.clone() }, "of_owner", "owner_id=? AND "),
            (DeadLetterFilter { host, to: at, ..none.clone() }, "of_host", "host=? AND "),
            (DeadLetterFilter { reason, ..none }, "of_reason", "reason=? AND "),
        ];
        for (filter, index, sought) in cases {
            for after in [None, Some((Timestamp::MAX, DeadLetterId(Uuid::nil())))] {
                let steps = plan(&connection, &newest_first(&Conditions::of(&filter, after)));
                let search =
                    format!("SEARCH dead_letters USING INDEX dead_letters_{index} ({sought}at>? AND (at,id)<(?,?))");
                assert_eq!(steps, [search]);
            }
        }
        let marked = plan(&connection, "SELECT * FROM dead_letters WHERE marked = 1 ORDER BY at, id LIMIT ?1");
        assert_eq!(marked, ["SCAN dead_letters USING INDEX dead_letters_marked"]);
    }
}
