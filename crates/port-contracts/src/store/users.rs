//! Users.

use super::StoreFixture;
use crate::patience::{LONG, eight};
use crate::samples::{begin, commit, stored_user, user_draft};
use std::{collections::HashSet, sync::Arc};
use wareroom_domain::{PersonName, UserDraft, UserId};

/// A user is read as it was stored; `None` when there is none.
pub async fn a_user_comes_back_as_stored<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let longest = PersonName::new("ß".repeat(PersonName::MAX)).expect("the longest name");
    for draft in [user_draft(), UserDraft { last_name: longest, ..user_draft() }] {
        let mut unit = begin(&store).await;
        let user = unit.users().insert(&draft).await.expect("a user is accepted");
        commit(unit).await;
        assert_eq!(user, draft.accepted(user.id));
        let mut unit = begin(&store).await;
        assert_eq!(unit.users().load(user.id).await.expect("a load"), Some(user));
    }
    let nobody = UserId::new(1_000_000).expect("an id");
    assert_eq!(begin(&store).await.users().load(nobody).await.expect("a load"), None);
}

/// `insert` MUST give an id that was never committed before.
pub async fn ids_of_users_are_not_given_twice<F: StoreFixture>() {
    let fixture = F::fresh(LONG).await;
    let store = fixture.store();
    let given = eight("eight tasks store users", |_| {
        let store = Arc::clone(&store);
        async move {
            let mut unit = begin(&store).await;
            unit.users().insert(&user_draft()).await.expect("a user is accepted");
            drop(unit);
            [stored_user(&store).await.id, stored_user(&store).await.id]
        }
    })
    .await;
    let given = given.concat();
    assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len(), "an id was given twice: {given:?}");
}
