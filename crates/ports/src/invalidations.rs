//! Tells caches what to forget.

use async_trait::async_trait;
use std::sync::Arc;
use wareroom_domain::{ProductId, Version};

/// What to forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// Every version of this product below this one.
    Product(ProductId, Version),
    /// Everything: something may have been missed.
    Everything,
}

/// Called with what to forget; must be quick, must not wait.
pub type Listener = Arc<dyn Fn(Invalidation) + Send + Sync>;

/// Carries invalidations to every cache, those of other processes included.
///
/// A callback and not a stream: an announcement must have taken effect in this process before the write that caused it is
/// answered, or a client would read what it has just overwritten.
#[async_trait]
pub trait Invalidations: Send + Sync {
    /// Tells every listener of this process and, as fast as the adapter can, of the others. Never fails: what cannot be
    /// told further becomes [`Invalidation::Everything`] there.
    ///
    /// - MUST have called every listener of this process when it returns.
    async fn announce(&self, changes: &[Invalidation]);

    /// Tells once more what whoever changed it has told already, unless it died in between: so does every process that reads of
    /// it in the log. The others may be spared what is known to have reached them; by default they are told again.
    ///
    /// - MUST have called every listener of this process, too, when it returns.
    async fn repeat(&self, changes: &[Invalidation]) {
        self.announce(changes).await;
    }

    /// Adds a listener, for good.
    ///
    /// - MUST be told every announcement made after this returned, in the order they were made one after another.
    fn subscribe(&self, listener: Listener);
}
