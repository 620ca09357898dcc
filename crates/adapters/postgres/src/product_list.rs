//! Which products a page of a list shows: keyset paging over an index for each order. Knows no images.
//!
//! A list is walked in its order, which is quick when many fit, or made of what an index of names or prices finds, which is
//! quick when few do. The server knows which: it plans each list for the values that are looked for.

use crate::{
    pipeline::Step,
    rows::{instant, limit, product_columns, to_number},
};
use tokio_postgres::types::ToSql;
use wareroom_domain::UserId;
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, StoreError};

/// The products of a page, in order; `None` when no product can fit.
pub(crate) fn page(filter: &ProductFilter, page: &ProductPage) -> Result<Option<Step>, StoreError> {
    if page.after.as_ref().is_some_and(|after| after.order() != page.order) {
        return Err(StoreError::Backend("a list cannot go on behind a place of another order".into()));
    }
    // No name has a NUL, and no parameter can.
    if filter.name.as_ref().is_some_and(|name| name.contains('\0')) {
        return Ok(None);
    }
    let mut question = Question::default();
    question.and_if("p.user_id = ", filter.owner.map(UserId::get), "");
    question.and_if("p.product_name_folded LIKE ", filter.name.as_deref().map(containing), "");
    let hundredths = |price: wareroom_domain::Price| to_number(price.hundredths());
    question.and_if("p.product_price >= ", filter.min_price.map(hundredths), "::bigint * 0.01");
    question.and_if("p.product_price <= ", filter.max_price.map(hundredths), "::bigint * 0.01");
    let key = match page.order {
        ProductOrder::CreatedAt => "p.created_at",
        ProductOrder::Price => "p.product_price",
        ProductOrder::Name => "p.product_name_folded",
    };
    match page.after.clone() {
        Some(ProductPlace::CreatedAt(at, id)) => question.behind(key, page.descending, instant(at), "", id.get()),
        Some(ProductPlace::Price(price, id)) => {
            question.behind(key, page.descending, hundredths(price), "::bigint * 0.01", id.get());
        }
        Some(ProductPlace::Name(name, id)) => {
            question.behind(key, page.descending, crate::rows::text(&name), "::text COLLATE \"C\"", id.get());
        }
        None => {}
    }
    Ok(Some(question.step(key, page.descending, page.limit)))
}

/// A pattern for texts that contain this one, all of its characters plain.
fn containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for character in part.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Conditions, which are made of constants, and the values that are bound to them.
#[derive(Default)]
struct Question {
    conditions: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Question {
    fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> usize {
        self.values.push(Box::new(value));
        self.values.len()
    }

    fn and_if(&mut self, left: &'static str, value: Option<impl ToSql + Sync + Send + 'static>, kind: &'static str) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.conditions.push(format!("{left}${place}{kind}"));
        }
    }

    fn behind(
        &mut self,
        key: &'static str,
        descending: bool,
        value: impl ToSql + Sync + Send + 'static,
        kind: &'static str,
        id: i64,
    ) {
        let beyond = if descending { '<' } else { '>' };
        let (value, id) = (self.bind(value), self.bind(id));
        self.conditions.push(format!("({key}, p.id) {beyond} (${value}{kind}, ${id})"));
    }

    fn step(mut self, key: &'static str, descending: bool, most: usize) -> Step {
        let direction = if descending { "DESC" } else { "ASC" };
        let limit = self.bind(limit(most));
        let conditions = if self.conditions.is_empty() { "true".to_owned() } else { self.conditions.join(" AND ") };
        let sql = format!(
            concat!(
                "SELECT ",
                product_columns!(),
                " FROM products p WHERE {conditions} ORDER BY {key} {direction}, p.id {direction} LIMIT ${limit}"
            ),
            conditions = conditions,
            key = key,
            direction = direction,
            limit = limit
        );
        Step::new(sql, self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_a_part_is_plain() {
        assert_eq!(containing(""), "%%");
        assert_eq!(containing(r"50% of a_b\c"), r"%50\% of a\_b\\c%");
    }

    #[test]
    fn nothing_of_a_filter_is_part_of_a_statement() {
        let filter = ProductFilter { name: Some("' OR 1=1 --".to_owned()), ..ProductFilter::default() };
        let asked = ProductPage { order: ProductOrder::Name, descending: true, after: None, limit: 7 };
        let step = page(&filter, &asked).unwrap().unwrap();
        assert!(!format!("{step:?}").contains("1=1"), "{step:?}");
        let nothing = ProductFilter { name: Some("lamp\0".to_owned()), ..filter };
        assert!(page(&nothing, &asked).unwrap().is_none());
    }

    #[test]
    fn a_place_of_another_order_is_refused() {
        let id = wareroom_domain::ProductId::new(1).unwrap();
        let after = Some(ProductPlace::Name("a".to_owned(), id));
        let asked = ProductPage { order: ProductOrder::Price, descending: false, after, limit: 5 };
        assert!(matches!(page(&ProductFilter::default(), &asked), Err(StoreError::Backend(_))));
    }
}
