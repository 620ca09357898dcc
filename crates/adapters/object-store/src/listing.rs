//! Blobs one by one, in the order of their names. Whatever else lies beside them does not have the name of one.

use crate::{
    blobs::blocking,
    config::{FOLDERS, LISTED_AT_ONCE},
    error::blob_error,
};
use futures::{StreamExt, TryStreamExt, future::ready, stream};
use object_store::{
    ObjectMeta, ObjectStore,
    path::{Path as Location, PathPart},
};
use std::{
    array, fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
    vec,
};
use wareroom_domain::{BlobKey, Sha256};
use wareroom_ports::{BlobListing, BlobMeta, ListedBlob};

/// Blobs in files below `root`. The names of a folder are read at once, 34 bytes each; sizes and ages as they are asked for.
pub(crate) fn files(root: PathBuf, after: Option<BlobKey>) -> BlobListing {
    let walk = Walk {
        root,
        after: after.map(|after| after.to_string()),
        folders: FOLDERS.into_iter(),
        keys: Vec::new().into_iter(),
    };
    stream::try_unfold(walk, |mut walk| blocking(move || Ok(walk.next_batch()?.map(|batch| (batch, walk)))))
        .map_ok(|batch| stream::iter(batch).map(Ok))
        .try_flatten()
        .boxed()
}

/// A walk through the folders. Blocks.
struct Walk {
    root: PathBuf,
    after: Option<String>,
    folders: array::IntoIter<&'static str, { FOLDERS.len() }>,
    /// What is left of the folder that it is in.
    keys: vec::IntoIter<BlobKey>,
}

impl Walk {
    /// The next few; `None` at the end.
    fn next_batch(&mut self) -> io::Result<Option<Vec<ListedBlob>>> {
        while self.keys.as_slice().is_empty() {
            let Some(folder) = self.folders.next() else { return Ok(None) };
            self.keys = self.names(folder)?.into_iter();
        }
        let root = &self.root;
        let batch = self.keys.by_ref().take(LISTED_AT_ONCE);
        batch.filter_map(|key| look(root, key).transpose()).collect::<io::Result<_>>().map(Some)
    }

    /// The names of the blobs in a folder, in order.
    fn names(&self, folder: &str) -> io::Result<Vec<BlobKey>> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(self.root.join(folder))? {
            let name = entry?.file_name();
            let Some(name) = name.to_str().map(|name| format!("{folder}/{name}")) else { continue };
            if self.after.as_ref().is_none_or(|after| name > *after) {
                keys.extend(name.parse::<BlobKey>());
            }
        }
        keys.sort_unstable_by_key(within_folder);
        Ok(keys)
    }
}

/// By what names within one folder differ, in the order that they differ by as text.
fn within_folder(key: &BlobKey) -> (Sha256, &'static str) {
    match key {
        BlobKey::Source(hash) => (*hash, ""),
        BlobKey::Rendition(hash, format) => (*hash, format.extension()),
    }
}

/// What is known of the file of a blob; `None` when it was deleted meanwhile.
fn look(root: &Path, key: BlobKey) -> io::Result<Option<ListedBlob>> {
    match fs::metadata(root.join(key.to_string())) {
        Ok(meta) if meta.is_file() => {
            Ok(Some(ListedBlob { meta: BlobMeta { key, bytes: meta.len() }, age: age(meta.modified()?) }))
        }
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// How long ago that was. What seems to come from the future, because some clock was set back, was written just now.
#[expect(
    clippy::disallowed_methods,
    reason = "what is kept carries the time of a machine, which no other clock is comparable with"
)]
pub(crate) fn age(written: SystemTime) -> Duration {
    SystemTime::now().duration_since(written).unwrap_or_default()
}

/// Blobs in a store of objects below a prefix. It lists them in order by itself.
pub(crate) fn objects(store: &dyn ObjectStore, prefix: &Location, after: Option<&BlobKey>) -> BlobListing {
    let after = after.map(|after| below(prefix, &after.to_string()));
    let prefix = prefix.clone();
    let folders = FOLDERS.map(|folder| {
        let folder = below(&prefix, folder);
        match &after {
            Some(after) => store.list_with_offset(Some(&folder), after),
            None => store.list(Some(&folder)),
        }
    });
    let listed = move |object: ObjectMeta| {
        let key = object.location.prefix_match(&prefix).and_then(key_of);
        let listed = key.map(|key| ListedBlob {
            meta: BlobMeta { key, bytes: object.size },
            age: age(object.last_modified.into()),
        });
        ready(Ok(listed))
    };
    stream::iter(folders).flatten().map_err(blob_error).try_filter_map(listed).boxed()
}

/// A name below a prefix.
pub(crate) fn below(prefix: &Location, name: &str) -> Location {
    prefix.parts().chain(Location::from(name).parts()).collect()
}

/// The blob of that name.
fn key_of<'a>(parts: impl Iterator<Item = PathPart<'a>>) -> Option<BlobKey> {
    let parts: Vec<_> = parts.collect();
    let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
    parts.join("/").parse().ok()
}
