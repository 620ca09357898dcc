//! Bytes under names.

use crate::BoxError;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use std::{ops::Range, time::Duration};
use wareroom_domain::BlobKey;

/// What can go wrong with a blob store.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no room left.
    #[error("the blob store is full")]
    Full,
    /// Credentials or rights are missing.
    #[error("the blob store refuses access")]
    Denied,
    /// No connection; safe to try again.
    #[error("the blob store cannot be reached")]
    Unavailable(#[source] BoxError),
    /// Anything else; the source says what.
    #[error("the blob store failed")]
    Backend(#[source] BoxError),
}

/// What is known of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobMeta {
    /// Its name.
    pub key: BlobKey,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A blob, or a part of one.
pub struct Blob {
    /// The whole blob's name and size.
    pub meta: BlobMeta,
    /// The part that `body` holds: bytes from 0, the end excluded.
    pub range: Range<u64>,
    /// The bytes, in pieces of any size. An error ends them: what came before it is not the whole.
    pub body: BoxStream<'static, Result<Bytes, BlobError>>,
}

/// What a listing tells of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedBlob {
    /// Its name and size.
    pub meta: BlobMeta,
    /// How long ago it was written, as far as the store can tell: to the second where it counts no finer. Where equal bytes
    /// were put again it may be either put. Zero when the clocks do not agree.
    pub age: Duration,
}

/// Blobs, one by one. An error ends them: what came before it is not all.
pub type BlobListing = BoxStream<'static, Result<ListedBlob, BlobError>>;

/// A link by which anybody gets a rendition straight from where it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaLink {
    /// An absolute URL. It may carry a signature, so it is for whoever asked and for no log.
    pub url: String,
    /// How long it works, from now on.
    pub valid: Duration,
}

/// Where sources and renditions are kept. Names are hashes of the bytes, so a blob never changes.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Keeps bytes under a name; the same bytes may be there already.
    ///
    /// - MUST be all or nothing: nobody ever sees a part of it, also when the call is dropped half-way.
    /// - MUST be durable when it answers `Ok`: on disk, its folder's entry too, or as safe as the service promises.
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError>;

    /// Reads a blob, or the part of it within `range`, in bytes from 0; `None` when there is no such blob.
    ///
    /// - MUST cut a range that reaches beyond the end, and give an empty body for one that begins there.
    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError>;

    /// What is known of a blob; `None` when there is none.
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError>;

    /// Deletes a blob.
    ///
    /// - MUST answer `Ok` for a blob that is not there.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;

    /// Lists blobs in the order of their names as text, byte by byte: all of them, or those behind the name `after`. After an
    /// error, or another day, it goes on with the last name that came as `after`.
    ///
    /// - MUST list each blob once that is there all the while; one that is put or deleted meanwhile may be listed.
    /// - MUST list them in the order of their names.
    /// - MUST list only those behind `after`, which need not be there.
    /// - MUST NOT list anything that is not a blob.
    fn list(&self, after: Option<&BlobKey>) -> BlobListing;

    /// Counts what puts that never ended left behind, if it is at least `age` old, and removes it when told to. Only from
    /// outside can a put that hangs be told from one that died: `age` has to be more than any put takes.
    ///
    /// - MUST count all of it, and remove it only when told to.
    /// - MUST NOT count or touch a blob.
    /// - MUST NOT count or touch what a put that is still going on has written within `age`.
    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError>;

    /// Whether blobs can be read and written now; for health checks.
    async fn check(&self) -> Result<(), BlobError>;
}

/// Lets clients get renditions straight from where they are kept: a part that not every blob store has.
#[async_trait]
pub trait MediaLinks: Send + Sync {
    /// A link to a rendition, whether or not there is such a blob; `None` for what is not to be linked to.
    ///
    /// - MUST give a link by which the bytes can be had without credentials.
    /// - MUST answer `None` for a source: sources are private.
    async fn link(&self, key: &BlobKey) -> Result<Option<MediaLink>, BlobError>;

    /// Where links lead, as pages name the places that their pictures may come from: scheme, host, and port unless it is the
    /// usual one.
    ///
    /// - MUST be what each link begins with.
    fn origin(&self) -> &str;
}

/// Sugar over [`BlobStore`].
#[async_trait]
pub trait BlobStoreExt: BlobStore {
    /// A whole blob in memory, `None` when there is no such blob: for sources, whose size was limited when they were accepted.
    async fn read(&self, key: &BlobKey) -> Result<Option<Bytes>, BlobError> {
        let Some(mut blob) = self.get(key, None).await? else { return Ok(None) };
        let Some(first) = blob.body.next().await.transpose()? else { return Ok(Some(Bytes::new())) };
        let Some(second) = blob.body.next().await.transpose()? else { return Ok(Some(first)) };
        let mut whole = BytesMut::with_capacity(usize::try_from(blob.meta.bytes).unwrap_or_default());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = blob.body.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(Some(whole.freeze()))
    }
}

impl<B: BlobStore + ?Sized> BlobStoreExt for B {}
