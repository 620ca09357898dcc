//! The port itself, over a bucket.

use super::{
    config::S3Config,
    kind::{Kind, is_open, kind, open_error},
    links::{self, S3Links},
    open,
    upload::Upload,
};
use crate::{
    OpenError,
    error::blob_error,
    listing::{age, below, objects},
    reading::{found, part, whole},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{
    Attribute, Attributes, Error, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    aws::AmazonS3, path::Path as Location,
};
use std::{
    ops::Range,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::timeout;
use uuid::Uuid;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

/// The folder of what checks write.
const PROBES: &str = "probes";
const PROBE: Bytes = Bytes::from_static(b"wareroom");

/// Blobs in a bucket. Whoever it lets in must be allowed to list it, and to get, put and delete objects: without the right to
/// list, a service says "forbidden" of an object that is not there.
pub struct S3Blobs {
    store: AmazonS3,
    bucket: String,
    prefix: Location,
    /// Where its links lead.
    origin: String,
    config: S3Config,
    /// Whether the service knows puts that overwrite nothing.
    creates: AtomicBool,
    /// Who this is among those who share the bucket.
    own: Uuid,
    probes: AtomicU64,
}

impl S3Blobs {
    /// Opens a bucket, and tries once whether everything that blobs need can be done there. `own` is no other process's.
    pub async fn open(config: S3Config, own: Uuid) -> Result<Self, OpenError> {
        config.check()?;
        let (bucket, prefix) = config.place()?;
        let store = open::client(&config, &bucket)?;
        // Nobody is asked for it but for credentials.
        let origin = links::origin(&store).await.map_err(|error| OpenError::Credentials(error.into()))?;
        let (creates, probes) = (AtomicBool::new(true), AtomicU64::new(0));
        let blobs = Self { store, bucket, prefix, origin, config, creates, own, probes };
        blobs.try_rights().await.map_err(|error| open_error(&blobs.bucket, error))?;
        Ok(blobs)
    }

    /// Signs links to renditions, so that clients get them from the bucket.
    pub fn links(&self) -> S3Links {
        let (store, prefix, origin) = (self.store.clone(), self.prefix.clone(), self.origin.clone());
        S3Links { store, prefix, valid: self.config.link_time, origin }
    }

    async fn try_rights(&self) -> object_store::Result<()> {
        self.store.list(Some(&self.location(PROBES))).next().await.transpose()?;
        self.probe().await.map(drop)
    }

    /// Writes something, reads it again and deletes it.
    async fn probe(&self) -> object_store::Result<Bytes> {
        // A name of its own for each check: two at a time must not delete each other's.
        let number = self.probes.fetch_add(1, Ordering::Relaxed);
        let probe = self.location(&format!("{PROBES}/{}-{number}", self.own));
        self.store.put(&probe, PutPayload::from_bytes(PROBE)).await?;
        let read = async { self.store.get(&probe).await?.bytes().await }.await;
        self.store.delete(&probe).await?;
        read
    }

    fn location(&self, name: &str) -> Location {
        below(&self.prefix, name)
    }

    fn place_of(&self, key: &BlobKey) -> Location {
        self.location(&key.to_string())
    }

    async fn write(&self, key: &BlobKey, bytes: &Bytes, mode: PutMode) -> object_store::Result<()> {
        let options = PutOptions { mode, attributes: attributes(key), ..PutOptions::default() };
        let payload = PutPayload::from_bytes(bytes.clone());
        self.store.put_opts(&self.place_of(key), payload, options).await.map(drop)
    }

    /// Puts a blob where there is none; `false` if that is still to be done by overwriting.
    async fn create(&self, key: &BlobKey, bytes: &Bytes) -> Result<bool, BlobError> {
        match self.write(key, bytes, PutMode::Create).await {
            Ok(()) => Ok(true),
            // Names are hashes, so it is the same unless somebody damaged it.
            Err(Error::AlreadyExists { .. }) => self.has(key, bytes).await,
            // Nobody knows whether it was done, and to do it twice changes nothing.
            Err(error) if is_open(&error) => Ok(false),
            Err(error) if kind(&error) == Some(Kind::Unknown) => {
                self.write(key, bytes, PutMode::Overwrite).await.map_err(blob_error)?;
                if self.creates.swap(false, Ordering::Relaxed) {
                    tracing::warn!(
                        bucket = self.bucket,
                        "the service does not know puts that overwrite nothing; blobs are overwritten by equal ones"
                    );
                }
                Ok(true)
            }
            Err(error) => Err(blob_error(error)),
        }
    }

    /// Whether as many bytes are there.
    async fn has(&self, key: &BlobKey, bytes: &Bytes) -> Result<bool, BlobError> {
        Ok(self.head(key).await?.is_some_and(|meta| meta.bytes == bytes.len() as u64))
    }

    async fn upload(&self, key: &BlobKey, bytes: &Bytes) -> Result<(), BlobError> {
        if self.has(key, bytes).await? {
            return Ok(());
        }
        let options = PutMultipartOptions { attributes: attributes(key), ..PutMultipartOptions::default() };
        let begun = self.store.put_multipart_opts(&self.place_of(key), options).await.map_err(blob_error)?;
        Upload::new(begun).send(bytes, self.config.part_bytes).await.map_err(blob_error)
    }
}

/// What a bucket says of a blob to whoever gets it there. Renditions are public and the same for good. A source is nobody's
/// business but ours: no cache keeps it, and no browser would show it.
fn attributes(key: &BlobKey) -> Attributes {
    let (media_type, cache) = match key {
        BlobKey::Rendition(_, format) => (format.media_type(), "public, max-age=31536000, immutable"),
        BlobKey::Source(_) => ("application/octet-stream", "private, no-store"),
    };
    Attributes::from_iter([(Attribute::ContentType, media_type), (Attribute::CacheControl, cache)])
}

#[async_trait]
impl BlobStore for S3Blobs {
    /// In parts if it is large. Asks the service not to overwrite: that keeps the number of versions down where a bucket
    /// keeps them, and the age of a blob is that of its first put.
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        if bytes.len() >= self.config.parts_from {
            return self.upload(key, &bytes).await;
        }
        if self.creates.load(Ordering::Relaxed) && self.create(key, &bytes).await? {
            return Ok(());
        }
        self.write(key, &bytes, PutMode::Overwrite).await.map_err(blob_error)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        let place = self.place_of(key);
        let Some(range) = range else { return whole(&self.store, &place, *key).await };
        let Some(meta) = self.head(key).await? else { return Ok(None) };
        part(&self.store, &place, meta, range).await
    }

    /// Asks once more where there seems to be nothing: the answer to HEAD does not tell a missing blob from a missing bucket,
    /// and whoever is told that a blob is gone may never look for it again.
    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        match found(self.store.head(&self.place_of(key)).await)? {
            Some(meta) => Ok(Some(BlobMeta { key: *key, bytes: meta.size })),
            None => Ok(whole(&self.store, &self.place_of(key), *key).await?.map(|blob| blob.meta)),
        }
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        found(self.store.delete(&self.place_of(key)).await).map(drop)
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        objects(&self.store, &self.prefix, after)
    }

    /// What checks left that never ended. Parts of uploads that were broken off cannot be listed through this crate: the
    /// bucket needs a rule that removes them (`AbortIncompleteMultipartUpload`).
    async fn leftovers(&self, limit: Duration, remove: bool) -> Result<u64, BlobError> {
        let mut probes = self.store.list(Some(&self.location(PROBES)));
        let mut count = 0;
        while let Some(probe) = probes.try_next().await.map_err(blob_error)? {
            if age(probe.last_modified.into()) < limit {
                continue;
            }
            if remove {
                found(self.store.delete(&probe.location).await)?;
            }
            count += 1;
        }
        Ok(count)
    }

    async fn check(&self) -> Result<(), BlobError> {
        // A probe that is cut short may stay behind, and is a leftover then.
        let probed = timeout(self.config.check_time, self.probe()).await;
        let read = probed.map_err(|late| BlobError::Unavailable(late.into()))?.map_err(blob_error)?;
        if read == PROBE { Ok(()) } else { Err(BlobError::Backend("a probe came back changed".into())) }
    }
}
