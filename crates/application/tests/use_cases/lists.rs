//! Lists: parts of them in order, and where they go on.

use wareroom_application::{Context, ErrorCode, ListProducts, ListUsers, RegisterUser};
use wareroom_domain::{PersonName, ProductId, UserId};
use wareroom_ports::{ProductFilter, ProductOrder, ProductPage, ProductPlace, UserFilter};
use wareroom_test_kit::TestApp;

fn newest(after: Option<ProductPlace>, limit: usize) -> ListProducts {
    let page = ProductPage { order: ProductOrder::CreatedAt, descending: true, after, limit };
    ListProducts { filter: ProductFilter::default(), page }
}

#[tokio::test]
async fn a_list_of_products_is_read_part_by_part_to_its_end() {
    let app = TestApp::new();
    let user = app.user().await.id;
    for _ in 0..5 {
        app.product(user).await;
    }
    let (mut read, mut after, mut parts) = (vec![], None, 0);
    loop {
        let part = app.application.list_products(&Context::operator(), newest(after, 2)).await.unwrap();
        read.extend(part.items.iter().map(|view| view.product.id.get()));
        parts += 1;
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((read, parts), (vec![5, 4, 3, 2, 1], 3));
    let all = app.application.list_products(&Context::operator(), newest(None, 5)).await.unwrap();
    assert_eq!((all.items.len(), all.next), (5, None), "what was read to its end goes on");
}

#[tokio::test]
async fn a_list_shows_products_as_they_are_now() {
    let app = TestApp::new();
    let product = app.product(app.user().await.id).await;
    app.view(product.id).await;
    let image = app.upload(product.id, 3).await;
    let part = app.application.list_products(&Context::operator(), newest(None, 2)).await.unwrap();
    assert_eq!(part.items[0], *app.view(product.id).await);
    assert_eq!(part.items[0].images[0].id, image);
    app.work().await;
}

#[tokio::test]
async fn users_are_listed_by_id_and_the_beginnings_of_their_names_combine() {
    let app = TestApp::new();
    for (first, last) in [("Ada", "Lovelace"), ("Adam", "Smith"), ("Åda", "Love"), ("ADA", "LOVELL")] {
        let name = |text| PersonName::new(text).unwrap();
        let command = RegisterUser { first_name: name(first), last_name: name(last) };
        app.application.register_user(&Context::operator(), command).await.unwrap();
    }
    let list = async |first: Option<&str>, last: Option<&str>, after: Option<i64>, limit| {
        let filter = UserFilter { first_name: first.map(str::to_owned), last_name: last.map(str::to_owned) };
        let after = after.map(|id| UserId::new(id).unwrap());
        let command = ListUsers { filter, after, limit };
        let part = app.application.list_users(&Context::operator(), command).await.unwrap();
        (part.items.iter().map(|user| user.id.get()).collect::<Vec<_>>(), part.next.map(UserId::get))
    };
    assert_eq!(list(None, None, None, 9).await, (vec![1, 2, 3, 4], None));
    assert_eq!(list(Some("ada"), None, None, 2).await, (vec![1, 2], Some(2)));
    assert_eq!(list(Some("ada"), None, Some(2), 2).await, (vec![4], None));
    assert_eq!(list(Some("ada"), Some("love"), None, 9).await, (vec![1, 4], None));
    assert_eq!(list(Some("da"), None, None, 9).await, (vec![], None));
}

#[tokio::test]
async fn a_user_is_found_or_not() {
    let app = TestApp::new();
    let user = app.user().await;
    assert_eq!(app.application.get_user(&Context::operator(), user.id).await.unwrap(), user);
    let missing = app.application.get_user(&Context::operator(), UserId::new(9).unwrap()).await.unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    let missing = app.application.get_product(&Context::operator(), ProductId::new(9).unwrap()).await.unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
}
