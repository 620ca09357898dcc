//! `Ids`: new identities.

use crate::patience::eight;
use async_trait::async_trait;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;
use wareroom_ports::Ids;

/// Identities to be held to account.
#[async_trait]
pub trait IdsFixture: Send + Sync + Sized + 'static {
    /// A source of identities.
    async fn fresh() -> Self;

    /// The source.
    fn ids(&self) -> Arc<dyn Ids>;
}

/// The one list of cases of [`ids`](crate::ids).
#[macro_export]
macro_rules! ids_cases {
    ($then:path, $given:tt) => {
        $then! { ids $given
            an_id_is_never_given_twice
            ids_are_of_version_7
            ids_sort_in_the_order_they_were_given
        }
    };
}

/// Tests that hold an [`IdsFixture`] to every case of [`ids`](crate::ids).
#[macro_export]
macro_rules! ids_suite {
    ($fixture:ty) => {
        $crate::ids_cases!($crate::tests, ($fixture));
    };
}

ids_cases!(names, ());

/// `uuid` MUST never answer the same twice.
pub async fn an_id_is_never_given_twice<F: IdsFixture>() {
    let fixture = F::fresh().await;
    let given = eight("eight tasks ask for ids", |_| {
        let ids = fixture.ids();
        async move { (0..1_000).map(|_| ids.uuid()).collect::<Vec<_>>() }
    })
    .await;
    assert_eq!(given.concat().into_iter().collect::<HashSet<_>>().len(), 8_000, "an id was given twice");
}

/// `uuid` MUST answer ids of version 7.
pub async fn ids_are_of_version_7<F: IdsFixture>() {
    let fixture = F::fresh().await;
    for _ in 0..100 {
        let id = fixture.ids().uuid();
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122), "{id}");
    }
}

/// `uuid` MUST answer ids that sort in the order they were given, whoever asked before.
pub async fn ids_sort_in_the_order_they_were_given<F: IdsFixture>() {
    let fixture = F::fresh().await;
    let latest = Arc::new(Mutex::new(Uuid::nil()));
    eight("eight tasks ask for ids", |_| {
        let (ids, latest) = (fixture.ids(), Arc::clone(&latest));
        async move {
            for _ in 0..500 {
                // Asked under the lock, so that there is one order of asking.
                let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                let id = ids.uuid();
                assert!(id > *latest, "{id} after {latest}");
                *latest = id;
            }
        }
    })
    .await;
}
