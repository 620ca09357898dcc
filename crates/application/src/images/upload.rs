//! Files that clients send: judged by their first bytes, then kept under their hash.

use crate::stage::stage;
use crate::{Application, Error, ErrorCode, Fault};
use bytes::Bytes;
use sha2::Digest;
use wareroom_domain::{BlobKey, Content, FileName, Sha256, Source, Via};

/// A file as it came.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Its name on the client's side.
    pub filename: Option<FileName>,
    /// Its content.
    pub bytes: Bytes,
}

/// Looks at the first bytes of every file: what is certain to fail is refused now, with every file's fault.
pub(super) async fn judge(app: &Application, via: Via, files: &[UploadedFile]) -> Result<Vec<Source>, Error> {
    let limit = app.settings.image_max_bytes;
    let (mut sources, mut refused) = (vec![], vec![]);
    for (index, file) in files.iter().enumerate() {
        let judged = if file.bytes.len() as u64 > limit {
            Err(Error::new(ErrorCode::TooLarge, format!("at most {limit} bytes are allowed")))
        } else {
            app.ports.codec.inspect(file.bytes.clone(), &app.settings.codec).await.map_err(Error::from)
        };
        match judged {
            Ok(inspected) => sources.push(Source::Upload {
                via,
                filename: file.filename.clone(),
                content: Content {
                    content_type: inspected.media_type.to_owned(),
                    bytes: file.bytes.len() as u64,
                    sha256: hash(&file.bytes).await,
                },
            }),
            Err(error) => refused.push((index, error)),
        }
    }
    let faults = refused
        .iter()
        .map(|(index, error)| Fault { pointer: pointer(via, *index), detail: error.detail.clone() })
        .collect();
    match refused.into_iter().next() {
        None if sources.is_empty() => {
            let fault = Fault { pointer: "/file".to_owned(), detail: "at least one file is needed".to_owned() };
            Err(Error::new(ErrorCode::Invalid, "no file was sent").with_faults(vec![fault]))
        }
        None => Ok(sources),
        Some((_, first)) => Err(first.with_faults(faults)),
    }
}

/// How much is hashed before others have their turn, in bytes: about a millisecond.
const HASHED_AT_ONCE: usize = 1 << 20;

async fn hash(bytes: &[u8]) -> Sha256 {
    let mut hash = sha2::Sha256::new();
    for (index, part) in bytes.chunks(HASHED_AT_ONCE).enumerate() {
        if index > 0 {
            tokio::task::yield_now().await;
        }
        hash.update(part);
    }
    Sha256(hash.finalize().into())
}

/// Where a file was in what the client sent.
pub(super) fn pointer(via: Via, index: usize) -> String {
    match via {
        Via::Form => format!("/file/{index}"),
        Via::Base64 => "/base64".to_owned(),
    }
}

/// The names that the files of these sources are kept under.
pub(super) fn keys(sources: &[Source]) -> Vec<BlobKey> {
    sources.iter().filter_map(Source::sha256).map(BlobKey::Source).collect()
}

/// Puts files whose names were claimed. When it answers, they are on disk.
pub(super) async fn put(app: &Application, keys: &[BlobKey], files: &[UploadedFile]) -> Result<(), Error> {
    for (key, file) in keys.iter().zip(files) {
        app.ports.blobs.put(key, file.bytes.clone()).await?;
    }
    stage!("store");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_is_of_the_whole_file_however_many_parts_it_is_hashed_in() {
        for length in [0, 1, HASHED_AT_ONCE, HASHED_AT_ONCE + 1, 3 * HASHED_AT_ONCE] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            assert_eq!(hash(&bytes).await, Sha256(sha2::Sha256::digest(&bytes).into()), "{length}");
        }
    }
}
