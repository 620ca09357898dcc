//! That no page is sorted, and that what the two ways of making a page give is the same.

use super::*;
use crate::plans::{migrated, plan};
use rusqlite::{StatementStatus, params};
use wareroom_domain::{ProductId, folded};

const ORDERS: [(ProductOrder, &str, &str); 3] = [
    (ProductOrder::CreatedAt, "created_at", "created_at"),
    (ProductOrder::Price, "price_hundredths", "price"),
    (ProductOrder::Name, "name_folded", "name"),
];

const EITHER: [bool; 2] = [false, true];

#[test]
fn each_order_is_read_from_its_index_alone_from_the_place_on_and_nothing_is_sorted() {
    let connection = migrated();
    for (order, key, name) in ORDERS {
        for descending in EITHER {
            let beyond = if descending { '<' } else { '>' };
            for (of_owner, index, owner) in [
                (false, format!("products_by_{name}"), ""),
                (true, format!("products_of_owner_by_{name}"), "owner_id=? AND "),
            ] {
                for named in EITHER {
                    let steps = |reach| plan(&connection, &statement(reach, order, descending, of_owner, named));
                    let search =
                        |sought: &str| [format!("SEARCH products USING COVERING INDEX {index} ({owner}{sought})")];
                    assert_eq!(steps(Reach::Ties), search(&format!("{key}=? AND id{beyond}?")));
                    let behind = match order {
                        ProductOrder::Price => format!("{key}>? AND {key}<?"),
                        _ => format!("{key}{beyond}?"),
                    };
                    assert_eq!(steps(Reach::Behind), search(&behind));
                    assert_eq!(steps(Reach::Candidates)[0], "SEARCH products USING INTEGER PRIMARY KEY (rowid=?)");
                }
            }
        }
    }
}

#[test]
fn statistics_of_the_tables_do_not_change_how_a_page_is_read() {
    let connection = filled();
    connection.execute_batch("ANALYZE").unwrap();
    for (order, _, name) in ORDERS {
        for of_owner in EITHER {
            let steps = plan(&connection, &statement(Reach::Behind, order, false, of_owner, true));
            assert!(steps.len() == 1 && steps[0].contains(&format!("by_{name} (")), "{steps:?}");
        }
    }
}

/// Names that a careless search takes apart, or for more than they are.
const NAMES: [&str; 12] = [
    "100% wool",
    "100_ wool",
    "a\\b wool",
    "\"quoted\" lamp",
    "lamp AND chair",
    "lamp*",
    "ÄÖÜ Straße",
    "ŻÓŁW lamp",
    "灯具を買う",
    "o",
    "lämpchen \u{fffe}\u{fffd}",
    "İstanbul lamp",
];

/// Many products, with ties in every order.
fn filled() -> Connection {
    let connection = migrated();
    let user = "INSERT INTO users (first_name, last_name, created_at) VALUES ('a', 'b', '')";
    for _ in 0..2 {
        connection.execute(user, []).unwrap();
    }
    connection.execute_batch("BEGIN").unwrap();
    for number in 0..2_400_usize {
        let name = NAMES[number % NAMES.len()];
        let sql = "INSERT INTO products
                       (owner_id, name, name_folded, description, price_hundredths, revision, version, created_at, updated_at)
                   VALUES (?1, ?2, ?3, '', ?4, 1, 1, ?5, ?5)";
        let at = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(number * 7 % 40).unwrap()).unwrap();
        let values = params![number % 5 % 2 + 1, name, folded(name), number * 31 % 50, instant(at)];
        connection.execute(sql, values).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    connection
}

fn of_page(connection: &Connection, ids: &[i64], order: ProductOrder) -> Option<ProductPlace> {
    let id = *ids.last()?;
    let sql = "SELECT created_at, price_hundredths, name_folded FROM products WHERE id = ?1";
    let (at, price, name): (String, u64, String) =
        connection.query_one(sql, [id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let id = ProductId::new(id).unwrap();
    Some(match order {
        ProductOrder::CreatedAt => ProductPlace::CreatedAt(at.parse().unwrap(), id),
        ProductOrder::Price => ProductPlace::Price(Price::from_hundredths(price).unwrap(), id),
        ProductOrder::Name => ProductPlace::Name(name, id),
    })
}

/// All pages of a list, either way: by candidates where they are few, or walked.
fn paged(connection: &Connection, filter: &ProductFilter, mut asked: ProductPage, walked: bool) -> Vec<i64> {
    let mut all = vec![];
    loop {
        let ids = if walked {
            Question::new(filter, &asked).walk(connection).unwrap()
        } else {
            page(connection, filter, &asked).unwrap()
        };
        if ids.is_empty() {
            return all;
        }
        asked.after = of_page(connection, &ids, asked.order);
        all.extend(ids);
    }
}

fn sorted(connection: &Connection, filter: &ProductFilter, key: &str, descending: bool) -> Vec<i64> {
    let direction = if descending { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT id FROM products NOT INDEXED
         WHERE (?1 IS NULL OR owner_id = ?1) AND (?2 IS NULL OR instr(name_folded, ?2) > 0)
           AND price_hundredths BETWEEN ?3 AND ?4 ORDER BY {key} {direction}, id {direction}"
    );
    let (low, high) = (filter.min_price.unwrap_or_default(), filter.max_price.unwrap_or(Price::MAX));
    let values = params![filter.owner.map(UserId::get), filter.name, hundredths(low), hundredths(high)];
    connection.prepare(&sql).unwrap().query_map(values, |row| row.get(0)).unwrap().collect::<Result<_>>().unwrap()
}

#[test]
fn pages_are_the_sorted_list_in_parts_whichever_way_they_are_made() {
    let connection = filled();
    let price = |hundredths| Some(Price::from_hundredths(hundredths).unwrap());
    let (owner, name) = (UserId::new(2).ok(), |text: &str| Some(folded(text)));
    let mut filters = vec![
        ProductFilter::default(),
        ProductFilter { owner, ..Default::default() },
        ProductFilter { owner, name: name("LAMP"), min_price: price(10), max_price: price(30) },
        ProductFilter { min_price: price(20), max_price: price(20), ..Default::default() },
        ProductFilter { owner, min_price: price(47), ..Default::default() },
        ProductFilter { min_price: price(30), max_price: price(10), ..Default::default() },
        ProductFilter { owner: UserId::new(9).ok(), ..Default::default() },
    ];
    let texts = [
        "%",
        "_ w",
        "\\",
        "\"quoted\"",
        "lamp and",
        "lamp*",
        "straße",
        "żół",
        "灯具を",
        "o",
        "",
        "i\u{307}sta",
        "\u{fffe}\u{fffd}",
        "lamp\0",
        "* OR lamp",
        "100% wool",
        "wool%",
        "nothing of the kind",
    ];
    filters.extend(texts.map(|text| ProductFilter { name: name(text), ..Default::default() }));
    for filter in &filters {
        for (order, key, _) in ORDERS {
            for descending in EITHER {
                let expected = sorted(&connection, filter, key, descending);
                for limit in [97, 1_000] {
                    let asked = ProductPage { order, descending, after: None, limit };
                    for walked in EITHER {
                        let found = paged(&connection, filter, asked.clone(), walked);
                        assert_eq!(found, expected, "{filter:?} by {key}, descending: {descending}, walked: {walked}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_place_of_another_order_is_refused_and_one_outside_the_prices_is_not_left_out_of_account() {
    let connection = filled();
    let (order, id) = (ProductOrder::Price, ProductId::new(1).unwrap());
    let after = |after| ProductPage { order, descending: false, after: Some(after), limit: 5 };
    let other = page(&connection, &ProductFilter::default(), &after(ProductPlace::Name("a".to_owned(), id)));
    assert!(matches!(other, Err(Fault::Store(StoreError::Backend(_)))));
    let price = |hundredths| Price::from_hundredths(hundredths).unwrap();
    let filter = ProductFilter { min_price: Some(price(10)), max_price: Some(price(12)), ..Default::default() };
    let below = page(&connection, &filter, &after(ProductPlace::Price(price(3), id))).unwrap();
    assert_eq!(below, sorted(&connection, &filter, "price_hundredths", false)[..5]);
    assert_eq!(page(&connection, &filter, &after(ProductPlace::Price(price(13), id))).unwrap(), [0_i64; 0]);
}

#[test]
fn the_index_of_names_follows_every_change() {
    let connection = filled();
    let named = |text: &str| {
        let filter = ProductFilter { name: Some(text.to_owned()), ..Default::default() };
        let asked = ProductPage { order: ProductOrder::CreatedAt, descending: false, after: None, limit: 2_000 };
        let question = Question::new(&filter, &asked);
        question.candidates(&connection).unwrap().unwrap()
    };
    assert_eq!(named("straße").len(), 200);
    connection.execute("UPDATE products SET name_folded = 'blue kettle', version = 2 WHERE id = 7", []).unwrap();
    connection.execute("UPDATE products SET version = 3 WHERE id = 19", []).unwrap();
    connection.execute("DELETE FROM products WHERE id = 31", []).unwrap();
    assert_eq!((named("straße").len(), named("e kett")), (198, vec![7]));
    connection.execute("INSERT INTO product_names (product_names, rank) VALUES ('integrity-check', 1)", []).unwrap();
}

#[test]
fn a_statement_is_compiled_once_whatever_the_places_are_that_it_is_asked_for() {
    let connection = filled();
    for (order, ..) in ORDERS {
        let mut after = None;
        for _ in 0..5 {
            let asked = ProductPage { order, descending: true, after, limit: 300 };
            let ids = page(&connection, &ProductFilter::default(), &asked).unwrap();
            after = of_page(&connection, &ids, order);
        }
        for reach in [Reach::Ties, Reach::Behind] {
            let select = connection.prepare_cached(&statement(reach, order, true, false, false)).unwrap();
            assert!(select.get_status(StatementStatus::Run) > 3);
            assert_eq!(select.get_status(StatementStatus::RePrepare), 0, "{order:?}");
        }
    }
}
