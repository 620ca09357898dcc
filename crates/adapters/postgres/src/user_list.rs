//! Which users a page of a list shows. They go by id, and are looked for by the beginnings of their names.

use crate::{
    pipeline::{Step, step},
    rows::limit,
};
use wareroom_domain::UserId;
use wareroom_ports::UserFilter;

/// A range of texts that has no upper end says so by NULL. Planned for the values at hand, what is NULL costs nothing.
const PAGE: &str = "SELECT id, first_name, last_name, created_at FROM users
     WHERE id > $1
       AND ($2::text IS NULL OR first_name_folded >= $2) AND ($3::text IS NULL OR first_name_folded < $3)
       AND ($4::text IS NULL OR last_name_folded >= $4) AND ($5::text IS NULL OR last_name_folded < $5)
     ORDER BY id LIMIT $6";

/// Up to `limit` users behind that id, by id; `None` when no user can fit.
pub(crate) fn page(filter: &UserFilter, after: Option<UserId>, most: usize) -> Option<Step> {
    let names = [&filter.first_name, &filter.last_name];
    // No name has a NUL, and no parameter can.
    if names.into_iter().flatten().any(|name| name.contains('\0')) {
        return None;
    }
    let [first, last] = names.map(|name| name.as_deref().map(range));
    let (first, last) = (ends(first), ends(last));
    Some(step!(PAGE, after.map_or(0, UserId::get), first.0, first.1, last.0, last.1, limit(most)))
}

/// The texts that begin with this one: from it on, and before the first that is greater than all of them, if there is one.
fn range(start: &str) -> (String, Option<String>) {
    let end = start.char_indices().rev().find_map(|(index, last)| {
        let next = (last..=char::MAX).nth(1)?;
        Some(format!("{}{next}", &start[..index]))
    });
    (start.to_owned(), end)
}

fn ends(range: Option<(String, Option<String>)>) -> (Option<String>, Option<String>) {
    range.map_or((None, None), |(from, to)| (Some(from), to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_the_texts_that_begin_so_and_no_others() {
        let texts =
            ["", "a", "ab", "abc", "ab\u{10ffff}z", "ac", "b", "\u{d7ff}x", "\u{e000}", "\u{10ffff}", "\u{10ffff}é"];
        for start in texts {
            let (from, to) = range(start);
            for text in texts {
                let within = text >= from.as_str() && to.as_deref().is_none_or(|to| text < to);
                assert_eq!(within, text.starts_with(start), "{text:?} and {start:?}");
            }
        }
    }
}
