//! The promises of the port, over files, over memory and over a bucket.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use wareroom_object_store::ObjectStoreBlobs;
use wareroom_port_contracts::{async_trait, blobs::BlobsFixture};
use wareroom_ports::BlobStore;

struct Files {
    root: TempDir,
    blobs: Arc<dyn BlobStore>,
    left: AtomicU64,
}

impl Files {
    fn open(root: &TempDir) -> Arc<dyn BlobStore> {
        Arc::new(ObjectStoreBlobs::files(root.path()).unwrap())
    }
}

#[async_trait]
impl BlobsFixture for Files {
    async fn fresh() -> Self {
        let root = TempDir::new().unwrap();
        let blobs = Self::open(&root);
        Self { root, blobs, left: AtomicU64::new(0) }
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.blobs)
    }

    async fn reopened(&self) -> Arc<dyn BlobStore> {
        Self::open(&self.root)
    }

    async fn leave_behind(&self) -> u64 {
        let number = self.left.fetch_add(1, Ordering::SeqCst);
        let hash = "0".repeat(64);
        let names =
            [format!("sources/{hash}#{number}"), format!("media/{hash}.webp#{number}"), format!("probe-0-{number}")];
        for name in &names {
            fs::write(self.root.path().join(name), b"by").unwrap();
        }
        names.len() as u64
    }
}

struct Memory(Arc<dyn BlobStore>);

#[async_trait]
impl BlobsFixture for Memory {
    async fn fresh() -> Self {
        Self(Arc::new(ObjectStoreBlobs::memory()))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.0)
    }

    async fn leave_behind(&self) -> u64 {
        0
    }
}

mod files {
    use super::Files;
    wareroom_port_contracts::blobs_suite!(Files);
}

mod memory {
    use super::Memory;
    wareroom_port_contracts::blobs_suite!(Memory);
}

#[cfg(feature = "s3")]
mod bucket {
    use crate::s3::Bucket;
    wareroom_port_contracts::blobs_suite!(Bucket);
    wareroom_port_contracts::media_links_suite!(Bucket);
}
