//! Which users a page of a list shows. They go by id, and are looked for by the beginnings of their names.

use crate::{
    candidates::{as_json, few},
    rows::to_user,
};
use rusqlite::{Connection, Result, ToSql, types::Value};
use wareroom_domain::{User, UserId};
use wareroom_ports::UserFilter;

const BY_FIRST_NAME: &str = "SELECT id FROM users INDEXED BY users_by_first_name
     WHERE first_name_folded >= :from AND first_name_folded < :to LIMIT :most";

const BY_LAST_NAME: &str = "SELECT id FROM users INDEXED BY users_by_last_name
     WHERE last_name_folded >= :from AND last_name_folded < :to LIMIT :most";

const CANDIDATES: &str = "SELECT * FROM users NOT INDEXED
     WHERE id IN (SELECT value FROM json_each(:candidates)) AND id > :after
       AND first_name_folded >= :first AND first_name_folded < :first_end
       AND last_name_folded >= :last AND last_name_folded < :last_end
     ORDER BY id LIMIT :limit";

const WALK: &str = "SELECT * FROM users NOT INDEXED
     WHERE id > :after
       AND first_name_folded >= :first AND first_name_folded < :first_end
       AND last_name_folded >= :last AND last_name_folded < :last_end
     ORDER BY id LIMIT :limit";

/// Up to `limit` users behind that id, by id.
pub(crate) fn page(moment: &Connection, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Result<Vec<User>> {
    let first = filter.first_name.as_deref().map(range);
    let last = filter.last_name.as_deref().map(range);
    let mut candidates = None;
    for (sql, range) in [(BY_FIRST_NAME, &first), (BY_LAST_NAME, &last)] {
        if let (None, Some((from, to))) = (&candidates, range) {
            candidates = few(moment, sql, &[(":from", from), (":to", to)])?.as_deref().map(as_json);
        }
    }
    let (first, last) = (first.unwrap_or_else(|| range("")), last.unwrap_or_else(|| range("")));
    let (after, limit) = (after.map_or(0, UserId::get), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut values: Vec<(&str, &dyn ToSql)> = vec![
        (":after", &after),
        (":first", &first.0),
        (":first_end", &first.1),
        (":last", &last.0),
        (":last_end", &last.1),
        (":limit", &limit),
    ];
    values.extend(candidates.as_ref().map(|candidates| (":candidates", candidates as &dyn ToSql)));
    let mut select = moment.prepare_cached(if candidates.is_some() { CANDIDATES } else { WALK })?;
    select.query_map(&*values, to_user)?.collect()
}

/// The texts that begin with this one: from it on, and before the first that is greater than all of them. Where there is
/// none, a blob is: it is greater than any text.
fn range(start: &str) -> (&str, Value) {
    let end = start.char_indices().rev().find_map(|(index, last)| {
        let next = (last..=char::MAX).nth(1)?;
        Some(format!("{}{next}", &start[..index]))
    });
    (start, end.map_or(Value::Blob(vec![]), Value::Text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::{migrated, plan};

    #[test]
    fn a_range_holds_the_texts_that_begin_so_and_no_others() {
        let connection = Connection::open_in_memory().unwrap();
        let texts =
            ["", "a", "ab", "abc", "ab\u{10ffff}z", "ac", "b", "\u{d7ff}x", "\u{e000}", "\u{10ffff}", "\u{10ffff}é"];
        for start in texts {
            let (from, to) = range(start);
            for text in texts {
                let within: bool =
                    connection.query_one("SELECT ?1 >= ?2 AND ?1 < ?3", (text, from, &to), |row| row.get(0)).unwrap();
                assert_eq!(within, text.starts_with(start), "{text:?} and {start:?}");
            }
        }
    }

    #[test]
    fn beginnings_of_names_are_found_by_their_index_and_pages_are_walked_by_id() {
        let connection = migrated();
        for (sql, index) in [(BY_FIRST_NAME, "users_by_first_name"), (BY_LAST_NAME, "users_by_last_name")] {
            let column = index.trim_start_matches("users_by_");
            let search = format!("SEARCH users USING COVERING INDEX {index} ({column}_folded>? AND {column}_folded<?)");
            assert_eq!(plan(&connection, sql), [search]);
        }
        assert_eq!(plan(&connection, WALK), ["SEARCH users USING INTEGER PRIMARY KEY (rowid>?)"]);
        let few = plan(&connection, CANDIDATES);
        assert_eq!(few[0], "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)");
        assert!(few.iter().all(|step| !step.contains("TEMP B-TREE")), "{few:?}");
    }
}
