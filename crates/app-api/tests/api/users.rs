//! `/users`.

use crate::support::TestApi;

#[tokio::test]
async fn a_user_is_created() {
    let test = TestApi::new();
    let answer = test.post("/users", r#"{"first_name": "Ada", "last_name": "Lovelace"}"#).await.is(201);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("location"), "http://shop.test/users/1");
    insta::assert_json_snapshot!(answer.json());
}

#[tokio::test]
async fn every_bad_name_is_told() {
    let test = TestApi::new();
    let answer = test.post("/users", r#"{"first_name": " ", "id": 7}"#).await.problem(422, "validation_failed");
    assert_eq!(answer.pointers(), ["/first_name", "/last_name", "/id"]);
}
