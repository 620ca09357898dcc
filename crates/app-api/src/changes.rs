//! Tells those who wait for a product that it changed. Knows nothing of what is waited for, nor how long.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use wareroom_domain::ProductId;
use wareroom_ports::Invalidation;

/// Everybody who waits, by product. One listener of the announcements tells them all.
#[derive(Default)]
pub(crate) struct Changes {
    waiting: Mutex<HashMap<ProductId, watch::Sender<()>>>,
}

impl Changes {
    /// From now on no change of this product is missed, until the answer is dropped.
    pub(crate) fn of(self: &Arc<Self>, id: ProductId) -> Waiting {
        let news = self.lock().entry(id).or_insert_with(|| watch::Sender::new(())).subscribe();
        Waiting { changes: Arc::clone(self), id, news: Some(news) }
    }

    /// Wakes those who wait for what changed.
    pub(crate) fn tell(&self, change: Invalidation) {
        let waiting = self.lock();
        match change {
            Invalidation::Product(id, _) => drop(waiting.get(&id).map(|news| news.send_replace(()))),
            Invalidation::Everything => waiting.values().for_each(|news| news.send_replace(())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProductId, watch::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits. Dropping it leaves nothing behind.
pub(crate) struct Waiting {
    changes: Arc<Changes>,
    id: ProductId,
    /// There until the drop.
    news: Option<watch::Receiver<()>>,
}

impl Waiting {
    /// Ends when the product was announced since the last call, or since this was made.
    pub(crate) async fn news(&mut self) {
        let changed = match &mut self.news {
            Some(news) => news.changed().await.is_ok(),
            None => false,
        };
        if !changed {
            // The sender stays as long as somebody waits, so nothing more can come.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = self.changes.lock();
        // Within the lock: of several that leave at once, the last one sees that it is the last.
        drop(self.news.take());
        if waiting.get(&self.id).is_some_and(|news| news.receiver_count() == 0) {
            waiting.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use wareroom_domain::Version;

    fn id(number: i64) -> ProductId {
        ProductId::new(number).unwrap()
    }

    #[tokio::test]
    async fn everybody_who_waits_for_a_product_hears_of_it_and_nobody_else() {
        let changes = Arc::new(Changes::default());
        let (mut first, mut second, mut other) = (changes.of(id(1)), changes.of(id(1)), changes.of(id(2)));
        changes.tell(Invalidation::Product(id(1), Version(2)));
        first.news().await;
        second.news().await;
        assert!(first.news().now_or_never().is_none(), "news are told once");
        assert!(other.news().now_or_never().is_none());
        changes.tell(Invalidation::Everything);
        first.news().await;
        other.news().await;
    }

    #[tokio::test]
    async fn a_change_between_coming_and_waiting_is_not_missed() {
        let changes = Arc::new(Changes::default());
        let mut waiting = changes.of(id(1));
        changes.tell(Invalidation::Product(id(1), Version(2)));
        changes.tell(Invalidation::Product(id(1), Version(3)));
        waiting.news().await;
    }

    #[tokio::test]
    async fn who_leaves_leaves_nothing_behind() {
        let changes = Arc::new(Changes::default());
        let mut staying = changes.of(id(1));
        drop(changes.of(id(1)));
        drop(changes.of(id(2)));
        assert_eq!(changes.lock().len(), 1);
        changes.tell(Invalidation::Product(id(1), Version(2)));
        staying.news().await;
        drop(staying);
        assert!(changes.lock().is_empty());
    }

    #[test]
    fn those_who_leave_together_leave_nothing_behind() {
        let changes = Arc::new(Changes::default());
        for _ in 0..500 {
            let together = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for waiting in [(); 4].map(|()| changes.of(id(1))) {
                    scope.spawn(|| {
                        together.wait();
                        drop(waiting);
                    });
                }
            });
            assert!(changes.lock().is_empty());
        }
    }
}
