//! Carries blobs from one store to another. A blob's name is the hash of its bytes, so each is proved on the way.

use super::{Progress, Watch};
use futures::{StreamExt, stream};
use sha2::Digest;
use wareroom_domain::{BlobKey, Sha256};
use wareroom_ports::{
    BlobError, BlobStore, BlobStoreExt, BoxError, Record, Snapshot, StoreError, Table, transfer::StoredBlob,
};

/// How many names are read at a time.
pub(super) const PAGE: usize = 200;
/// How many blobs are carried or looked at at once: each may be as large as an upload may be.
const AT_ONCE: usize = 4;

/// Why blobs were not carried, or not looked through.
#[derive(Debug, thiserror::Error)]
pub(super) enum CarryError {
    #[error(transparent)]
    Rows(#[from] StoreError),
    #[error(transparent)]
    Blobs(#[from] BlobError),
}

/// What became of the blobs that a register names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Those that were put.
    pub new: u64,
    /// Those that were there already, each with the hash that its name says.
    pub there: u64,
    /// The size of all these in bytes.
    pub bytes: u64,
    /// Those that rows name and the store lacks.
    pub missing: u64,
    /// Those whose bytes are not what their name says. They were not carried.
    pub damaged: u64,
}

impl Carried {
    /// Whether every blob that a row names is there now.
    pub const fn complete(&self) -> bool {
        self.missing == 0 && self.damaged == 0
    }
}

/// Carries every blob that the register of a snapshot names, condemned ones aside, to another store. Without one it only says
/// which there are, and how large. A blob that no row names yet is carried when it is there, and not missed when it is not.
pub async fn carry_blobs(
    register: &mut dyn Snapshot,
    from: &dyn BlobStore,
    to: Option<&dyn BlobStore>,
    watch: Watch<'_>,
) -> Result<Carried, BoxError> {
    Ok(carry_all(register, from, to, watch).await?)
}

pub(super) async fn carry_all(
    register: &mut dyn Snapshot,
    from: &dyn BlobStore,
    to: Option<&dyn BlobStore>,
    watch: Watch<'_>,
) -> Result<Carried, CarryError> {
    let of = register.census().await?.of(Table::Blobs);
    let (mut carried, mut done, mut after) = (Carried::default(), 0, Table::Blobs.beginning());
    loop {
        let page = register.page(&after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(carried) };
        after = last.place();
        let named = page.iter().filter_map(entry);
        let mut outcomes =
            stream::iter(named.map(|row| async move { (row, carry(from, to, &row).await) })).buffer_unordered(AT_ONCE);
        while let Some((row, outcome)) = outcomes.next().await {
            done += 1;
            let key = row.key;
            match outcome? {
                Outcome::New(bytes) => {
                    carried.new += 1;
                    carried.bytes += bytes;
                    watch(Progress::Blob { key, bytes, done, of });
                }
                Outcome::There(bytes) => {
                    carried.there += 1;
                    carried.bytes += bytes;
                    watch(Progress::Blob { key, bytes, done, of });
                }
                Outcome::Missing | Outcome::Damaged if row.references == 0 => {}
                Outcome::Missing => {
                    carried.missing += 1;
                    watch(Progress::Missing(key));
                }
                Outcome::Damaged => {
                    carried.damaged += 1;
                    watch(Progress::Damaged(key));
                }
            }
        }
    }
}

/// The entry of a register, unless a collector is about to delete the blob.
fn entry(record: &Record) -> Option<StoredBlob> {
    match record {
        Record::Blob(stored) if !stored.condemned => Some(*stored),
        _ => None,
    }
}

enum Outcome {
    /// Put, of that size.
    New(u64),
    /// There already, of that size.
    There(u64),
    Missing,
    Damaged,
}

async fn carry(from: &dyn BlobStore, to: Option<&dyn BlobStore>, row: &StoredBlob) -> Result<Outcome, BlobError> {
    let key = &row.key;
    let Some(to) = to else {
        let found = from.head(key).await?;
        return Ok(found.map_or(Outcome::Missing, |meta| Outcome::There(meta.bytes)));
    };
    if let Some(Looked { sound: true, bytes }) = look_at(to, key).await? {
        return Ok(Outcome::There(bytes));
    }
    let Some(bytes) = from.read(key).await? else { return Ok(Outcome::Missing) };
    if Sha256(sha2::Sha256::digest(&bytes).into()) != hash_of(key) {
        return Ok(Outcome::Damaged);
    }
    let size = bytes.len() as u64;
    to.put(key, bytes).await?;
    Ok(Outcome::New(size))
}

/// What a look at a blob's bytes showed.
pub(super) struct Looked {
    /// Whether they are what the name says.
    pub(super) sound: bool,
    pub(super) bytes: u64,
}

/// Reads a blob piece by piece; `None` when there is no such blob.
pub(super) async fn look_at(blobs: &dyn BlobStore, key: &BlobKey) -> Result<Option<Looked>, BlobError> {
    let Some(mut blob) = blobs.get(key, None).await? else { return Ok(None) };
    let (mut hasher, mut bytes) = (sha2::Sha256::new(), 0);
    while let Some(piece) = blob.body.next().await {
        let piece = piece?;
        bytes += piece.len() as u64;
        hasher.update(&piece);
    }
    Ok(Some(Looked { sound: Sha256(hasher.finalize().into()) == hash_of(key), bytes }))
}

/// Looks at some blobs, a few at once, in no order.
pub(super) async fn look_at_all(
    blobs: &dyn BlobStore,
    keys: Vec<StoredBlob>,
) -> Result<Vec<(StoredBlob, Option<Looked>)>, BlobError> {
    let looks = keys.into_iter().map(|row| async move { (row, look_at(blobs, &row.key).await) });
    let looked: Vec<_> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
    looked.into_iter().map(|(row, look)| Ok((row, look?))).collect()
}

/// The hash that a name says.
const fn hash_of(key: &BlobKey) -> Sha256 {
    match key {
        BlobKey::Source(hash) | BlobKey::Rendition(hash, _) => *hash,
    }
}
