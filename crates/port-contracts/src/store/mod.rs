//! `Store`, `UnitOfWork`, `ProductRepo`, `ImageRepo` and `UserRepo`.

mod images;
mod products;
mod unit;
mod users;

pub use images::*;
pub use products::*;
pub use unit::*;
pub use users::*;

use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wareroom_ports::Store;

/// A store to be held to account.
#[async_trait]
pub trait StoreFixture: Send + Sync + Sized + 'static {
    /// An empty store, shared with nobody, whose `begin` waits at most `begin_wait`.
    async fn fresh(begin_wait: Duration) -> Self;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// How many units of work can be open at once: the size of its pool, or 1 where there is a single writer.
    fn writers(&self) -> usize {
        1
    }
}

/// The one list of cases of [`store`](crate::store). `store_cases!(then, (given))` is `then! { store (given) case case ... }`,
/// and so for every suite.
#[macro_export]
macro_rules! store_cases {
    ($then:path, $given:tt) => {
        $then! { store $given
            begin_answers_busy_within_its_wait
            check_answers_ok_for_a_store_that_is_fit
            a_dropped_unit_leaves_nothing
            a_unit_dropped_with_a_call_in_flight_leaves_the_store_fit
            after_an_error_every_later_call_answers_aborted
            a_unit_that_failed_stores_nothing
            a_unit_sees_what_it_wrote
            a_commit_stores_everything
            a_product_comes_back_as_it_was_stored
            ids_of_deleted_products_are_not_given_again
            a_product_of_an_unknown_user_is_refused
            a_loaded_product_is_not_moved_by_others
            save_stores_every_field_that_may_change
            save_of_an_older_version_is_a_conflict
            save_of_a_deleted_product_is_a_conflict
            touch_answers_the_next_version_and_sets_the_moment
            concurrent_touches_each_raise_the_version_by_one
            a_deleted_product_takes_its_images_along
            an_image_comes_back_as_it_was_stored
            an_image_comes_back_as_it_was_saved
            an_image_of_an_unknown_product_is_refused
            images_come_by_position_then_by_id
            save_of_an_older_fence_is_a_conflict
            save_of_an_image_that_is_gone_is_a_conflict
            a_deleted_image_is_gone_and_no_other
            deleting_an_image_leaves_the_register_of_blobs_alone
            stuck_names_only_images_in_processing
            stuck_does_not_name_an_image_saved_within_the_age
            stuck_names_the_longest_first
            of_units_that_saw_an_image_stuck_one_finds_it_so
            a_user_comes_back_as_stored
            ids_of_users_are_not_given_twice
        }
    };
}

/// Tests that hold a [`StoreFixture`] to every case of [`store`](crate::store).
#[macro_export]
macro_rules! store_suite {
    ($fixture:ty) => {
        $crate::store_cases!($crate::tests, ($fixture));
    };
}

store_cases!(names, ());
