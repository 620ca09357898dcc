//! `Invalidations`: what tells caches to forget.

use crate::patience::within;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use wareroom_domain::{ProductId, Version};
use wareroom_ports::{Invalidation, Invalidations};

/// Invalidations to be held to account.
#[async_trait]
pub trait InvalidationsFixture: Send + Sync + Sized + 'static {
    /// Invalidations without listeners, shared with nobody.
    async fn fresh() -> Self;

    /// The invalidations.
    fn invalidations(&self) -> Arc<dyn Invalidations>;
}

/// The one list of cases of [`invalidations`](crate::invalidations).
#[macro_export]
macro_rules! invalidations_cases {
    ($then:path, $given:tt) => {
        $then! { invalidations $given
            every_listener_was_called_when_announce_returns
            every_listener_was_called_when_repeat_returns
            a_listener_is_told_everything_in_order
        }
    };
}

/// Tests that hold an [`InvalidationsFixture`] to every case of [`invalidations`](crate::invalidations).
#[macro_export]
macro_rules! invalidations_suite {
    ($fixture:ty) => {
        $crate::invalidations_cases!($crate::tests, ($fixture));
    };
}

invalidations_cases!(names, ());

fn change(number: u64) -> Invalidation {
    Invalidation::Product(ProductId::new(1).expect("an id"), Version(number))
}

/// A listener and what it was told.
fn listen(invalidations: &Arc<dyn Invalidations>) -> Arc<Mutex<Vec<Invalidation>>> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    invalidations.subscribe(Arc::new(move |invalidation| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(invalidation);
    }));
    told
}

fn heard(told: &Mutex<Vec<Invalidation>>) -> Vec<Invalidation> {
    told.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// `announce` MUST have called every listener of this process when it returns.
pub async fn every_listener_was_called_when_announce_returns<F: InvalidationsFixture>() {
    let fixture = F::fresh().await;
    let invalidations = fixture.invalidations();
    let listeners = [0; 3].map(|_| listen(&invalidations));
    for number in 0..20 {
        within("announce returns", invalidations.announce(&[change(number)])).await;
        for told in &listeners {
            assert!(heard(told).contains(&change(number)), "a listener was not called yet");
        }
    }
}

/// `repeat` MUST have called every listener of this process, too, when it returns.
pub async fn every_listener_was_called_when_repeat_returns<F: InvalidationsFixture>() {
    let fixture = F::fresh().await;
    let invalidations = fixture.invalidations();
    let listeners = [0; 3].map(|_| listen(&invalidations));
    // What was announced before, and what was not.
    for number in 0..20 {
        if number % 2 == 0 {
            within("announce returns", invalidations.announce(&[change(number)])).await;
        }
        let before = listeners.each_ref().map(|told| heard(told).len());
        within("repeat returns", invalidations.repeat(&[change(number)])).await;
        for (told, before) in listeners.iter().zip(before) {
            assert!(heard(told)[before..].contains(&change(number)), "a listener was not called yet");
        }
    }
}

/// A listener MUST be told every announcement made after `subscribe` returned, in the order they were made.
pub async fn a_listener_is_told_everything_in_order<F: InvalidationsFixture>() {
    let fixture = F::fresh().await;
    let invalidations = fixture.invalidations();
    let early = listen(&invalidations);
    let mut announced = vec![change(9), Invalidation::Everything, change(3), change(7)];
    within("announce returns", invalidations.announce(&announced)).await;
    let late = listen(&invalidations);
    for number in [8, 2] {
        within("announce returns", invalidations.announce(&[change(number)])).await;
        announced.push(change(number));
    }
    assert_eq!(heard(&early), announced);
    assert_eq!(heard(&late), announced[4..]);
}
