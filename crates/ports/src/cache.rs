//! A shared cache whose values have versions, so that a late writer never brings back what was overwritten.

use crate::BoxError;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;
use wareroom_domain::Version;

/// What can go wrong with a cache. Never a reason to fail a request: the store has the answer.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// No connection.
    #[error("the cache cannot be reached")]
    Unavailable(#[source] BoxError),
    /// Anything else; the source says what.
    #[error("the cache failed")]
    Backend(#[source] BoxError),
}

/// The name of a cached value, such as `product:17`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey(pub String);

/// What a cache knows of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cached {
    /// A value, and the version it had.
    Value {
        /// The version.
        version: Version,
        /// The value.
        bytes: Bytes,
    },
    /// Known not to exist.
    Absent,
    /// Nothing.
    Miss,
}

/// What came of a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Stored.
    Stored,
    /// Refused: a newer version is known.
    Outdated,
}

/// The shared cache. MAY forget anything at any time, tombstones excepted.
#[async_trait]
pub trait Cache: Send + Sync {
    /// What is known of a key.
    ///
    /// - MUST NOT answer with anything older than its `ttl`.
    async fn get(&self, key: &CacheKey) -> Result<Cached, CacheError>;

    /// Stores a value for `ttl`; `None` stores an absence, whose version is 0. Being refused is no error: the answer says so.
    ///
    /// - MUST refuse, atomically, a version below that of the value or tombstone that is there.
    async fn put(
        &self,
        key: &CacheKey,
        version: Version,
        value: Option<Bytes>,
        ttl: Duration,
    ) -> Result<Put, CacheError>;

    /// Leaves tombstones for `ttl`, each with the version that its key has now.
    ///
    /// - Values below the version MUST NOT be read any more, nor stored until `ttl` is over.
    /// - MUST leave a value of that version or a newer one in place.
    async fn invalidate(&self, entries: &[(CacheKey, Version)], ttl: Duration) -> Result<(), CacheError>;
}
