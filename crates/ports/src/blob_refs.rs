//! Which blobs are in use, so that a collector never takes one that somebody is about to name.
//!
//! ```text
//! putter                                collector
//! claim(keys), commit
//! put the bytes                         condemn(n), commit      only keys unclaimed and unreferenced
//! hold(keys) with the row, commit       delete the bytes
//!                                       bury(keys), commit
//! ```
//!
//! One collector works at a time, in whatever process: condemned keys are shown to every collector, and one that is late would
//! delete what was put again after another had buried its key. Who names blobs does so while the claim runs: `hold` cannot
//! tell whose claim it is.

use crate::StoreError;
use async_trait::async_trait;
use std::time::Duration;
use wareroom_domain::BlobKey;

/// The register of blobs. Part of a unit of work.
#[async_trait]
pub trait BlobRefs: Send {
    /// Announces that these keys are about to be put and named, for at most `lease` by the store's clock. A longer claim
    /// that runs already stays.
    ///
    /// - MUST keep each key from being condemned while the claim lasts.
    /// - MUST answer `Conflict` when a key is condemned and not buried yet: its bytes may be deleted at any moment.
    async fn claim(&mut self, keys: &[BlobKey], lease: Duration) -> Result<(), StoreError>;

    /// Counts one more reference to each key (a key named twice counts twice).
    ///
    /// - MUST keep each key from being condemned until as many references were dropped.
    /// - MUST answer `Conflict` for a key that is not registered, or is condemned.
    async fn hold(&mut self, keys: &[BlobKey]) -> Result<(), StoreError>;

    /// Counts one reference less to each key.
    ///
    /// - MUST leave other references to the same key in force.
    async fn drop_references(&mut self, keys: &[BlobKey]) -> Result<(), StoreError>;

    /// Marks up to `limit` keys that have no reference and no running claim, and answers them together with those that were
    /// condemned before and not buried.
    ///
    /// - MUST answer every such key sooner or later, those left behind by a collector that died included.
    async fn condemn(&mut self, limit: usize) -> Result<Vec<BlobKey>, StoreError>;

    /// Forgets condemned keys whose bytes are deleted.
    ///
    /// - MUST make the key fit to be claimed again.
    async fn bury(&mut self, keys: &[BlobKey]) -> Result<(), StoreError>;
}
