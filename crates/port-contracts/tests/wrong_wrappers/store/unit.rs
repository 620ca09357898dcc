//! The unit of work of the wrong store.

use super::{Fault, Wrong};
use async_trait::async_trait;
use futures::FutureExt;
use wareroom_ports::{
    BlobRefs, DeadLetters, IdempotencyKeys, ImageRepo, Outbox, ProductRepo, Store, StoreError, UnitOfWork, UserRepo,
};

pub(super) struct WrongUnit {
    pub(super) store: Wrong,
    /// The unit of the store behind; a new one is begun where the last was let go.
    pub(super) behind: Option<Box<dyn UnitOfWork>>,
}

impl WrongUnit {
    pub(super) fn new(store: Wrong, behind: Box<dyn UnitOfWork>) -> Self {
        Self { store, behind: Some(behind) }
    }

    pub(super) fn is(&self, fault: Fault) -> bool {
        self.store.is(fault)
    }

    pub(super) async fn behind(&mut self) -> &mut dyn UnitOfWork {
        if self.behind.is_none() {
            self.behind = Some(self.store.behind.begin().await.expect("a unit of the store behind"));
        }
        &mut **self.behind.as_mut().expect("begun just now")
    }

    /// Ends the unit of the store behind, as if each call were a unit of its own.
    pub(super) fn let_go(&mut self) {
        self.behind = None;
    }
}

impl Drop for WrongUnit {
    fn drop(&mut self) {
        if let Some(behind) = self.behind.take().filter(|_| self.is(Fault::CommitsWhatIsDropped)) {
            let _ = behind.commit().now_or_never();
        }
    }
}

#[async_trait]
impl UnitOfWork for WrongUnit {
    fn products(&mut self) -> &mut dyn ProductRepo {
        self
    }

    fn images(&mut self) -> &mut dyn ImageRepo {
        self
    }

    fn users(&mut self) -> &mut dyn UserRepo {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRefs {
        self
    }

    fn dead_letters(&mut self) -> &mut dyn DeadLetters {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyKeys {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        let behind = self.behind.take();
        match behind.filter(|_| !self.is(Fault::CommitsNothing)) {
            Some(behind) => behind.commit().await,
            None => Ok(()),
        }
    }
}
