//! Stands between the queue and the worker while our own stores are in trouble: nothing new is taken but one delivery now and
//! then, to see whether they are back.

use std::time::Duration;
use tokio::sync::watch;

/// Open while our own stores are in trouble. Cheap to clone; health checks and logs read the same one.
#[derive(Clone, Debug)]
pub struct Breaker {
    open: watch::Sender<bool>,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { open: watch::Sender::new(false) }
    }
}

impl Breaker {
    /// Whether the worker is holding back.
    pub fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// A store failed: hold back. Says so in the log when it is news.
    pub fn trip(&self, error: &dyn std::error::Error) {
        let news = self.open.send_if_modified(|open| !std::mem::replace(open, true));
        if news {
            let source = error.source().map(ToString::to_string);
            tracing::warn!(%error, source, "the worker holds what it has until the store is back");
        }
    }

    /// A store answered: go on.
    pub fn reset(&self) {
        let news = self.open.send_if_modified(|open| std::mem::replace(open, false));
        if news {
            tracing::info!("the store is back, the worker goes on");
        }
    }

    /// Resolves once it is closed, or after `at_most`: then whoever waits may try for itself.
    pub async fn closed(&self, at_most: Duration) {
        let mut state = self.open.subscribe();
        let closed = state.wait_for(|open| !*open);
        let _ = tokio::time::timeout(at_most, closed).await;
    }
}

/// Waits that double, from the first to the longest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    next: Duration,
    longest: Duration,
}

impl Waits {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_goes_on_when_it_closes() {
        let breaker = Breaker::default();
        breaker.trip(&std::io::Error::other("gone"));
        assert!(breaker.is_open());
        let waiting = tokio::spawn({
            let breaker = breaker.clone();
            async move { breaker.closed(Duration::from_mins(1)).await }
        });
        breaker.reset();
        waiting.await.unwrap();
        assert!(!breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_may_try_for_itself_after_a_while() {
        let breaker = Breaker::default();
        breaker.trip(&std::io::Error::other("gone"));
        let begun = tokio::time::Instant::now();
        breaker.closed(Duration::from_secs(5)).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
        assert!(breaker.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest() {
        let mut waits = Waits::new(Duration::from_millis(100), Duration::from_millis(300));
        let begun = tokio::time::Instant::now();
        for expected in [100, 300, 600, 900] {
            waits.wait().await;
            assert_eq!(begun.elapsed().as_millis(), expected);
        }
    }
}
