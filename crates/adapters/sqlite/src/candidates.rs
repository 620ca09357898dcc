//! Rows that may fit, found by an index that knows what is looked for and not the order that it is asked in.
//!
//! A list is either walked in its order, which is quick when many fit, or made of the candidates, which is quick when they
//! are few. Nobody knows which before looking, so the look ends where they stop being few. Knows no table.

use rusqlite::{Connection, Result, ToSql};

/// Up to so many are put in order for every page. When more fit, a walk meets them soon enough.
const FEW: usize = 1_000;

/// The ids that a statement finds, `None` when they are more than a few. It has the parameter `:most` as its limit.
pub(crate) fn few(connection: &Connection, sql: &str, values: &[(&str, &dyn ToSql)]) -> Result<Option<Vec<i64>>> {
    let most = FEW + 1;
    let values: Vec<_> = values.iter().copied().chain([(":most", &most as &dyn ToSql)]).collect();
    let mut select = connection.prepare_cached(sql)?;
    let ids = select.query_map(&*values, |row| row.get(0))?.collect::<Result<Vec<i64>>>()?;
    Ok((ids.len() <= FEW).then_some(ids))
}

/// Ids as one value, for `IN (SELECT value FROM json_each(...))`.
pub(crate) fn as_json(ids: &[i64]) -> String {
    format!("[{}]", ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(up_to: usize) -> Option<Vec<i64>> {
        let connection = Connection::open_in_memory().unwrap();
        let sql = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < :up_to)
                   SELECT x FROM n LIMIT :most";
        few(&connection, sql, &[(":up_to", &up_to)]).unwrap()
    }

    #[test]
    fn a_few_are_all_given_and_more_are_none() {
        assert_eq!(numbers(FEW).map(|ids| ids.len()), Some(FEW));
        assert_eq!(numbers(FEW + 1), None);
    }

    #[test]
    fn ids_survive_their_json() {
        let connection = Connection::open_in_memory().unwrap();
        for ids in [vec![], vec![7], vec![1, 9_007_199_254_740_991, 3]] {
            let mut select = connection.prepare("SELECT value FROM json_each(?1)").unwrap();
            let read = select.query_map([as_json(&ids)], |row| row.get(0)).unwrap();
            assert_eq!(read.collect::<Result<Vec<i64>>>().unwrap(), ids);
        }
    }
}
