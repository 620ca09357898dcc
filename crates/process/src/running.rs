//! How a process that serves comes to its end: the first signal stops it in order, a second one ends it at once.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

/// Why a process ended otherwise than in order.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// One of its parts ended although nobody asked it to. Half a process would accept what it never does: whoever watches it
    /// starts it anew.
    #[error("the {part} ended unexpectedly; what was accepted is kept and goes on at the next start")]
    Unexpected {
        /// Which part.
        part: &'static str,
        /// Its panic, if it had one.
        #[source]
        source: Option<JoinError>,
    },
    /// Somebody did not want to wait for the end of what was running.
    #[error("ended by a second signal; what was accepted is kept and goes on at the next start")]
    SecondSignal,
    /// The system gives no signals.
    #[error("signals cannot be received")]
    Signals(#[from] std::io::Error),
}

/// What asks a process to stop.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on signals are received, and end nothing by themselves. Must be called within a runtime.
    pub fn receive() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for a part that runs as a task of its own; an error when it ends before `stop` is cancelled, or panics.
pub async fn part<T>(name: &'static str, mut task: JoinHandle<T>, stop: CancellationToken) -> Result<T, Cut> {
    match (&mut task).await {
        Ok(done) if stop.is_cancelled() => Ok(done),
        Ok(_) => Err(Cut::Unexpected { part: name, source: None }),
        Err(panic) => Err(Cut::Unexpected { part: name, source: Some(panic) }),
    }
}

/// Runs until a signal comes, which `signal` waits for: that of [`Signals`]. Then `say_stopping` is called, so that whoever hands out requests looks elsewhere; after `delay`
/// `stop` is cancelled, and `parts` end what they have begun.
pub async fn until_stopped<T>(
    mut signal: impl AsyncFnMut(),
    parts: impl Future<Output = Result<T, Cut>>,
    say_stopping: impl FnOnce(),
    delay: Duration,
    stop: &CancellationToken,
) -> Result<T, Box<dyn Error>> {
    let mut parts = pin!(parts);
    tokio::select! {
        () = signal() => {}
        // None ends by itself.
        ended = &mut parts => return Ok(ended?),
    }
    tracing::info!("stopping: finishing what runs; a second signal ends it at once");
    say_stopping();
    let finished = async {
        tokio::time::sleep(delay).await;
        stop.cancel();
        parts.await
    };
    tokio::select! {
        ended = finished => Ok(ended?),
        () = signal() => Err(Cut::SecondSignal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::Instant;

    #[tokio::test]
    async fn a_part_that_was_asked_to_end_ended_in_order() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(part("worker", tokio::spawn(async { 7 }), stop).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_or_panics_ends_the_process() {
        let ended = part("worker", tokio::spawn(async {}), CancellationToken::new()).await.unwrap_err();
        assert!(ended.to_string().starts_with("the worker ended unexpectedly"), "{ended}");
        assert!(ended.source().is_none());
        let panicked = part("API", tokio::spawn(async { panic!("defect") }), CancellationToken::new()).await;
        let panicked: Cut = panicked.unwrap_err();
        assert!(panicked.to_string().starts_with("the API ended"), "{panicked}");
        assert!(panicked.source().is_some());
    }

    /// Parts that end two seconds after they were told to.
    async fn working(stop: CancellationToken) -> Result<&'static str, Cut> {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok("done")
    }

    /// A signal at each of these seconds from now, and no more.
    fn at(seconds: &'static [u64]) -> impl AsyncFnMut() {
        let (begun, mut left) = (Instant::now(), seconds.iter());
        async move || match left.next() {
            Some(seconds) => tokio::time::sleep_until(begun + Duration::from_secs(*seconds)).await,
            None => std::future::pending().await,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_signal_says_so_at_once_and_stops_after_the_delay() {
        let (stop, begun, said) = (CancellationToken::new(), Instant::now(), Cell::new(None));
        let say = || said.set(Some(begun.elapsed().as_secs()));
        let delay = Duration::from_secs(5);
        let ended = until_stopped(at(&[3]), working(stop.clone()), say, delay, &stop).await.unwrap();
        assert_eq!((ended, said.get(), begun.elapsed().as_secs()), ("done", Some(3), 10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_it_at_once() {
        let (stop, begun) = (CancellationToken::new(), Instant::now());
        let delay = Duration::from_secs(5);
        let ended = until_stopped(at(&[3, 4]), working(stop.clone()), || (), delay, &stop).await.unwrap_err();
        assert!(ended.to_string().starts_with("ended by a second signal"), "{ended}");
        assert_eq!(begun.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_ends_needs_no_signal() {
        let stop = CancellationToken::new();
        let parts = part("worker", tokio::spawn(async {}), stop.clone());
        let ended = until_stopped(at(&[]), parts, || (), Duration::ZERO, &stop).await.unwrap_err();
        assert!(ended.to_string().starts_with("the worker ended unexpectedly"), "{ended}");
    }
}
