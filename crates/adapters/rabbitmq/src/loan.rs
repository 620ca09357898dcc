//! A message on loan, and how it is settled: by its session, as long as that lasts.

use crate::session::Lent;
use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use wareroom_ports::{Delivery, Message, QueueError, Receipt};

/// What a session is asked to do with a message of its own.
pub(crate) enum Settle {
    /// It was dealt with. Told when the broker has understood.
    Ack(u64, oneshot::Sender<()>),
    /// Back to its queue.
    Release(u64),
}

/// What was fetched. Dropped, it goes back.
pub(crate) struct Fetched {
    pub(crate) message: Message,
    pub(crate) loan: Loan,
}

impl Fetched {
    /// Hands it on. The slot is free again once it is settled.
    pub(crate) fn deliver(mut self, slot: OwnedSemaphorePermit) -> Delivery {
        self.loan.slot = Some(slot);
        Delivery::new(self.message, Box::new(self.loan))
    }
}

/// The right to settle one delivery of a session.
pub(crate) struct Loan {
    tag: u64,
    session: mpsc::UnboundedSender<Settle>,
    slot: Option<OwnedSemaphorePermit>,
    settled: bool,
    _lent: Lent,
}

impl Loan {
    pub(crate) fn new(tag: u64, session: mpsc::UnboundedSender<Settle>, lent: Lent) -> Self {
        Self { tag, session, slot: None, settled: false, _lent: lent }
    }

    /// Whether its session is over, and the message with others.
    pub(crate) fn is_lost(&self) -> bool {
        self.session.is_closed()
    }

    fn give_back(&mut self) {
        if !self.settled {
            self.settled = true;
            // A session that is over has given everything back.
            let _ = self.session.send(Settle::Release(self.tag));
            self.slot = None;
        }
    }
}

#[async_trait]
impl Receipt for Loan {
    async fn ack(&mut self) -> Result<(), QueueError> {
        let (tell, told) = oneshot::channel();
        self.session.send(Settle::Ack(self.tag, tell)).map_err(|_| QueueError::Lost)?;
        // Asked is asked, also when nobody waits for the answer.
        self.settled = true;
        let outcome = told.await.map_err(|_| QueueError::Lost);
        self.slot = None;
        outcome
    }

    fn release(&mut self) {
        self.give_back();
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.give_back();
    }
}
