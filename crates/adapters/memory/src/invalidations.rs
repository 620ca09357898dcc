//! Invalidations within one process: nothing travels, so nothing can be missed.

use async_trait::async_trait;
use std::sync::{Arc, PoisonError, RwLock};
use wareroom_ports::{Invalidation, Invalidations, Listener};

/// Tells the listeners of this process, one after another, before `announce` returns.
#[derive(Default)]
pub struct LocalInvalidations {
    listeners: RwLock<Vec<Listener>>,
}

#[async_trait]
impl Invalidations for LocalInvalidations {
    async fn announce(&self, changes: &[Invalidation]) {
        // A copy, so that a listener may subscribe another.
        let listeners: Vec<Listener> =
            self.listeners.read().unwrap_or_else(PoisonError::into_inner).iter().map(Arc::clone).collect();
        for change in changes {
            for listener in &listeners {
                listener(*change);
            }
        }
    }

    fn subscribe(&self, listener: Listener) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(listener);
    }
}
