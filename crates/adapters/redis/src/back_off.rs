//! Waits between attempts that double, from the first to the longest. Knows not what is attempted.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);

pub(crate) struct BackOff {
    next: Duration,
    longest: Duration,
}

impl BackOff {
    pub(crate) fn up_to(longest: Duration) -> Self {
        Self { next: Duration::ZERO, longest }
    }

    /// The first attempt is made at once.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).max(FIRST).min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest() {
        let mut back_off = BackOff::up_to(Duration::from_millis(100));
        let begun = tokio::time::Instant::now();
        for expected in [0, 20, 60, 140, 240, 340] {
            back_off.wait().await;
            assert_eq!(begun.elapsed().as_millis(), expected);
        }
    }
}
