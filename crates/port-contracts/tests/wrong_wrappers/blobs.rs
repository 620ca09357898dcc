//! A blob store that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use wareroom_domain::BlobKey;
use wareroom_memory::MemoryBlobs;
use wareroom_port_contracts::blobs::{BlobsFixture, CASES};
use wareroom_port_contracts::blobs_cases;
use wareroom_ports::{Blob, BlobError, BlobMeta, BlobStore};

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
    IsNeverFit,
}

struct Wrong {
    behind: Arc<MemoryBlobs>,
    in_mind: Mutex<HashMap<BlobKey, Bytes>>,
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
    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
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

    async fn check(&self) -> Result<(), BlobError> {
        if self.is(Fault::IsNeverFit) { Err(BlobError::Denied) } else { self.behind.check().await }
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl BlobsFixture for Fixture {
    async fn fresh() -> Self {
        Self(Arc::new(Wrong { behind: Arc::default(), in_mind: Mutex::default(), fault: fault() }))
    }

    fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::clone(&self.0) as _
    }

    async fn reopened(&self) -> Arc<dyn BlobStore> {
        Arc::new(Wrong { behind: Arc::clone(&self.0.behind), in_mind: Mutex::default(), fault: self.0.fault })
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
        ("check_answers_ok_for_a_store_that_is_fit", Fault::IsNeverFit),
    ];
    prove("blobs", CASES, &blobs(), &faults);
}
