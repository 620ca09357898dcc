//! `UserQueries`: users outside a unit of work.

use crate::patience::{LONG, within};
use crate::samples::{begin, commit, stored_user, user_draft};
use crate::store::StoreFixture;
use std::sync::Arc;
use wareroom_domain::{PersonName, User, UserDraft, UserId, folded};
use wareroom_ports::{Store, UserFilter, UserQueries};

/// A store whose users are to be read.
pub trait UserQueriesFixture: StoreFixture {
    /// The queries.
    fn users(&self) -> Arc<dyn UserQueries>;
}

/// The one list of cases of [`user_queries`](crate::user_queries).
#[macro_export]
macro_rules! user_queries_cases {
    ($then:path, $given:tt) => {
        $then! { user_queries $given
            a_user_is_read_as_stored
            a_list_holds_just_the_users_that_fit
            every_character_of_a_beginning_is_taken_as_it_is
            users_come_by_id_page_by_page
        }
    };
}

/// Tests that hold a [`UserQueriesFixture`](crate::user_queries::UserQueriesFixture) to every case of
/// [`user_queries`](crate::user_queries).
#[macro_export]
macro_rules! user_queries_suite {
    ($fixture:ty) => {
        $crate::user_queries_cases!($crate::tests, ($fixture));
    };
}

user_queries_cases!(names, ());

async fn list(queries: &Arc<dyn UserQueries>, filter: &UserFilter, after: Option<UserId>, limit: usize) -> Vec<User> {
    within("a list is answered", queries.list(filter, after, limit)).await.expect("a list")
}

/// Users of these first and last names, committed together.
async fn stored(store: &Arc<dyn Store>, names: &[(&str, &str)]) -> Vec<User> {
    let name = |text: &str| PersonName::new(text).expect("a name");
    let mut unit = begin(store).await;
    let mut users = Vec::new();
    for (first, last) in names {
        let draft = UserDraft { first_name: name(first), last_name: name(last), ..user_draft() };
        users.push(unit.users().insert(&draft).await.expect("a user is accepted"));
    }
    commit(unit).await;
    users
}

fn beginning(first: Option<&str>, last: Option<&str>) -> UserFilter {
    UserFilter { first_name: first.map(folded), last_name: last.map(folded) }
}

/// A user is read as it was stored; `None` when there is none.
pub async fn a_user_is_read_as_stored<F: UserQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.users();
    let get = |id| within("a query answers", queries.get(id));
    let users = [stored_user(&fixture.store()).await, stored_user(&fixture.store()).await];
    for user in &users {
        assert_eq!(get(user.id).await.expect("a query").as_ref(), Some(user));
    }
    let listed = list(&queries, &UserFilter::default(), None, 10).await;
    assert_eq!(listed, users, "listed in another way than read");
    assert_eq!(get(UserId::new(1_000_000).expect("an id")).await.expect("a query"), None);
}

/// `list` MUST give just those that fit the filter: by the beginning of each name, and of both together.
pub async fn a_list_holds_just_the_users_that_fit<F: UserQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.users();
    let names = [("Ada", "Lovelace"), ("ADAM", "Adams"), ("Bert", "Love"), ("Ada", "Byron"), ("Lada", "Love")];
    let users = stored(&fixture.store(), &names).await;
    for first in [None, Some(""), Some("a"), Some("ada"), Some("adam"), Some("adams"), Some("ert")] {
        for last in [None, Some(""), Some("love"), Some("lovel"), Some("lace"), Some("adam")] {
            let begins = |name: &PersonName, start: Option<&str>| {
                start.is_none_or(|start| name.as_str().to_lowercase().starts_with(start))
            };
            let fits = |user: &&User| begins(&user.first_name, first) && begins(&user.last_name, last);
            let expected: Vec<User> = users.iter().filter(fits).cloned().collect();
            let listed = list(&queries, &beginning(first, last), None, 100).await;
            assert_eq!(listed, expected, "by {first:?} and {last:?}");
        }
    }
}

/// `list` finds a name by its folded beginning, all of whose characters are plain, whatever the language.
pub async fn every_character_of_a_beginning_is_taken_as_it_is<F: UserQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.users();
    let names = ["%a", "_a", r"\a", "?*[a]", "O'Hara", "Zoë", "Ōe", "ÉMILE", "émile", "Emile", "大江", "Ωmega"];
    let store = fixture.store();
    stored(&store, &names.map(|name| (name, "Ŵ"))).await;
    for (start, expected) in [
        ("%", &["%a"][..]),
        ("_", &["_a"]),
        (r"\", &[r"\a"]),
        ("?*[A", &["?*[a]"]),
        ("o'h", &["O'Hara"]),
        ("zoë", &["Zoë"]),
        ("zoe", &[]),
        ("ō", &["Ōe"]),
        ("ém", &["ÉMILE", "émile"]),
        ("大", &["大江"]),
        ("ω", &["Ωmega"]),
        ("%%", &[]),
    ] {
        let listed = list(&queries, &beginning(Some(start), Some("ŵ")), None, 100).await;
        let listed: Vec<&str> = listed.iter().map(|user| user.first_name.as_str()).collect();
        assert_eq!(listed, expected, "by {start:?}");
    }
}

/// `list` MUST give users in order of their ids, none left out from one page to the next, and at most `limit`.
pub async fn users_come_by_id_page_by_page<F: UserQueriesFixture>() {
    let fixture = F::fresh(LONG).await;
    let queries = fixture.users();
    let names: Vec<(&str, &str)> = std::iter::repeat_n([("Ada", "Love"), ("Bert", "Love")], 6).flatten().collect();
    let users = stored(&fixture.store(), &names).await;
    for (first, fitting) in [(None, users.clone()), (Some("ada"), users.iter().step_by(2).cloned().collect())] {
        let filter = beginning(first, None);
        assert_eq!(list(&queries, &filter, None, usize::MAX).await, fitting);
        assert_eq!(list(&queries, &filter, None, 0).await, []);
        for limit in [1, 2, 5] {
            let (mut listed, mut after) = (Vec::new(), None);
            while listed.len() < fitting.len() {
                let page = list(&queries, &filter, after, limit).await;
                assert_eq!(page, fitting[listed.len()..][..limit.min(fitting.len() - listed.len())], "by {limit}");
                after = page.last().map(|user| user.id);
                listed.extend(page);
            }
            assert_eq!(list(&queries, &filter, after, limit).await, [], "behind the last");
        }
    }
}
