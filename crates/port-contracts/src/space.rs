//! `Space`: the room that is left.
//!
//! Others may write to the same disk meanwhile, and delete: a case makes a change that is large beside what they do, looks
//! for half of it, and tries again when it was hidden.

use crate::patience::{MOMENT, within};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_ports::Space;

/// What tells how much room is left, to be held to account.
#[async_trait]
pub trait SpaceFixture: Send + Sync + Sized + 'static {
    /// Somewhere with a limit, and with room for 64 MB more.
    async fn fresh() -> Self;

    /// What tells how much room is left there.
    fn space(&self) -> Arc<dyn Space>;

    /// Writes so many bytes there, in a form that cannot be packed, and waits until they are on disk.
    async fn write(&self, bytes: u64);

    /// Deletes all that was written.
    async fn delete(&self);
}

/// The one list of cases of [`space`](crate::space).
#[macro_export]
macro_rules! space_cases {
    ($then:path, $given:tt) => {
        $then! { space $given
            what_is_written_is_missing_at_the_next_call
            what_is_deleted_is_free_at_a_later_call
        }
    };
}

/// Tests that hold a [`SpaceFixture`] to every case of [`space`](crate::space).
#[macro_export]
macro_rules! space_suite {
    ($fixture:ty) => {
        $crate::space_cases!($crate::tests, ($fixture));
    };
}

space_cases!(names, ());

/// How much a case writes, in bytes.
const WRITTEN: u64 = 16 << 20;
/// How much of that has to show.
const NOTICED: u64 = WRITTEN / 2;
/// How often a case tries, should others hide what it does.
const ROUNDS: usize = 8;

fn free(space: &Arc<dyn Space>) -> u64 {
    space.free().expect("an answer").expect("a limit")
}

/// `free` MUST answer what is free at the moment of the call: less after a write.
pub async fn what_is_written_is_missing_at_the_next_call<F: SpaceFixture>() {
    let fixture = F::fresh().await;
    let space = fixture.space();
    let mut answers = Vec::new();
    for _ in 0..ROUNDS {
        let before = free(&space);
        within("bytes are written", fixture.write(WRITTEN)).await;
        let after = free(&space);
        within("bytes are deleted", fixture.delete()).await;
        if before >= after.saturating_add(NOTICED) {
            return;
        }
        answers.push((before, after));
    }
    panic!("{WRITTEN} bytes were written and not noticed: {answers:?}");
}

/// `free` MUST answer what is free at the moment of the call: more after a delete, once the file system has done it.
pub async fn what_is_deleted_is_free_at_a_later_call<F: SpaceFixture>() {
    let fixture = F::fresh().await;
    let space = fixture.space();
    let mut answers = Vec::new();
    for _ in 0..ROUNDS {
        // Asked before as well: an answer that is remembered must not begin with this one.
        free(&space);
        within("bytes are written", fixture.write(WRITTEN)).await;
        let before = free(&space);
        within("bytes are deleted", fixture.delete()).await;
        // Some file systems give room back a moment later.
        let end = Instant::now() + MOMENT;
        while Instant::now() < end {
            if free(&space) >= before.saturating_add(NOTICED) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        answers.push((before, free(&space)));
    }
    panic!("{WRITTEN} bytes were deleted and not noticed: {answers:?}");
}
