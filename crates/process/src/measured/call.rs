//! One kind of call of a port: how long it takes, and how often it fails.

use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;
use tokio::time::Instant;

/// What a kind of call is recorded to.
pub(super) struct Call {
    seconds: Histogram,
    errors: Counter,
}

impl Call {
    pub(super) fn new(port: &'static str, call: &'static str) -> Self {
        Self {
            seconds: histogram!("wareroom_port_call_seconds", "port" => port, "call" => call),
            errors: counter!("wareroom_port_errors_total", "port" => port, "call" => call),
        }
    }

    /// Waits for a call and records it; one that is given up leaves no trace.
    pub(super) async fn time<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let begun = Instant::now();
        let done = work.await;
        self.took(begun.elapsed());
        if done.is_err() {
            self.errors.increment(1);
        }
        done
    }

    /// Records one that was timed elsewhere.
    pub(super) fn took(&self, time: Duration) {
        self.seconds.record(time);
    }
}
