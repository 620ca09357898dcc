//! Invalidations that are wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use wareroom_memory::LocalInvalidations;
use wareroom_port_contracts::invalidations::{CASES, InvalidationsFixture};
use wareroom_port_contracts::invalidations_cases;
use wareroom_ports::{Invalidation, Invalidations, Listener};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    AnnouncesLater,
    AnnouncesBackwards,
    RepeatsNothing,
}

struct Wrong {
    behind: Arc<LocalInvalidations>,
    fault: Option<Fault>,
}

#[async_trait]
impl Invalidations for Wrong {
    async fn announce(&self, changes: &[Invalidation]) {
        let mut changes = changes.to_vec();
        match self.fault {
            Some(Fault::AnnouncesLater) => {
                let behind = Arc::clone(&self.behind);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    behind.announce(&changes).await;
                });
            }
            Some(Fault::AnnouncesBackwards) => {
                changes.reverse();
                self.behind.announce(&changes).await;
            }
            Some(Fault::RepeatsNothing) | None => self.behind.announce(&changes).await,
        }
    }

    async fn repeat(&self, changes: &[Invalidation]) {
        if self.fault != Some(Fault::RepeatsNothing) {
            self.behind.repeat(changes).await;
        }
    }

    fn subscribe(&self, listener: Listener) {
        self.behind.subscribe(listener);
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl InvalidationsFixture for Fixture {
    async fn fresh() -> Self {
        Self(Arc::new(Wrong { behind: Arc::default(), fault: fault() }))
    }

    fn invalidations(&self) -> Arc<dyn Invalidations> {
        Arc::clone(&self.0) as _
    }
}

invalidations_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_invalidations_notices_its_fault() {
    let faults = [
        ("every_listener_was_called_when_announce_returns", Fault::AnnouncesLater),
        ("every_listener_was_called_when_repeat_returns", Fault::RepeatsNothing),
        ("a_listener_is_told_everything_in_order", Fault::AnnouncesBackwards),
    ];
    prove("invalidations", CASES, &invalidations(), &faults);
}
