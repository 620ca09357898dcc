//! Tells a body that moves slowly from one that does not move. Knows only byte counts and time.

use super::settings::FOREVER;
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// Half of the 1,024 bytes a second that are promised to be enough, so that no client at that pace is cut because its
/// segments fell unluckily into our windows.
const SLOWEST: u128 = 512;

/// Watches how a body arrives. Only the time spent waiting for the client counts, not the time the reader takes.
pub(super) struct Pace {
    /// How long no byte may come; also the length of the windows in which the slowest pace is judged.
    patience: Duration,
    waiting: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
    waited: Duration,
    received: u128,
}

impl Pace {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience: patience.min(FOREVER), waiting: None, alarm: None, waited: Duration::ZERO, received: 0 }
    }

    /// Nothing is there yet. Ready when nothing came for too long; else wakes the task when that will be so.
    pub(super) fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waiting.is_none() {
            let now = Instant::now();
            self.waiting = Some(now);
            if let Some(alarm) = &mut self.alarm {
                alarm.as_mut().reset(now + self.patience);
            }
        }
        let patience = self.patience;
        self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience))).as_mut().poll(context)
    }

    /// Bytes came; `false` when they come too slowly to go on.
    pub(super) fn moved(&mut self, bytes: usize) -> bool {
        if let Some(since) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.received += bytes as u128;
        if self.waited < self.patience {
            return true;
        }
        let fast_enough = self.received * 1000 >= SLOWEST * self.waited.as_millis();
        self.waited = Duration::ZERO;
        self.received = 0;
        fast_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::{advance, timeout};

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Sends `bytes` after each `pause` until the body is cut or `total` is over; tells whether it was cut.
    async fn is_cut(bytes: usize, pause: Duration, total: Duration) -> bool {
        let mut pace = Pace::new(PATIENCE);
        let begun = Instant::now();
        while begun.elapsed() < total {
            if timeout(pause, poll_fn(|context| pace.poll_stalled(context))).await.is_ok() || !pace.moved(bytes) {
                return true;
            }
        }
        false
    }

    #[tokio::test(start_paused = true)]
    async fn a_kilobyte_a_second_is_enough_in_whatever_portions() {
        let long = Duration::from_hours(1);
        assert!(!is_cut(1024, Duration::from_secs(1), long).await);
        assert!(!is_cut(103, Duration::from_millis(100), long).await);
        assert!(!is_cut(29 * 1024, Duration::from_secs(29), long).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_cut_and_so_is_silence() {
        assert!(is_cut(1, Duration::from_secs(1), Duration::from_secs(32)).await);
        assert!(is_cut(1 << 20, Duration::from_secs(31), Duration::from_secs(31)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_not_held_against_the_client() {
        let mut pace = Pace::new(PATIENCE);
        for _ in 0..10 {
            assert!(pace.moved(1));
            advance(Duration::from_mins(1)).await;
        }
        let stalled = timeout(Duration::from_secs(29), poll_fn(|context| pace.poll_stalled(context))).await;
        assert!(stalled.is_err());
    }
}
