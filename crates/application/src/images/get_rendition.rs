//! The bytes of a rendition. Renditions are public: their names cannot be guessed and are given out with their product.

use crate::{Application, Error, ErrorCode};
use std::ops::Range;
use wareroom_domain::BlobKey;
use wareroom_ports::Blob;

pub(crate) async fn execute(app: &Application, key: BlobKey, range: Option<Range<u64>>) -> Result<Blob, Error> {
    let not_found = || Error::new(ErrorCode::NotFound, "there is no such rendition");
    if matches!(key, BlobKey::Source(_)) {
        return Err(not_found());
    }
    app.ports.blobs.get(&key, range).await?.ok_or_else(not_found)
}
