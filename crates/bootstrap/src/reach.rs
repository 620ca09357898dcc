//! Opens what is on a server: one that cannot be reached is waited for, one that answers and refuses is not.

use crate::{ServerUrl, StartError};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_ports::BoxError;

/// The first wait between two attempts; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// A server, and how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server<'c> {
    /// The setting that names it.
    pub(crate) key: &'static str,
    /// Its value.
    pub(crate) url: &'c ServerUrl,
    /// Zero: one attempt.
    pub(crate) wait: Duration,
}

impl Server<'_> {
    /// Opens it. `is_away` tells errors that may be over soon from those that waiting does not mend.
    pub(crate) async fn open<T, E, Opening>(
        self,
        mut open: impl FnMut() -> Opening,
        is_away: impl Fn(&E) -> bool,
    ) -> Result<T, StartError>
    where
        E: Into<BoxError> + std::error::Error + 'static,
        Opening: Future<Output = Result<T, E>>,
    {
        let (end, mut pause, mut waiting) = (Instant::now() + self.wait, FIRST, false);
        loop {
            let error = match open().await {
                Ok(opened) => {
                    if waiting {
                        tracing::info!(setting = self.key, "the server answers");
                    }
                    return Ok(opened);
                }
                Err(error) => error,
            };
            if !is_away(&error) {
                return Err(self.failed("which cannot be used; correct it, or what it leads to", error));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.failed("where nobody answers; start the server, or correct the address", error));
            }
            if !waiting {
                let seconds = left.as_secs();
                let error: &dyn std::error::Error = &error;
                tracing::warn!(setting = self.key, url = %self.url, seconds, error, "a server cannot be reached and is waited for");
            }
            waiting = true;
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    fn failed(&self, what: &'static str, error: impl Into<BoxError>) -> StartError {
        StartError::Server { key: self.key, url: self.url.to_string(), what, source: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::io::{Error, ErrorKind};

    fn url() -> ServerUrl {
        ServerUrl::read("redis://:hunter2@cache.example", &["redis"]).unwrap()
    }

    /// Opens what answers as told, attempt by attempt and then always as the last time; answers how often it was tried.
    async fn attempts(wait: Duration, answers: &[Option<ErrorKind>]) -> (Result<(), StartError>, usize) {
        let (url, tried) = (url(), Cell::new(0));
        let opened = Server { key: "cache_url", url: &url, wait }
            .open(
                || {
                    let answer = answers[tried.get().min(answers.len() - 1)];
                    tried.set(tried.get() + 1);
                    async move { answer.map_or(Ok(()), |kind| Err(Error::from(kind))) }
                },
                |error: &Error| error.kind() == ErrorKind::ConnectionRefused,
            )
            .await;
        (opened, tried.get())
    }

    const AWAY: Option<ErrorKind> = Some(ErrorKind::ConnectionRefused);

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_away_is_waited_for_until_it_answers() {
        let (opened, tried) = attempts(Duration::from_mins(1), &[AWAY, AWAY, AWAY, None]).await;
        assert!(opened.is_ok() && tried == 4, "{opened:?} {tried}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_has_an_end_and_its_error_names_setting_and_server_but_no_password() {
        let began = Instant::now();
        let (opened, tried) = attempts(Duration::from_secs(10), &[AWAY]).await;
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        assert!(tried > 5, "{tried}");
        let error = opened.unwrap_err();
        let expected =
            "cache_url is redis://***@cache.example, where nobody answers; start the server, or correct the address";
        assert_eq!(error.to_string(), expected);
        assert_eq!(attempts(Duration::ZERO, &[AWAY]).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_refuses_is_not_waited_for() {
        let (opened, tried) = attempts(Duration::from_mins(1), &[Some(ErrorKind::PermissionDenied)]).await;
        assert!(opened.unwrap_err().to_string().contains("cannot be used") && tried == 1);
    }
}
