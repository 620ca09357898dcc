//! A blob store that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wareroom_domain::{BlobKey, Sha256};
use wareroom_memory::MemoryBlobs;
use wareroom_port_contracts::blobs::{BlobsFixture, CASES};
use wareroom_port_contracts::blobs_cases;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore, ListedBlob};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    LosesTheLastByte,
    WritesInTwoParts,
    LeavesAPartWhenCut,
    AnswersBeforeItKeeps,
    RefusesWhatIsThere,
    NamesByHashAlone,
    IgnoresTheRange,
    RefusesBeyondTheEnd,
    HasNothingAtTheEnd,
    MeasuresInKilobytes,
    TakesMissingForEmpty,
    DeletesNothing,
    MissesWhatItDeletes,
    OverlooksWhatWasLeft,
    RemovesUnasked,
    TakesBlobsForLeftovers,
    IgnoresTheAge,
    DisturbsPutsThatGoOn,
    IsNeverFit,
    ListsTheLastTwice,
    ListsBackwards,
    ListsFromTheBeginning,
    ListsNothingBehindAGap,
    ListsWhatWasLeft,
    ListsByNumber,
    KnowsNoAge,
}

fn name(listed: &ListedBlob) -> String {
    listed.meta.key.to_string()
}

fn made_up(key: BlobKey) -> ListedBlob {
    ListedBlob { meta: BlobMeta { key, bytes: 2 }, age: Duration::ZERO }
}

struct Wrong {
    behind: Arc<MemoryBlobs>,
    in_mind: Mutex<HashMap<BlobKey, Bytes>>,
    /// When each put that never ended was last heard of.
    left: Mutex<Vec<Instant>>,
    sweeps: AtomicU64,
    fault: Option<Fault>,
}

/// Puts the first half of a blob when it is dropped.
struct PartLeft<'a>(&'a MemoryBlobs, BlobKey, Bytes);

impl Drop for PartLeft<'_> {
    fn drop(&mut self) {
        let half = self.2.slice(..self.2.len() / 2);
        let _ = self.0.put(&self.1, half).now_or_never();
    }
}

impl Wrong {
    fn over(behind: Arc<MemoryBlobs>, fault: Option<Fault>) -> Self {
        let (in_mind, left, sweeps) = (Mutex::default(), Mutex::default(), AtomicU64::new(0));
        Self { behind, in_mind, left, sweeps, fault }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// What is kept, in order.
    fn everything(&self) -> Vec<ListedBlob> {
        self.behind.list(None).map(Result::unwrap).collect::<Vec<_>>().now_or_never().unwrap()
    }

    /// The first, the second, the third of whatever is there at that moment.
    fn by_number(&self, from: usize) -> BlobListing {
        let behind = Arc::clone(&self.behind);
        stream::unfold(from, move |number| {
            let behind = Arc::clone(&behind);
            async move { behind.list(None).skip(number).next().await.map(|listed| (listed, number + 1)) }
        })
        .boxed()
    }

    fn key(&self, key: &BlobKey) -> BlobKey {
        match key {
            BlobKey::Rendition(hash, _) if self.is(Fault::NamesByHashAlone) => BlobKey::Source(*hash),
            other => *other,
        }
    }
}

#[async_trait]
impl BlobStore for Wrong {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        let key = &self.key(key);
        match self.fault {
            Some(Fault::LosesTheLastByte) => {
                return self.behind.put(key, bytes.slice(..bytes.len().saturating_sub(1))).await;
            }
            Some(Fault::WritesInTwoParts) => {
                self.behind.put(key, bytes.slice(..bytes.len() / 2)).await?;
                sleep(Duration::from_millis(20)).await;
            }
            Some(Fault::LeavesAPartWhenCut) => {
                let part = PartLeft(&self.behind, *key, bytes.clone());
                sleep(Duration::from_millis(20)).await;
                drop(part);
            }
            Some(Fault::AnswersBeforeItKeeps) => {
                self.in_mind.lock().unwrap().insert(*key, bytes);
                return Ok(());
            }
            Some(Fault::DisturbsPutsThatGoOn) => {
                let before = self.sweeps.load(Ordering::SeqCst);
                sleep(Duration::from_millis(20)).await;
                if self.sweeps.load(Ordering::SeqCst) != before {
                    return Err(BlobError::Backend("the staged bytes are gone".into()));
                }
            }
            Some(Fault::RefusesWhatIsThere) if self.behind.head(key).await?.is_some() => {
                return Err(BlobError::Denied);
            }
            _ => {}
        }
        self.behind.put(key, bytes).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        let in_mind = self.in_mind.lock().unwrap().get(key).cloned();
        if let Some(bytes) = in_mind {
            self.behind.put(key, bytes).await?;
            let blob = self.behind.get(key, range).await;
            self.behind.delete(key).await?;
            return blob;
        }
        let size = self.behind.head(&self.key(key)).await?.map(|meta| meta.bytes);
        let beyond = |at: u64| size.is_some_and(|size| at > size);
        match (self.fault, &range) {
            (Some(Fault::IgnoresTheRange), _) => return self.behind.get(key, None).await,
            (Some(Fault::RefusesBeyondTheEnd), Some(range)) if beyond(range.end) => {
                return Err(BlobError::Backend("range not satisfiable".into()));
            }
            (Some(Fault::HasNothingAtTheEnd), Some(range)) if beyond(range.start + 1) => return Ok(None),
            (Some(Fault::TakesMissingForEmpty), _) if size.is_none() => {
                let meta = BlobMeta { key: *key, bytes: 0 };
                return Ok(Some(Blob { meta, range: 0..0, body: stream::empty().boxed() }));
            }
            _ => {}
        }
        self.behind.get(&self.key(key), range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        let mut meta = self.behind.head(&self.key(key)).await?;
        if let Some(meta) = meta.as_mut().filter(|_| self.is(Fault::MeasuresInKilobytes)) {
            meta.bytes /= 1_024;
        }
        Ok(meta)
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        match self.fault {
            Some(Fault::DeletesNothing) => Ok(()),
            Some(Fault::MissesWhatItDeletes) if self.behind.head(key).await?.is_none() => Err(BlobError::Denied),
            _ => self.behind.delete(&self.key(key)).await,
        }
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        let everything = self.everything();
        let from = after.map_or(0, |after| everything.partition_point(|listed| name(listed) <= after.to_string()));
        let mut listed: Vec<_> = everything[from..].to_vec();
        match self.fault {
            Some(Fault::ListsTheLastTwice) => listed.extend(listed.last().copied()),
            Some(Fault::ListsBackwards) => listed.reverse(),
            Some(Fault::ListsFromTheBeginning) => listed = everything,
            Some(Fault::ListsNothingBehindAGap) if after.is_some_and(|after| !self.behind.keys().contains(after)) => {
                listed.clear();
            }
            Some(Fault::ListsWhatWasLeft) => {
                let left = self.left.lock().unwrap().len();
                let hash = |index: usize| Sha256([u8::try_from(index).unwrap(); 32]);
                listed.extend((0..left).map(|index| made_up(BlobKey::Source(hash(index)))));
            }
            Some(Fault::ListsByNumber) => return self.by_number(from),
            Some(Fault::KnowsNoAge) => listed.iter_mut().for_each(|listed| listed.age = Duration::ZERO),
            _ => {}
        }
        stream::iter(listed).map(Ok).boxed()
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.sweeps.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Some(Fault::OverlooksWhatWasLeft) => return Ok(0),
            Some(Fault::TakesBlobsForLeftovers) => return Ok(self.behind.keys().len() as u64),
            _ => {}
        }
        let mut left = self.left.lock().unwrap();
        let old = |at: &Instant| at.elapsed() >= age || self.is(Fault::IgnoresTheAge);
        let count = left.iter().filter(|at| old(at)).count() as u64;
        if remove || self.is(Fault::RemovesUnasked) {
            left.retain(|at| !old(at));
        }
        Ok(count)
    }

    async fn check(&self) -> Result<(), BlobError> {
        if self.is(Fault::IsNeverFit) { Err(BlobError::Denied) } else { self.behind.check().await }
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl BlobsFixture for Fixture {
    async fn fresh() -> Self {
        Self(Arc::new(Wrong::over(Arc::default(), fault())))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.0) as _
    }

    async fn reopened(&self) -> Arc<dyn BlobStore> {
        Arc::new(Wrong::over(Arc::clone(&self.0.behind), self.0.fault))
    }

    async fn leave_behind(&self) -> u64 {
        self.0.left.lock().unwrap().extend([Instant::now(); 3]);
        3
    }
}

blobs_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_blobs_notices_its_fault() {
    let faults = [
        ("bytes_come_back_as_they_were_put", Fault::LosesTheLastByte),
        ("nobody_ever_sees_a_part_of_a_blob", Fault::WritesInTwoParts),
        ("a_put_dropped_half_way_leaves_all_or_nothing", Fault::LeavesAPartWhenCut),
        ("a_blob_is_kept_when_put_answers_ok", Fault::AnswersBeforeItKeeps),
        ("the_same_bytes_may_be_there_already", Fault::RefusesWhatIsThere),
        ("a_source_and_renditions_of_one_hash_are_blobs_of_their_own", Fault::NamesByHashAlone),
        ("a_range_is_that_part_of_the_blob", Fault::IgnoresTheRange),
        ("a_range_is_cut_at_the_end", Fault::RefusesBeyondTheEnd),
        ("a_range_that_begins_at_the_end_is_empty", Fault::HasNothingAtTheEnd),
        ("head_tells_name_and_size", Fault::MeasuresInKilobytes),
        ("a_missing_blob_is_none", Fault::TakesMissingForEmpty),
        ("a_deleted_blob_is_gone", Fault::DeletesNothing),
        ("deleting_a_missing_blob_is_ok", Fault::MissesWhatItDeletes),
        ("every_blob_is_listed_once_with_its_size", Fault::ListsTheLastTwice),
        ("blobs_are_listed_in_the_order_of_their_names", Fault::ListsBackwards),
        ("a_listing_goes_on_behind_a_name", Fault::ListsFromTheBeginning),
        ("a_listing_goes_on_behind_a_name_that_is_gone", Fault::ListsNothingBehindAGap),
        ("what_is_no_blob_is_not_listed", Fault::ListsWhatWasLeft),
        ("what_is_there_all_the_while_is_listed_once", Fault::ListsByNumber),
        ("a_listed_blob_tells_its_age", Fault::KnowsNoAge),
        ("what_was_left_behind_is_counted_and_removed", Fault::OverlooksWhatWasLeft),
        ("leftovers_are_removed_only_when_told", Fault::RemovesUnasked),
        ("a_blob_is_no_leftover", Fault::TakesBlobsForLeftovers),
        ("what_was_left_within_the_age_is_not_touched", Fault::IgnoresTheAge),
        ("a_put_that_goes_on_is_not_disturbed", Fault::DisturbsPutsThatGoOn),
        ("check_answers_ok_for_a_store_that_is_fit", Fault::IsNeverFit),
    ];
    prove("blobs", CASES, &blobs(), &faults);
}
