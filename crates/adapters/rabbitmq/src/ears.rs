//! What listens to the driver, and how the end of what it listens to is noticed.
//!
//! Whatever ends a connection or a channel ends the driver's task for it, which drops what listens there: that is how it is
//! noticed here, whatever the reason was.

use crate::confirms::Confirms;
use crate::error::Trouble;
use amqprs::callbacks::{ChannelCallback, ConnectionCallback};
use amqprs::channel::Channel as DriverChannel;
use amqprs::connection::Connection as DriverConnection;
use amqprs::error::Error;
use amqprs::{Ack, BasicProperties, Cancel, Close, CloseChannel, Nack, Return};
use async_trait::async_trait;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Why something ended, and that it has.
#[derive(Clone)]
pub(crate) struct End {
    reason: Arc<OnceLock<Trouble>>,
    over: watch::Receiver<()>,
}

impl End {
    pub(crate) fn new() -> (Self, Ears) {
        let (sender, over) = watch::channel(());
        let reason = Arc::new(OnceLock::new());
        let ears = Ears { reason: Arc::clone(&reason), confirms: None, _over: sender };
        (Self { reason, over }, ears)
    }

    pub(crate) async fn came(&self) {
        let mut over = self.over.clone();
        while over.changed().await.is_ok() {}
    }

    /// Why the broker ended it; `None` when it did not, or has not yet.
    pub(crate) fn refusal(&self) -> Option<Trouble> {
        self.reason.get().cloned()
    }

    pub(crate) fn reason(&self) -> Trouble {
        self.refusal().unwrap_or_else(|| Trouble::Gone("it was closed or did not answer".to_owned()))
    }
}

/// What listens to the driver. It lives as long as what it listens to. Must never wait.
pub(crate) struct Ears {
    reason: Arc<OnceLock<Trouble>>,
    pub(crate) confirms: Option<Arc<Confirms>>,
    _over: watch::Sender<()>,
}

impl Ears {
    fn was_closed(&self, code: u16, text: &str) {
        let _ = self.reason.set(Trouble::Refused { code, text: text.to_owned() });
    }
}

/// Nobody is told any more.
impl Drop for Ears {
    fn drop(&mut self) {
        if let Some(confirms) = &self.confirms {
            confirms.end();
        }
    }
}

#[async_trait]
impl ConnectionCallback for Ears {
    async fn close(&mut self, _: &DriverConnection, close: Close) -> Result<(), Error> {
        self.was_closed(close.reply_code(), close.reply_text());
        Ok(())
    }

    /// Brokers tell it only those who say that they understand, which this driver does not.
    async fn blocked(&mut self, _: &DriverConnection, _: String) {}

    async fn unblocked(&mut self, _: &DriverConnection) {}

    async fn secret_updated(&mut self, _: &DriverConnection) {}
}

#[async_trait]
impl ChannelCallback for Ears {
    async fn close(&mut self, _: &DriverChannel, close: CloseChannel) -> Result<(), Error> {
        self.was_closed(close.reply_code(), close.reply_text());
        Ok(())
    }

    /// The queue is gone, or moves. Its consumer hears nothing more, and begins anew.
    async fn cancel(&mut self, _: &DriverChannel, _: Cancel) -> Result<(), Error> {
        Ok(())
    }

    async fn flow(&mut self, _: &DriverChannel, active: bool) -> Result<bool, Error> {
        Ok(active)
    }

    async fn publish_ack(&mut self, _: &DriverChannel, ack: Ack) {
        if let Some(confirms) = &self.confirms {
            confirms.settle(ack.delivery_tag(), ack.mutiple(), true);
        }
    }

    async fn publish_nack(&mut self, _: &DriverChannel, nack: Nack) {
        if let Some(confirms) = &self.confirms {
            confirms.settle(nack.delivery_tag(), nack.multiple(), false);
        }
    }

    async fn publish_return(&mut self, _: &DriverChannel, _: Return, properties: BasicProperties, _: Vec<u8>) {
        let number = properties.correlation_id().and_then(|number| number.parse().ok());
        if let (Some(confirms), Some(number)) = (&self.confirms, number) {
            confirms.was_returned(number);
        }
    }
}
