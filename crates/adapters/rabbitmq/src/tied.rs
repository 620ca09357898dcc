//! Ties what must be dropped where a runtime is to the runtime that it was made in: the driver says goodbye in a task. Knows
//! not what it ties.

use std::ops::Deref;
use tokio::runtime::Handle;

/// Dropped within its runtime, wherever that happens.
pub(crate) struct Tied<T> {
    driver: Option<T>,
    runtime: Handle,
}

impl<T> Tied<T> {
    pub(crate) fn new(driver: T) -> Self {
        Self { driver: Some(driver), runtime: Handle::current() }
    }
}

impl<T> Deref for Tied<T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "it is taken out only when this is dropped")]
    fn deref(&self) -> &T {
        self.driver.as_ref().expect("it is there until this is dropped")
    }
}

impl<T> Drop for Tied<T> {
    fn drop(&mut self) {
        let _within = self.runtime.enter();
        drop(self.driver.take());
    }
}
