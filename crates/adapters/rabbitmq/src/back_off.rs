//! Waits between attempts that double, from the first to the longest, each cut by chance so that not all who lost the same
//! broker come back at once. Knows not what is attempted.

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
        tokio::time::sleep(self.next.mul_f64(1.0 - fastrand::f64() / 2.0)).await;
        self.next = (self.next * 2).max(FIRST).min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest_and_are_cut_by_less_than_a_half() {
        let mut back_off = BackOff::up_to(Duration::from_millis(100));
        for expected in [0, 20, 40, 80, 100, 100] {
            let begun = Instant::now();
            back_off.wait().await;
            let waited = begun.elapsed().as_millis();
            // The clock of a runtime counts whole milliseconds.
            assert!(waited >= expected / 2 && waited <= expected + 1, "{waited} ms instead of {expected} ms");
        }
    }
}
