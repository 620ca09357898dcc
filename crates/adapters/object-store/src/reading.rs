//! What a store of objects gives of one, in the terms of the port.

use crate::{error::blob_error, pieces::pieces};
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{Error, GetOptions, GetRange, GetResultPayload, ObjectStore, path::Path as Location};
use std::ops::Range;
use wareroom_domain::BlobKey;
use wareroom_ports::{Blob, BlobError, BlobMeta};

/// `None` where the store says that there is none.
pub(crate) fn found<T>(outcome: object_store::Result<T>) -> Result<Option<T>, BlobError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(blob_error(error)),
    }
}

/// The whole of an object.
pub(crate) async fn whole(
    store: &dyn ObjectStore,
    location: &Location,
    key: BlobKey,
) -> Result<Option<Blob>, BlobError> {
    read(store, location, key, GetOptions::default()).await
}

/// A part of the object that `meta` is known of. The store takes an empty range, or one behind the end, for a mistake.
pub(crate) async fn part(
    store: &dyn ObjectStore,
    location: &Location,
    meta: BlobMeta,
    asked: Range<u64>,
) -> Result<Option<Blob>, BlobError> {
    let start = asked.start.min(meta.bytes);
    let range = start..asked.end.clamp(start, meta.bytes);
    if range.is_empty() {
        return Ok(Some(Blob { meta, range, body: stream::empty().boxed() }));
    }
    let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
    read(store, location, meta.key, options).await
}

async fn read(
    store: &dyn ObjectStore,
    location: &Location,
    key: BlobKey,
    options: GetOptions,
) -> Result<Option<Blob>, BlobError> {
    let Some(result) = found(store.get_opts(location, options).await)? else { return Ok(None) };
    let meta = BlobMeta { key, bytes: result.meta.size };
    let range = result.range.clone();
    let body = match result.payload {
        GetResultPayload::File(file, _) => pieces(file, range.clone()),
        GetResultPayload::Stream(stream) => stream.map_err(blob_error).boxed(),
    };
    Ok(Some(Blob { meta, range, body }))
}
