//! Moves everything of a stopped store into an empty one.
//!
//! Both sides are read in the same order. What the target has already must be what the source has, row for row, and what it
//! lacks is put behind it: so a copy that was broken off goes on where it was, and one that is complete is proved to be, by
//! going over it once more and putting nothing.

use super::{
    Carried, Progress, Watch,
    blobs::{CarryError, carry_all},
    jobs,
};
use crate::Ports;
use std::sync::Arc;
use wareroom_ports::{
    BlobError, BlobStore, Census, Clock, EventLog, Export, Ids, Import, Record, Snapshot, Store, StoreError, Table,
    TransferError,
};

/// How many rows are read and put at a time.
const BATCH: usize = 200;
/// How many events are given positions at a time.
const EVENTS: usize = 1_000;

/// What is copied. Nobody works with it meanwhile.
pub struct CopySource {
    /// Its rows.
    pub rows: Arc<dyn Export>,
    /// Its log of events: those without a position are given one first, because readers know events by nothing else.
    pub events: Arc<dyn EventLog>,
    /// Its blobs.
    pub blobs: Arc<dyn BlobStore>,
    /// Where jobs are left for images that have none: theirs are in a broker, or nowhere.
    pub store: Arc<dyn Store>,
    /// The moment of these jobs.
    pub clock: Arc<dyn Clock>,
    /// Their ids.
    pub ids: Arc<dyn Ids>,
}

impl CopySource {
    /// The source that an application works with, given what shows all of its rows.
    pub fn of(ports: &Ports, rows: Arc<dyn Export>) -> Self {
        Self {
            rows,
            events: Arc::clone(&ports.events),
            blobs: Arc::clone(&ports.blobs),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
        }
    }
}

/// Where it is copied to. Nobody works with it before the copy is finished.
pub struct CopyTarget {
    /// What takes rows in.
    pub rows: Arc<dyn Import>,
    /// What was taken in.
    pub copied: Arc<dyn Export>,
    /// Its blobs.
    pub blobs: Arc<dyn BlobStore>,
}

/// What came of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How much there is in the source.
    pub source: Census,
    /// How much there is in the target.
    pub target: Census,
    /// What became of the blobs.
    pub blobs: Carried,
}

impl Copied {
    /// Whether all of it was copied. If not, blobs are missing in the source or damaged there, and the copy is not finished:
    /// once they are repaired, it goes on.
    pub fn complete(&self) -> bool {
        self.blobs.complete() && self.source == self.target
    }
}

/// Why there is no copy, or not all of it yet.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source's rows cannot be read.
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    /// The target takes nothing in.
    #[error("the target cannot take a copy in")]
    Target(#[from] TransferError),
    /// Blobs cannot be read or written.
    #[error("blobs cannot be copied")]
    Blobs(#[from] BlobError),
    /// What is in the target is not what is in the source.
    #[error(
        "the {} of the target are not those of the source, which was changed since this copy began, or is another; empty the \
         target and begin again",
        .0.name()
    )]
    Differs(Table),
}

impl From<CarryError> for CopyError {
    fn from(error: CarryError) -> Self {
        match error {
            CarryError::Rows(error) => Self::Source(error),
            CarryError::Blobs(error) => Self::Blobs(error),
        }
    }
}

/// Copies everything, or goes on with a copy that was broken off.
pub async fn copy(source: &CopySource, target: &CopyTarget, watch: Watch<'_>) -> Result<Copied, CopyError> {
    target.rows.begin().await?;
    jobs::leave_missing(source).await.map_err(CopyError::Source)?;
    while source.events.sequence(EVENTS).await.map_err(CopyError::Source)? > 0 {}
    let mut from = source.rows.snapshot().await.map_err(CopyError::Source)?;
    go_over(&mut *from, target, Some(&*target.rows), watch).await?;
    let blobs = carry_all(&mut *from, &*source.blobs, Some(&*target.blobs), watch).await?;
    drop(from);

    let mut from = source.rows.snapshot().await.map_err(CopyError::Source)?;
    go_over(&mut *from, target, None, watch).await?;
    let counted = from.census().await.map_err(CopyError::Source)?;
    if blobs.complete() {
        target.rows.finish(&counted).await?;
    }
    let mut copied = target.copied.snapshot().await.map_err(of_target)?;
    Ok(Copied { source: counted, target: copied.census().await.map_err(of_target)?, blobs })
}

fn of_target(error: StoreError) -> CopyError {
    CopyError::Target(error.into())
}

/// Goes over every table of both sides, and puts what the target lacks; an error when it lacks something and nothing is to be
/// put.
async fn go_over(
    from: &mut dyn Snapshot,
    target: &CopyTarget,
    put: Option<&dyn Import>,
    watch: Watch<'_>,
) -> Result<(), CopyError> {
    let census = from.census().await.map_err(CopyError::Source)?;
    let mut copied = target.copied.snapshot().await.map_err(of_target)?;
    for table in Table::ALL {
        let of = census.of(table);
        let (mut after, mut done, mut ended) = (table.beginning(), 0, false);
        loop {
            let page = portable(from.page(&after, BATCH).await.map_err(CopyError::Source)?);
            let there = if ended { vec![] } else { portable(copied.page(&after, BATCH).await.map_err(of_target)?) };
            ended |= there.len() < page.len();
            let lacking = page.strip_prefix(&*there).ok_or(CopyError::Differs(table))?;
            let Some(last) = page.last() else { break };
            if !lacking.is_empty() {
                put.ok_or(CopyError::Differs(table))?.put(lacking).await?;
            }
            done += page.len() as u64;
            after = last.place();
            watch(match put {
                Some(_) => Progress::Rows { table, done, of },
                None => Progress::Compared { table, done, of },
            });
        }
    }
    Ok(())
}

/// As every store can hold them.
fn portable(rows: Vec<Record>) -> Vec<Record> {
    rows.into_iter().map(Record::portable).collect()
}
