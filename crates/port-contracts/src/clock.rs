//! `Clock`: the time that users see.

use crate::patience::eight;
use async_trait::async_trait;
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use wareroom_ports::Clock;

/// A clock to be held to account.
#[async_trait]
pub trait ClockFixture: Send + Sync + Sized + 'static {
    /// A clock.
    async fn fresh() -> Self;

    /// The clock.
    fn clock(&self) -> Arc<dyn Clock>;
}

/// The one list of cases of [`clock`](crate::clock).
#[macro_export]
macro_rules! clock_cases {
    ($then:path, $given:tt) => {
        $then! { clock $given
            now_is_never_earlier_than_before
            now_is_in_whole_microseconds
        }
    };
}

/// Tests that hold a [`ClockFixture`] to every case of [`clock`](crate::clock).
#[macro_export]
macro_rules! clock_suite {
    ($fixture:ty) => {
        $crate::clock_cases!($crate::tests, ($fixture));
    };
}

clock_cases!(names, ());

/// `now` MUST never answer an earlier instant than before, whoever asked before.
pub async fn now_is_never_earlier_than_before<F: ClockFixture>() {
    let fixture = F::fresh().await;
    let latest = Arc::new(Mutex::new(Timestamp::MIN));
    eight("eight tasks ask for the time", |_| {
        let (clock, latest) = (fixture.clock(), Arc::clone(&latest));
        async move {
            for _ in 0..500 {
                // Asked under the lock, so that there is one order of asking.
                let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                let now = clock.now();
                assert!(now >= *latest, "{now} after {latest}");
                *latest = now;
            }
        }
    })
    .await;
}

/// `now` MUST answer whole microseconds.
pub async fn now_is_in_whole_microseconds<F: ClockFixture>() {
    let fixture = F::fresh().await;
    let clock = fixture.clock();
    for _ in 0..100 {
        let now = clock.now();
        assert_eq!(now.subsec_nanosecond() % 1000, 0, "{now} is finer than a microsecond");
        tokio::task::yield_now().await;
    }
}
