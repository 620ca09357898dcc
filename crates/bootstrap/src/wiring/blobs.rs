//! Opens what keeps images, and says where room for them is wanted.

use super::Opening;
use crate::{BlobUrl, Config, DatabaseUrl, StartError};
#[cfg(feature = "s3")]
use crate::{MediaDelivery, ServerUrl, reach::Server};
use std::path::PathBuf;
use std::sync::Arc;
use wareroom_memory::{MemoryBlobs, MemorySpace};
use wareroom_ports::{BlobStore, Ids, MediaLinks, Space};
use wareroom_system::DiskSpace;

/// The blobs, and the way for clients to get there themselves, where that is wanted.
type Opened = (Arc<dyn BlobStore>, Option<Arc<dyn MediaLinks>>);

#[cfg_attr(
    not(feature = "s3"),
    expect(clippy::unused_async, unused_variables, reason = "only a bucket is opened by asking it")
)]
pub(super) async fn open(config: &Config, opening: Opening, ids: &dyn Ids) -> Result<Opened, StartError> {
    match &config.blobs {
        BlobUrl::Memory => Ok((Arc::new(MemoryBlobs::default()), None)),
        #[cfg(feature = "s3")]
        BlobUrl::S3(url) => open_bucket(config, url, opening, ids).await,
        #[cfg(not(feature = "s3"))]
        BlobUrl::S3(_) => Err(StartError::NotBuilt("s3:")),
        #[cfg(feature = "files")]
        BlobUrl::Files(folder) => {
            use wareroom_object_store::ObjectStoreBlobs;
            let opened = if opening.is_sole(config) {
                ObjectStoreBlobs::files(folder)
            } else {
                ObjectStoreBlobs::files_beside(folder)
            };
            match opened {
                Ok(blobs) => Ok((Arc::new(blobs), None)),
                Err(error) => Err(StartError::Adapter { what: "blob store", source: error.into() }),
            }
        }
        #[cfg(not(feature = "files"))]
        BlobUrl::Files(_) => Err(StartError::NotBuilt("file:")),
    }
}

/// The blobs alone, for a look at them beside whoever serves.
pub(crate) async fn blobs_beside(config: &Config, ids: &dyn Ids) -> Result<Arc<dyn BlobStore>, StartError> {
    open(config, Opening::Beside, ids).await.map(|(blobs, _)| blobs)
}

#[cfg(feature = "s3")]
async fn open_bucket(config: &Config, url: &ServerUrl, opening: Opening, ids: &dyn Ids) -> Result<Opened, StartError> {
    use wareroom_object_store::{OpenError, S3Blobs, S3Config};
    let settings = S3Config {
        answer_time: config.blob_timeout,
        link_time: config.media_link_time,
        ..S3Config::at(url.reveal(), config.bucket_variables.reveal())
    };
    let server = Server { key: "blob_url", url, wait: opening.wait(config) };
    let is_away = |error: &OpenError| matches!(error, OpenError::Unreachable { .. });
    let blobs = server.open(|| S3Blobs::open(settings.clone(), ids.uuid()), is_away).await?;
    let links =
        (config.media_delivery == MediaDelivery::Redirect).then(|| Arc::new(blobs.links()) as Arc<dyn MediaLinks>);
    Ok((Arc::new(blobs), links))
}

/// Room is wanted where products and where images are kept.
pub(super) fn space(config: &Config) -> Arc<dyn Space> {
    let places = places(config);
    if places.is_empty() { Arc::new(MemorySpace::new()) } else { Arc::new(DiskSpace::new(places)) }
}

/// Where products and images are kept on this machine.
pub(crate) fn places(config: &Config) -> Vec<PathBuf> {
    let database = match &config.database {
        DatabaseUrl::Sqlite(file) => Some(file.clone()),
        DatabaseUrl::Postgres(_) | DatabaseUrl::Memory => None,
    };
    let blobs = match &config.blobs {
        BlobUrl::Files(folder) => Some(folder.clone()),
        BlobUrl::S3(_) | BlobUrl::Memory => None,
    };
    database.into_iter().chain(blobs).collect()
}
