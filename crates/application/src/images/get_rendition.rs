//! The bytes of a rendition, or where they are to be had. Renditions are public: their names cannot be guessed and are given out with their product.

use crate::{Application, Error, ErrorCode};
use std::ops::Range;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, MediaLink};

pub(crate) async fn execute(app: &Application, key: BlobKey, range: Option<Range<u64>>) -> Result<Blob, Error> {
    if matches!(key, BlobKey::Source(_)) {
        return Err(not_found());
    }
    app.ports.blobs.get(&key, range).await?.ok_or_else(not_found)
}

/// Where a client gets it itself. Looks first whether it is there: nobody is sent to a place that has nothing for them.
pub(crate) async fn link(app: &Application, key: BlobKey) -> Result<Option<MediaLink>, Error> {
    if matches!(key, BlobKey::Source(_)) {
        return Err(not_found());
    }
    let Some(links) = &app.ports.media_links else { return Ok(None) };
    let Some(link) = links.link(&key).await? else { return Ok(None) };
    app.ports.blobs.head(&key).await?.ok_or_else(not_found)?;
    Ok(Some(link))
}

fn not_found() -> Error {
    Error::new(ErrorCode::NotFound, "there is no such rendition")
}
