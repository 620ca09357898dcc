//! Reads a part of an open file in pieces, each on a thread that may block.

use crate::{config::PIECE, error::from_kind};
use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};
use tokio::task::spawn_blocking;
use wareroom_ports::BlobError;

/// The bytes within `range`, which must lie within the file. A file that was deleted meanwhile is read to its end.
pub(crate) fn pieces(file: File, range: Range<u64>) -> BoxStream<'static, Result<Bytes, BlobError>> {
    stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let end = range.end.min(range.start.saturating_add(PIECE));
        let (file, bytes) = spawn_blocking(move || read(file, range.start..end))
            .await
            .map_err(|stopped| BlobError::Backend(stopped.into()))?
            .map_err(|error| from_kind(error.kind(), error.into()))?;
        Ok(Some((bytes, (file, end..range.end))))
    })
    .boxed()
}

fn read(mut file: File, range: Range<u64>) -> io::Result<(File, Bytes)> {
    let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}
