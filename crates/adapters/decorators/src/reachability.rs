//! Tells the log when a cache begins to fail and when it works again, and not at each call in between.

use std::sync::atomic::{AtomicBool, Ordering};
use wareroom_ports::CacheError;

pub(crate) struct Reachability {
    failing: AtomicBool,
    /// What is lost while it fails, for the log.
    loss: &'static str,
}

impl Reachability {
    pub(crate) const fn new(loss: &'static str) -> Self {
        Self { failing: AtomicBool::new(false), loss }
    }

    /// The answer, or `None` when the cache failed.
    pub(crate) fn answer<T>(&self, outcome: Result<T, CacheError>) -> Option<T> {
        let failing = outcome.is_err();
        let changed = self.failing.swap(failing, Ordering::Relaxed) != failing;
        match outcome {
            Ok(answer) => {
                if changed {
                    tracing::info!("the cache works again");
                }
                Some(answer)
            }
            Err(error) => {
                if changed {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the cache fails: {}", self.loss);
                }
                None
            }
        }
    }
}
