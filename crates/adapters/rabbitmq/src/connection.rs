//! A connection that is opened once and never again.

use crate::address::Address;
use crate::channel::Channel;
use crate::confirms::Confirms;
use crate::ears::End;
use crate::error::{OpenError, Trouble};
use crate::tied::Tied;
use amqprs::connection::Connection as DriverConnection;
use amqprs::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// A broker thinks 3 s about a password that is wrong, and then closes without a word to this driver. One that is not there,
/// or a proxy before it, closes at once.
const THOUGHT_ABOUT: Duration = Duration::from_millis(2_500);

pub(crate) struct Connection {
    driver: Tied<DriverConnection>,
    end: End,
    doubtful: Notify,
    given_up: AtomicBool,
}

impl Connection {
    /// Opens one that the broker lists by this name.
    pub(crate) async fn open(address: &Address, name: &str, time: Duration) -> Result<Self, OpenError> {
        let begun = Instant::now();
        let arguments = address.named(name);
        // On the heap, because what the driver does meanwhile is large.
        let driver = timeout(time, Box::pin(DriverConnection::open(&arguments)))
            .await
            .map_err(|_| Trouble::Late)?
            .map_err(|error| refusal(&error, begun.elapsed()))?;
        let driver = Tied::new(driver);
        let (end, ears) = End::new();
        let connection = Self { driver, end, doubtful: Notify::new(), given_up: AtomicBool::new(false) };
        connection.driver()?.register_callback(ears).await.map_err(Trouble::from)?;
        Ok(connection)
    }

    fn driver(&self) -> Result<&DriverConnection, Trouble> {
        if self.driver.is_open() { Ok(&self.driver) } else { Err(self.end.reason()) }
    }

    /// Opens a channel, which tells `confirms` what becomes of what is published on it.
    pub(crate) async fn channel(&self, confirms: Option<Arc<Confirms>>) -> Result<Channel, Trouble> {
        let driver = Tied::new(self.driver()?.open_channel(None).await?);
        let (end, mut ears) = End::new();
        ears.confirms = confirms;
        let channel = Channel::new(driver, end);
        channel.register_callback(ears).await?;
        Ok(channel)
    }

    /// Resolves when it is over, or was given up.
    pub(crate) async fn ended(&self) {
        tokio::select! {
            () = self.end.came() => {}
            () = self.doubtful.notified() => {}
        }
    }

    /// Why it was lost; `None` when it was given up.
    pub(crate) fn lost(&self) -> Option<Trouble> {
        (!self.given_up.load(Relaxed)).then(|| self.end.reason())
    }

    /// It does not answer all that it should, and another one is to be opened.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Relaxed);
        self.doubtful.notify_one();
    }
}

/// Reads why a connection was not to be had. The driver says it in words only.
fn refusal(error: &Error, after: Duration) -> OpenError {
    match error {
        Error::ConnectionOpenError(text) => {
            let said = text.split('"').nth(1).unwrap_or(text).to_owned();
            match text.split_once("reply_code: ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok()) {
                Some(code) => Trouble::Refused { code, text: said }.into(),
                None => OpenError::Refused(said),
            }
        }
        Error::NetworkError(text) if text.contains("certificate") => OpenError::Refused(text.clone()),
        Error::NetworkError(_) if after >= THOUGHT_ABOUT => {
            OpenError::Refused("it closed the connection when it was told user and password".to_owned())
        }
        error => OpenError::Unreachable(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_says_when_it_does_not_let_us_in_is_read_from_the_drivers_words() {
        let closed = |code: u16, said: &str| {
            Error::ConnectionOpenError(format!(
                "reason: Close(H, Close {{ reply_code: {code}, reply_text: ShortStr(9, \"{said}\") }})"
            ))
        };
        let after = Duration::ZERO;
        let error = refusal(&closed(530, "NOT_ALLOWED - vhost a not found"), after);
        assert!(matches!(&error, OpenError::Refused(said) if said == "NOT_ALLOWED - vhost a not found"), "{error:?}");
        let error = refusal(&closed(320, "CONNECTION_FORCED"), after);
        assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
    }

    #[test]
    fn a_close_without_a_word_is_a_refusal_only_after_some_thought() {
        let closed = Error::NetworkError("peer shutdown".to_owned());
        assert!(matches!(refusal(&closed, Duration::from_millis(5)), OpenError::Unreachable(_)));
        assert!(matches!(refusal(&closed, Duration::from_secs(3)), OpenError::Refused(_)));
    }
}
