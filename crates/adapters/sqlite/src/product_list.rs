//! Which products a page of a list shows: keyset paging over an index for each order. Knows no images.
//!
//! A place is sought in two statements, since SQLite does not seek by a row value whose last column is the row's id: it
//! would read all products of one price again for each page of them. First what is left of the products that tie with the
//! place, then those behind all of them.

use crate::{
    candidates::{as_json, few},
    error::Fault,
    rows::instant,
};
use rusqlite::{Connection, Result, ToSql, types::Value};
use wareroom_domain::{Price, UserId};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, StoreError};

/// As many letters as the index of names knows in a row.
const LETTERS: usize = 3;

/// The ids of a page, in order.
pub(crate) fn page(
    moment: &Connection,
    filter: &ProductFilter,
    page: &ProductPage,
) -> std::result::Result<Vec<i64>, Fault> {
    if page.after.as_ref().is_some_and(|after| after.order() != page.order) {
        return Err(StoreError::Backend("a list cannot go on behind a place of another order".into()).into());
    }
    let question = Question::new(filter, page);
    Ok(match question.candidates(moment)? {
        Some(ids) => question.among(moment, &ids)?,
        None => question.walk(moment)?,
    })
}

/// Which products a statement looks at.
#[derive(Clone, Copy)]
enum Reach {
    /// Those that tie with the place and stand behind it by their ids.
    Ties,
    /// Those behind all that tie with the place.
    Behind,
    /// Those candidates that stand behind the place.
    Candidates,
}

/// A page of a list, in SQLite's terms.
struct Question<'q> {
    order: ProductOrder,
    descending: bool,
    /// Whether it begins behind a place, and not at the beginning.
    continued: bool,
    /// The place, or one before the first of all.
    place: (Value, i64),
    owner: Option<i64>,
    name: Option<&'q str>,
    /// The lowest and the highest price, in hundredths.
    prices: (i64, i64),
    limit: usize,
}

impl<'q> Question<'q> {
    fn new(filter: &'q ProductFilter, page: &ProductPage) -> Self {
        Self {
            order: page.order,
            descending: page.descending,
            continued: page.after.is_some(),
            place: place(page),
            owner: filter.owner.map(UserId::get),
            name: filter.name.as_deref(),
            prices: (
                hundredths(filter.min_price.unwrap_or_default()),
                hundredths(filter.max_price.unwrap_or(Price::MAX)),
            ),
            limit: page.limit,
        }
    }

    /// All products that may fit, if they are few: by the index of names when enough of the name is known, or by their
    /// prices when the order does not go by them.
    fn candidates(&self, moment: &Connection) -> Result<Option<Vec<i64>>> {
        // The index's own language ends a text at a NUL.
        if let Some(name) = self.name.filter(|name| name.chars().count() >= LETTERS && !name.contains('\0')) {
            let quoted = format!("\"{}\"", name.replace('"', "\"\""));
            let sql = "SELECT rowid FROM product_names WHERE product_names MATCH :quoted LIMIT :most";
            let found = few(moment, sql, &[(":quoted", &quoted)])?;
            if found.is_some() {
                return Ok(found);
            }
        }
        if self.order == ProductOrder::Price || self.prices == (0, hundredths(Price::MAX)) {
            return Ok(None);
        }
        let (low, high) = &self.prices;
        match &self.owner {
            None => {
                let sql = "SELECT id FROM products INDEXED BY products_by_price
                           WHERE price_hundredths BETWEEN :low AND :high LIMIT :most";
                few(moment, sql, &[(":low", low), (":high", high)])
            }
            Some(owner) => {
                let sql = "SELECT id FROM products INDEXED BY products_of_owner_by_price
                           WHERE owner_id = :owner AND price_hundredths BETWEEN :low AND :high LIMIT :most";
                few(moment, sql, &[(":low", low), (":high", high), (":owner", owner)])
            }
        }
    }

    fn among(&self, moment: &Connection, candidates: &[i64]) -> Result<Vec<i64>> {
        self.ask(moment, Reach::Candidates, self.prices, self.limit, &[(":candidates", &as_json(candidates))])
    }

    fn walk(&self, moment: &Connection) -> Result<Vec<i64>> {
        let mut ids = vec![];
        if self.continued {
            ids = self.ask(moment, Reach::Ties, self.prices, self.limit, &[])?;
        }
        let left = self.limit - ids.len();
        if left > 0 {
            ids.extend(self.ask(moment, Reach::Behind, self.prices_behind(), left, &[])?);
        }
        Ok(ids)
    }

    /// In the order of prices it is the prices asked for that say what is behind a place.
    fn prices_behind(&self) -> (i64, i64) {
        let (low, high) = self.prices;
        match self.place {
            (Value::Integer(price), _) if self.descending => (low, high.min(price - 1)),
            (Value::Integer(price), _) => (low.max(price + 1), high),
            _ => (low, high),
        }
    }

    fn ask(
        &self,
        moment: &Connection,
        reach: Reach,
        (low, high): (i64, i64),
        limit: usize,
        more: &[(&str, &dyn ToSql)],
    ) -> Result<Vec<i64>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut values: Vec<(&str, &dyn ToSql)> = vec![(":low", &low), (":high", &high), (":limit", &limit)];
        values.extend(more);
        if !matches!((reach, self.order), (Reach::Behind, ProductOrder::Price)) {
            values.push((":key", &self.place.0));
        }
        if !matches!(reach, Reach::Behind) {
            values.push((":id", &self.place.1));
        }
        values.extend(self.owner.as_ref().map(|owner| (":owner", owner as &dyn ToSql)));
        values.extend(self.name.as_ref().map(|name| (":name", name as &dyn ToSql)));
        let sql = statement(reach, self.order, self.descending, self.owner.is_some(), self.name.is_some());
        let mut select = moment.prepare_cached(&sql)?;
        select.query_map(&*values, |row| row.get(0))?.collect()
    }
}

fn hundredths(price: Price) -> i64 {
    // Far below what both can hold.
    i64::try_from(price.hundredths()).unwrap_or(i64::MAX)
}

/// Where a page begins. In the order of texts, nothing stands before an empty text, and a blob behind all texts.
fn place(page: &ProductPage) -> (Value, i64) {
    match (&page.after, page.order) {
        (Some(ProductPlace::CreatedAt(at, id)), _) => (Value::Text(instant(*at)), id.get()),
        (Some(ProductPlace::Price(price, id)), _) => (Value::Integer(hundredths(*price)), id.get()),
        (Some(ProductPlace::Name(name, id)), _) => (Value::Text(name.clone()), id.get()),
        (None, ProductOrder::Price) if page.descending => (Value::Integer(hundredths(Price::MAX) + 1), 0),
        (None, ProductOrder::Price) => (Value::Integer(-1), 0),
        (None, _) if page.descending => (Value::Blob(vec![]), 0),
        (None, _) => (Value::Text(String::new()), 0),
    }
}

/// Made of constants, so that nothing of a filter is ever part of its text.
fn statement(reach: Reach, order: ProductOrder, descending: bool, of_owner: bool, named: bool) -> String {
    let (key, index, index_of_owner) = match order {
        ProductOrder::CreatedAt => ("created_at", "products_by_created_at", "products_of_owner_by_created_at"),
        ProductOrder::Price => ("price_hundredths", "products_by_price", "products_of_owner_by_price"),
        ProductOrder::Name => ("name_folded", "products_by_name", "products_of_owner_by_name"),
    };
    let (beyond, direction) = if descending { ("<", "DESC") } else { (">", "ASC") };
    let reached = match (reach, order) {
        (Reach::Ties, _) => format!("{key} = :key AND id {beyond} :id"),
        (Reach::Behind, ProductOrder::Price) => "true".to_owned(),
        (Reach::Behind, _) => format!("{key} {beyond} :key"),
        (Reach::Candidates, _) => {
            format!("id IN (SELECT value FROM json_each(:candidates)) AND ({key}, id) {beyond} (:key, :id)")
        }
    };
    let indexed = match reach {
        Reach::Candidates => "NOT INDEXED".to_owned(),
        _ => format!("INDEXED BY {}", if of_owner { index_of_owner } else { index }),
    };
    let owner = if of_owner { " AND owner_id = :owner" } else { "" };
    let name = if named { " AND instr(name_folded, :name) > 0" } else { "" };
    format!(
        "SELECT id FROM products {indexed}
         WHERE {reached} AND price_hundredths BETWEEN :low AND :high{owner}{name}
         ORDER BY {key} {direction}, id {direction} LIMIT :limit"
    )
}

#[cfg(test)]
mod tests;
