//! Looks through all blobs: which rows name and the store lacks, which are not what their names say, which nobody names.

use super::blobs::{CarryError, PAGE, look_at_all};
use futures::StreamExt;
use std::time::Duration;
use wareroom_domain::BlobKey;
use wareroom_ports::{BlobListing, BlobStore, BoxError, Export, ListedBlob, Record, Table, transfer::StoredBlob};

/// Something that is wrong with a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Rows name it, and it is not there.
    Missing(BlobKey),
    /// Its bytes are not what its name says.
    Damaged(BlobKey),
    /// It is there, nobody names it, and no collector will look for it.
    Orphaned(BlobKey),
}

/// How many blobs were looked at, and what was wrong with how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Those that have the hash that their name says.
    pub sound: u64,
    /// The size of these in bytes.
    pub bytes: u64,
    /// Those that rows name and the store lacks.
    pub missing: u64,
    /// Those that have another hash.
    pub damaged: u64,
    /// Those that nobody names, and their size in bytes.
    pub orphaned: u64,
    /// The size of these in bytes.
    pub orphaned_bytes: u64,
}

impl Verified {
    /// Whether every blob that a row names is there and is what its name says. Orphans take room, and harm nobody.
    pub const fn whole(&self) -> bool {
        self.missing == 0 && self.damaged == 0
    }
}

/// Holds the register of blobs against the list of them, both in the order of their names, and reads every blob. Changes
/// nothing. Beside a process that serves, collecting has to pause meanwhile, or what it deletes is found missing. A blob that
/// nobody names is an orphan once it is older than `grace`, before which somebody may be about to name it.
pub async fn verify_blobs(
    rows: &dyn Export,
    blobs: &dyn BlobStore,
    grace: Duration,
    found: &(dyn Fn(Finding) + Send + Sync),
) -> Result<Verified, BoxError> {
    let mut register = rows.snapshot().await?;
    let mut listing = List { blobs: blobs.list(None), next: None };
    listing.advance().await?;
    let mut verified = Verified::default();
    let mut after = Table::Blobs.beginning();
    loop {
        let page = register.page(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.place();
        let mut there = Vec::new();
        for record in page {
            let Record::Blob(row) = record else { continue };
            let name = row.key.to_string();
            while let Some(unnamed) = listing.next.filter(|listed| listed.meta.key.to_string() < name) {
                orphan(&mut verified, &unnamed, grace, found);
                listing.advance().await?;
            }
            if listing.next.is_some_and(|listed| listed.meta.key == row.key) {
                there.push(row);
                listing.advance().await?;
            } else {
                missing(&mut verified, &row, found);
            }
        }
        look(&mut verified, blobs, there, found).await?;
    }
    while let Some(unnamed) = listing.next {
        orphan(&mut verified, &unnamed, grace, found);
        listing.advance().await?;
    }
    Ok(verified)
}

/// The list of blobs, and the first of it that was not looked at.
struct List {
    blobs: BlobListing,
    next: Option<ListedBlob>,
}

impl List {
    async fn advance(&mut self) -> Result<(), CarryError> {
        self.next = self.blobs.next().await.transpose()?;
        Ok(())
    }
}

/// One that is only claimed need not be there; one that is condemned is about to go.
fn missing(verified: &mut Verified, row: &StoredBlob, found: &(dyn Fn(Finding) + Send + Sync)) {
    if row.references > 0 {
        verified.missing += 1;
        found(Finding::Missing(row.key));
    }
}

fn orphan(verified: &mut Verified, listed: &ListedBlob, grace: Duration, found: &(dyn Fn(Finding) + Send + Sync)) {
    if listed.age >= grace {
        verified.orphaned += 1;
        verified.orphaned_bytes += listed.meta.bytes;
        found(Finding::Orphaned(listed.meta.key));
    }
}

async fn look(
    verified: &mut Verified,
    blobs: &dyn BlobStore,
    there: Vec<StoredBlob>,
    found: &(dyn Fn(Finding) + Send + Sync),
) -> Result<(), CarryError> {
    for (row, looked) in look_at_all(blobs, there).await? {
        match looked {
            Some(looked) if looked.sound => {
                verified.sound += 1;
                verified.bytes += looked.bytes;
            }
            Some(_) => {
                verified.damaged += 1;
                found(Finding::Damaged(row.key));
            }
            None => missing(verified, &row, found),
        }
    }
    Ok(())
}
