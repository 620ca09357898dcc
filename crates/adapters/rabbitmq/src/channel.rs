//! A channel that is opened once and never again.

use crate::ears::End;
use crate::error::Trouble;
use crate::tied::Tied;
use amqprs::channel::Channel as DriverChannel;
use amqprs::error::Error;
use std::ops::Deref;
use std::time::Duration;
use tokio::time::timeout;

/// What the driver does with a channel is asked of this directly. One request at a time, and one that was not waited for to
/// its end is the last.
pub(crate) struct Channel {
    driver: Tied<DriverChannel>,
    end: End,
}

impl Channel {
    pub(crate) fn new(driver: Tied<DriverChannel>, end: End) -> Self {
        Self { driver, end }
    }

    /// Resolves when it is over.
    pub(crate) async fn ended(&self) {
        self.end.came().await;
    }

    /// Why the broker closed it.
    pub(crate) fn refusal(&self) -> Option<Trouble> {
        self.end.refusal()
    }

    /// The answer to a request within that time, or why there is none. What needs no answer waits for room only.
    pub(crate) async fn answer<T>(
        &self,
        time: Duration,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        match timeout(time, request).await {
            Ok(Ok(answer)) => Ok(answer),
            // The reason is written down before the driver lets go of whoever asked.
            Ok(Err(error)) => Err(self.refusal().unwrap_or_else(|| error.into())),
            Err(_) => Err(Trouble::Late),
        }
    }
}

impl Deref for Channel {
    type Target = DriverChannel;

    fn deref(&self) -> &DriverChannel {
        &self.driver
    }
}
