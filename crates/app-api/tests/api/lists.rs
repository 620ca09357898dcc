//! `GET /products` and `GET /users`: filters, orders, parts, and what is refused.

#![expect(clippy::unwrap_used, reason = "a failed test is meant to panic")]

use crate::support::{Answer, TestApi, request};
use poem::http::Method;

/// Users 1 and 2, and products 1 to 5 that differ in name, price and owner.
async fn shop() -> TestApi {
    let test = TestApi::new();
    for (first, last) in [("Ada", "Lovelace"), ("Adam", "Smith")] {
        test.post("/users", format!(r#"{{"first_name": "{first}", "last_name": "{last}"}}"#)).await.is(201);
    }
    for (owner, name, price) in [
        (1, "Kettle", "18.99"),
        (1, "kettle 100%", "5"),
        (2, "MUG", "5"),
        (2, "Été_1", "0"),
        (2, "Lamp", "99999999.99"),
    ] {
        let body = format!(r#"{{"user_id": {owner}, "product_name": "{name}", "product_price": {price}}}"#);
        test.post("/products", body).await.is(201);
    }
    test
}

fn ids(answer: &Answer) -> Vec<i64> {
    answer.json()["data"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

fn cursor(answer: &Answer) -> Option<String> {
    answer.json()["next_cursor"].as_str().map(str::to_owned)
}

/// Every id of a list, read part by part.
async fn read(test: &TestApi, query: &str) -> Vec<i64> {
    let (mut read, mut next) = (vec![], None);
    for _ in 0..20 {
        let behind = next.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let answer = test.get(&format!("{query}{behind}")).await.is(200);
        read.extend(ids(&answer));
        next = cursor(&answer);
        if next.is_none() {
            return read;
        }
    }
    panic!("{query} has no end")
}

#[tokio::test]
async fn a_list_of_products_shows_each_as_it_is_shown_alone() {
    let test = TestApi::new().with_product().await;
    let listed = test.get("/products").await.is(200);
    assert_eq!(listed.json()["data"][0], test.get("/products/1").await.json()["data"]);
    assert_eq!(listed.header("cache-control"), "no-store");
    insta::assert_json_snapshot!(listed.json());
}

#[tokio::test]
async fn products_are_found_by_owner_price_and_part_of_their_name() {
    let test = shop().await;
    for (query, expected) in [
        ("", &[5, 4, 3, 2, 1][..]),
        ("user_id=1", &[2, 1]),
        ("user_id=9", &[]),
        ("min_price=5", &[5, 3, 2, 1]),
        ("max_price=5", &[4, 3, 2]),
        ("min_price=5&max_price=5.00", &[3, 2]),
        ("min_price=18.99&max_price=18.990", &[1]),
        ("product_name=KETTLE", &[2, 1]),
        ("product_name=ett", &[2, 1]),
        ("product_name=100%25", &[2]),
        ("product_name=%25", &[2]),
        ("product_name=_", &[4]),
        ("product_name=%C3%89T%C3%89", &[4]),
        ("product_name=kettle+1", &[2]),
        ("product_name=%5C", &[]),
        ("user_id=2&product_name=m&max_price=5", &[3]),
    ] {
        assert_eq!(read(&test, &format!("/products?{query}")).await, expected, "{query}");
        assert_eq!(read(&test, &format!("/products?limit=1&{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn products_are_put_in_the_order_that_is_asked_for_ties_by_id() {
    let test = shop().await;
    for (sort, expected) in [
        ("-created_at", [5, 4, 3, 2, 1]),
        ("created_at", [1, 2, 3, 4, 5]),
        ("product_price", [4, 2, 3, 1, 5]),
        ("-product_price", [5, 1, 3, 2, 4]),
        ("product_name", [1, 2, 5, 3, 4]),
        ("-product_name", [4, 3, 5, 2, 1]),
    ] {
        for limit in [1, 2, 3, 100] {
            assert_eq!(read(&test, &format!("/products?sort={sort}&limit={limit}")).await, expected, "{sort} {limit}");
        }
    }
}

#[tokio::test]
async fn a_list_has_twenty_items_unless_asked_and_never_more_than_a_hundred() {
    let test = TestApi::new().with_product().await;
    for _ in 1..105 {
        test.post("/products", r#"{"user_id": 1, "product_name": "x", "product_price": 1}"#).await.is(201);
    }
    for (query, expected) in [("", 20), ("?limit=1", 1), ("?limit=100", 100), ("?limit=101", 100), ("?limit=5000", 100)]
    {
        let answer = test.get(&format!("/products{query}")).await.is(200);
        assert_eq!((ids(&answer).len(), cursor(&answer).is_some()), (expected, true), "{query}");
    }
    assert_eq!(read(&test, "/products?limit=100").await.len(), 105);
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let test = shop().await;
    let long = "x".repeat(256);
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=1.5", "limit"),
        ("limit=1&limit=1", "limit"),
        ("sort=price", "sort"),
        ("sort=", "sort"),
        ("sort=-Created_at", "sort"),
        ("user_id=0", "user_id"),
        ("user_id=abc", "user_id"),
        ("user_id=", "user_id"),
        ("user_id=9007199254740992", "user_id"),
        ("min_price=-1", "min_price"),
        ("min_price=1.005", "min_price"),
        ("min_price=abc", "min_price"),
        ("max_price=1e30", "max_price"),
        ("max_price=100000000", "max_price"),
        ("min_price=2&max_price=1", "min_price"),
        ("product_name=", "product_name"),
        ("product_name=a%00", "product_name"),
        (&format!("product_name={long}"), "product_name"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        (&format!("cursor={}", "A".repeat(3000)), "cursor"),
    ] {
        let answer = test.get(&format!("/products?{query}")).await.problem(400, "invalid_request");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&format!("`{name}`")), "{query}: {detail}");
    }
    let unknown = test.get("/products?offset=1").await.problem(400, "invalid_request");
    assert!(unknown.json()["detail"].as_str().unwrap().contains("offset"));
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_filter_and_sort() {
    let test = shop().await;
    let given = cursor(&test.get("/products?limit=1&max_price=50").await.is(200)).unwrap();
    let next = test.get(&format!("/products?limit=3&sort=-created_at&max_price=50.00&cursor={given}")).await.is(200);
    assert_eq!((ids(&next), cursor(&next)), (vec![3, 2, 1], None), "the limit may be another, what is left out is not");
    for path in [
        "/products?limit=1",
        "/products?max_price=51",
        "/products?min_price=0&max_price=50",
        "/products?max_price=50&user_id=1",
        "/products?max_price=50&product_name=k",
        "/products?max_price=50&sort=created_at",
        "/products?max_price=50&sort=-product_price",
        "/users?limit=1",
        "/dead-letters?limit=1",
    ] {
        let answer = test.get(&format!("{path}&cursor={given}")).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().unwrap().contains("`cursor`"), "{path}");
    }
    let cut = &given[..given.len() - 1];
    test.get(&format!("/products?max_price=50&cursor={cut}")).await.problem(400, "invalid_request");
}

#[tokio::test]
async fn the_longest_name_fits_into_a_cursor() {
    let test = TestApi::new().with_product().await;
    // A character that takes more bytes in lower case.
    let name = "\u{130}".repeat(255);
    for _ in 0..2 {
        let body = format!(r#"{{"user_id": 1, "product_name": "{name}", "product_price": 1}}"#);
        test.post("/products", body).await.is(201);
    }
    assert_eq!(read(&test, "/products?sort=product_name&limit=1").await, [2, 3, 1]);
    assert_eq!(read(&test, "/products?sort=-product_name&limit=1").await, [1, 3, 2]);
}

#[tokio::test]
async fn head_of_a_list_is_get_without_a_body() {
    let test = shop().await;
    for path in ["/products?limit=2", "/users", "/users/1", "/api/products"] {
        let get = test.get(path).await.is(200);
        let head = test.send(request(Method::HEAD, path).finish()).await.is(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
        assert_eq!(get.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn users_are_found_by_the_beginnings_of_their_names() {
    let test = shop().await;
    for (query, expected) in [
        ("", &[1, 2][..]),
        ("first_name=ADA", &[1, 2]),
        ("first_name=adam", &[2]),
        ("first_name=da", &[]),
        ("last_name=l", &[1]),
        ("first_name=ada&last_name=s", &[2]),
        ("first_name=%25", &[]),
    ] {
        assert_eq!(read(&test, &format!("/users?limit=1&{query}")).await, expected, "{query}");
    }
    for (query, name) in [("first_name=", "first_name"), ("last_name=%0A", "last_name"), ("limit=0", "limit")] {
        let answer = test.get(&format!("/users?{query}")).await.problem(400, "invalid_request");
        assert!(answer.json()["detail"].as_str().unwrap().contains(&format!("`{name}`")), "{query}");
    }
    let given = cursor(&test.get("/users?limit=1&first_name=a").await.is(200)).unwrap();
    test.get(&format!("/users?first_name=ad&cursor={given}")).await.problem(400, "invalid_request");
    test.get(&format!("/users?last_name=a&cursor={given}")).await.problem(400, "invalid_request");
}

#[tokio::test]
async fn a_user_is_found_by_id() {
    let test = shop().await;
    let answer = test.get("/users/2").await.is(200);
    assert_eq!(answer.json()["data"], test.get("/users").await.json()["data"][1]);
    assert_eq!(answer.json()["data"]["first_name"], "Adam");
    for id in ["3", "0", "x", "01"] {
        test.get(&format!("/users/{id}")).await.problem(404, "not_found");
    }
}
