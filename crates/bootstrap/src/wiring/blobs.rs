//! Opens what keeps images, and says where room for them is wanted.

use super::Opening;
use crate::{BlobUrl, Config, DatabaseUrl, StartError};
use std::path::PathBuf;
use std::sync::Arc;
use wareroom_memory::{MemoryBlobs, MemorySpace};
use wareroom_ports::{BlobStore, Space};
use wareroom_system::DiskSpace;

#[cfg_attr(not(feature = "files"), expect(unused_variables, reason = "only files can be opened beside others"))]
pub(super) fn open(config: &Config, opening: Opening) -> Result<Arc<dyn BlobStore>, StartError> {
    match &config.blobs {
        BlobUrl::Memory => Ok(Arc::new(MemoryBlobs::default())),
        #[cfg(feature = "files")]
        BlobUrl::Files(folder) => {
            use wareroom_object_store::ObjectStoreBlobs;
            let opened = if opening.is_sole(config) {
                ObjectStoreBlobs::files(folder)
            } else {
                ObjectStoreBlobs::files_beside(folder)
            };
            match opened {
                Ok(blobs) => Ok(Arc::new(blobs)),
                Err(error) => Err(StartError::Adapter { what: "blob store", source: error.into() }),
            }
        }
        #[cfg(not(feature = "files"))]
        BlobUrl::Files(_) => Err(StartError::NotBuilt("file:")),
    }
}

/// Room is wanted where products and where images are kept.
pub(super) fn space(config: &Config) -> Arc<dyn Space> {
    let database = match &config.database {
        DatabaseUrl::Sqlite(file) => Some(file.clone()),
        DatabaseUrl::Postgres(_) | DatabaseUrl::Memory => None,
    };
    let blobs = match &config.blobs {
        BlobUrl::Files(folder) => Some(folder.clone()),
        BlobUrl::Memory => None,
    };
    let places: Vec<PathBuf> = database.into_iter().chain(blobs).collect();
    if places.is_empty() { Arc::new(MemorySpace::new()) } else { Arc::new(DiskSpace::new(places)) }
}
