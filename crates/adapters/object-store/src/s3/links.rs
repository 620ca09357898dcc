//! Links to renditions in a bucket, signed for anybody who has them.

use crate::{error::blob_error, listing::below};
use async_trait::async_trait;
use http::Method;
use object_store::{aws::AmazonS3, path::Path as Location, signer::Signer};
use std::time::Duration;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobError, MediaLink, MediaLinks};

/// Signs links. Asks nobody, but for new credentials when those of a role are over.
pub struct S3Links {
    pub(super) store: AmazonS3,
    pub(super) prefix: Location,
    pub(super) valid: Duration,
    pub(super) origin: String,
}

#[async_trait]
impl MediaLinks for S3Links {
    async fn link(&self, key: &BlobKey) -> Result<Option<MediaLink>, BlobError> {
        if matches!(key, BlobKey::Source(_)) {
            return Ok(None);
        }
        let location = below(&self.prefix, &key.to_string());
        let url = self.store.signed_url(Method::GET, &location, self.valid).await.map_err(blob_error)?;
        Ok(Some(MediaLink { url: url.into(), valid: self.valid }))
    }

    fn origin(&self) -> &str {
        &self.origin
    }
}

/// Where every link of a bucket leads.
pub(super) async fn origin(store: &AmazonS3) -> object_store::Result<String> {
    let any = store.signed_url(Method::GET, &Location::default(), Duration::from_secs(1)).await?;
    Ok(any.origin().ascii_serialization())
}
