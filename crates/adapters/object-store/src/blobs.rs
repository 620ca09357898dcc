//! The port itself, in files or in memory.

use crate::{
    OpenError,
    config::{Opening, PROBE},
    error::{blob_error, from_kind},
    folder,
    listing::{files, objects},
    reading::{found, part, whole},
};
use async_trait::async_trait;
use bytes::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, memory::InMemory, path::Path as Location,
};
use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::spawn_blocking;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};

/// Blobs in files, or in memory.
pub struct ObjectStoreBlobs {
    store: Arc<dyn ObjectStore>,
    probes: AtomicU64,
    /// Where the files are, when they are files.
    root: Option<PathBuf>,
}

impl ObjectStoreBlobs {
    /// Blobs in files below `root`, which is made when it is not there. Blocks while it looks through the folders for
    /// what a crash left behind, and removes that: only the process that holds the lock of the data directory may open.
    pub fn files(root: &Path) -> Result<Self, OpenError> {
        Self::open(root, Opening::Sole)
    }

    /// The same beside the process that holds the lock: makes the folders when they are not there, and removes nothing.
    pub fn files_beside(root: &Path) -> Result<Self, OpenError> {
        Self::open(root, Opening::Beside)
    }

    fn open(root: &Path, opening: Opening) -> Result<Self, OpenError> {
        let root = folder::prepare(root, opening)?;
        // Syncs the staged file before it is renamed, and the folder after.
        let store = LocalFileSystem::new_with_prefix(&root).map_err(|error| OpenError::Store(error.into()))?;
        Ok(Self { root: Some(root), ..Self::over(Arc::new(store.with_fsync(true))) })
    }

    /// Blobs in memory, gone with the process.
    pub fn memory() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, probes: AtomicU64::new(0), root: None }
    }
}

fn location(key: &BlobKey) -> Location {
    Location::from(key.to_string())
}

/// Runs what waits for the disk on a thread that may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    spawn_blocking(work)
        .await
        .map_err(|stopped| BlobError::Backend(stopped.into()))?
        .map_err(|error| from_kind(error.kind(), error.into()))
}

#[async_trait]
impl BlobStore for ObjectStoreBlobs {
    /// Overwrites an equal blob that is there. To skip it would be cheaper, but whoever put it may have died between
    /// the rename and the sync of the folder, and then `Ok` would promise what is not on disk. A reader of the old file
    /// keeps reading it.
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.store.put(&location(key), PutPayload::from_bytes(bytes)).await.map(drop).map_err(blob_error)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        let location = location(key);
        let Some(range) = range else { return whole(self.store.as_ref(), &location, *key).await };
        let Some(meta) = self.head(key).await? else { return Ok(None) };
        part(self.store.as_ref(), &location, meta, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        let meta = found(self.store.head(&location(key)).await)?;
        Ok(meta.map(|meta| BlobMeta { key: *key, bytes: meta.size }))
    }

    /// Durable too, which `object_store` leaves out: a source may hold what its owner wanted to be rid of, and nobody
    /// would look for it again. Also where there was nothing to delete, for a call before that was dropped half-way.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        found(self.store.delete(&location(key)).await)?;
        let file = self.root.as_ref().map(|root| root.join(key.to_string()));
        let Some(folder) = file.as_deref().and_then(Path::parent).map(Path::to_owned) else { return Ok(()) };
        blocking(move || folder::sync_entries(&folder)).await
    }

    /// Of files: those whose names were there at the time of the first look, each looked at anew when it comes up.
    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        match self.root.clone() {
            Some(root) => files(root, after.copied()),
            None => objects(self.store.as_ref(), &Location::default(), after),
        }
    }

    /// Files only: nothing is staged in memory.
    ///
    /// A put that hangs for longer than `age` loses its staged file and answers an error, unless another put of the same
    /// blob has taken the file's name by then: it would publish that one's file as far as it is written.
    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        let Some(root) = self.root.clone() else { return Ok(0) };
        blocking(move || folder::leftovers(&root, age, remove)).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        // A name of its own for each check: two at a time must not delete each other's.
        let number = self.probes.fetch_add(1, Ordering::Relaxed);
        let probe = Location::from(format!("{PROBE}{}-{number}", std::process::id()));
        let expected = Bytes::from_static(b"wareroom");
        self.store.put(&probe, PutPayload::from_bytes(expected.clone())).await.map_err(blob_error)?;
        let read = async { self.store.get(&probe).await?.bytes().await }.await;
        found(self.store.delete(&probe).await)?;
        let read = read.map_err(blob_error)?;
        if read == expected { Ok(()) } else { Err(BlobError::Backend("a probe came back changed".into())) }
    }
}
