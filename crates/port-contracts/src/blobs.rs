//! `BlobStore`: bytes under names.

mod listing;

pub use listing::*;

use crate::patience::{CUTS, LONG, MOMENT, eight, within};
use crate::samples::{hash, key, keys};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wareroom_domain::{BlobKey, Format};
use wareroom_ports::{BlobMeta, BlobStore, BlobStoreExt};

/// A blob store to be held to account.
#[async_trait]
pub trait BlobsFixture: Send + Sync + Sized + 'static {
    /// An empty blob store, shared with nobody.
    async fn fresh() -> Self;

    /// The blob store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// What another process would see in its place, or this one after a restart: opened anew where there is something to
    /// open.
    async fn reopened(&self) -> Arc<dyn BlobStore> {
        self.blobs()
    }

    /// Leaves behind what puts leave whose process dies, and answers how much `leftovers` is to count of it: 0 where a put
    /// leaves all or nothing whatever happens.
    async fn leave_behind(&self) -> u64;
}

/// The one list of cases of [`blobs`](crate::blobs).
#[macro_export]
macro_rules! blobs_cases {
    ($then:path, $given:tt) => {
        $then! { blobs $given
            bytes_come_back_as_they_were_put
            nobody_ever_sees_a_part_of_a_blob
            a_put_dropped_half_way_leaves_all_or_nothing
            a_blob_is_kept_when_put_answers_ok
            the_same_bytes_may_be_there_already
            a_source_and_renditions_of_one_hash_are_blobs_of_their_own
            a_range_is_that_part_of_the_blob
            a_range_is_cut_at_the_end
            a_range_that_begins_at_the_end_is_empty
            head_tells_name_and_size
            a_missing_blob_is_none
            a_deleted_blob_is_gone
            deleting_a_missing_blob_is_ok
            every_blob_is_listed_once_with_its_size
            blobs_are_listed_in_the_order_of_their_names
            a_listing_goes_on_behind_a_name
            a_listing_goes_on_behind_a_name_that_is_gone
            what_is_no_blob_is_not_listed
            what_is_there_all_the_while_is_listed_once
            a_listed_blob_tells_its_age
            what_was_left_behind_is_counted_and_removed
            leftovers_are_removed_only_when_told
            a_blob_is_no_leftover
            what_was_left_within_the_age_is_not_touched
            a_put_that_goes_on_is_not_disturbed
            check_answers_ok_for_a_store_that_is_fit
        }
    };
}

/// Tests that hold a [`BlobsFixture`] to every case of [`blobs`](crate::blobs).
#[macro_export]
macro_rules! blobs_suite {
    ($fixture:ty) => {
        $crate::blobs_cases!($crate::tests, ($fixture));
    };
}

blobs_cases!(names, ());

/// Bytes without a pattern that a cut could hide in.
fn content(length: u32) -> Bytes {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

async fn put(blobs: &Arc<dyn BlobStore>, key: &BlobKey, bytes: &Bytes) {
    within("put answers", blobs.put(key, bytes.clone())).await.expect("a put");
}

async fn leftovers(blobs: &Arc<dyn BlobStore>, age: Duration, remove: bool) -> u64 {
    within("leftovers answers", blobs.leftovers(age, remove)).await.expect("a count")
}

async fn read(blobs: &Arc<dyn BlobStore>, key: &BlobKey) -> Option<Bytes> {
    within("a blob is read", blobs.read(key)).await.expect("a blob, or none")
}

/// What `get` gives of a range: where it lies, and the bytes.
async fn part(blobs: &Arc<dyn BlobStore>, key: &BlobKey, range: Range<u64>, size: u64) -> (Range<u64>, Bytes) {
    let blob = within("get answers", blobs.get(key, Some(range))).await.expect("a part").expect("the blob");
    assert_eq!(blob.meta, BlobMeta { key: *key, bytes: size }, "the meta is that of the whole blob");
    let whole = |mut whole: BytesMut, chunk: Bytes| async move {
        whole.extend_from_slice(&chunk);
        Ok(whole)
    };
    let bytes = within("the body ends", blob.body.try_fold(BytesMut::new(), whole)).await.expect("a body");
    (blob.range, bytes.freeze())
}

/// Bytes of any length come back, the whole of them as their own range.
pub async fn bytes_come_back_as_they_were_put<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    for length in [0, 1, 70_000, 3_000_000] {
        for key in keys() {
            put(&blobs, &key, &content(length)).await;
            assert!(read(&blobs, &key).await.as_ref() == Some(&content(length)), "{length} bytes came back otherwise");
            let blob = blobs.get(&key, None).await.expect("a get").expect("the blob");
            assert_eq!((blob.meta, blob.range), (BlobMeta { key, bytes: length.into() }, 0..length.into()));
        }
    }
}

/// `put` MUST be all or nothing: nobody ever sees a part of it.
pub async fn nobody_ever_sees_a_part_of_a_blob<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let (key, whole) = (key(), content(2_000_000));
    let written = Arc::new(AtomicBool::new(false));
    let readers = [0; 2].map(|_| {
        let (blobs, written, whole) = (fixture.blobs(), Arc::clone(&written), whole.clone());
        tokio::spawn(async move {
            while !written.load(Ordering::SeqCst) {
                let seen = read(&blobs, &key).await;
                assert!(seen.is_none_or(|seen| seen == whole), "a part was seen");
                let meta = blobs.head(&key).await.expect("a head");
                assert!(meta.is_none_or(|meta| meta.bytes == 2_000_000), "a part was seen");
                tokio::task::yield_now().await;
            }
        })
    });
    eight("eight tasks put the same bytes", |_| {
        let (blobs, whole) = (fixture.blobs(), whole.clone());
        async move { put(&blobs, &key, &whole).await }
    })
    .await;
    written.store(true, Ordering::SeqCst);
    for reader in readers {
        within("a reader ends", reader).await.expect("a reader who saw all or nothing");
    }
    assert!(read(&fixture.blobs(), &key).await == Some(whole));
}

/// `put` MUST be all or nothing, also when the call is dropped half-way.
pub async fn a_put_dropped_half_way_leaves_all_or_nothing<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let (blobs, whole) = (fixture.blobs(), content(2_000_000));
    for cut in CUTS {
        let key = key();
        let _ = timeout(cut, blobs.put(&key, whole.clone())).await;
        // Whatever goes on behind a dropped call has a moment to show.
        let end = Instant::now() + MOMENT / 8;
        while Instant::now() < end {
            let seen = read(&blobs, &key).await;
            assert!(seen.is_none_or(|seen| seen == whole), "a part was left");
            tokio::task::yield_now().await;
        }
        put(&blobs, &key, &whole).await;
        assert!(read(&blobs, &key).await.as_ref() == Some(&whole), "the next put was spoilt");
    }
}

/// `put` MUST be durable when it answers `Ok`.
pub async fn a_blob_is_kept_when_put_answers_ok<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let (key, whole) = (key(), content(5_000));
    put(&fixture.blobs(), &key, &whole).await;
    assert!(read(&fixture.reopened().await, &key).await == Some(whole), "it is not kept");
}

/// `put` of the same bytes is fine when they are there already.
pub async fn the_same_bytes_may_be_there_already<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let (key, whole) = (key(), content(5_000));
    for _ in 0..3 {
        put(&blobs, &key, &whole).await;
        assert!(read(&blobs, &key).await.as_ref() == Some(&whole));
    }
}

/// A name is the whole of it: a source and the renditions of the same hash are apart.
pub async fn a_source_and_renditions_of_one_hash_are_blobs_of_their_own<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let hash = hash();
    let keys = [BlobKey::Source(hash), BlobKey::Rendition(hash, Format::Jpeg), BlobKey::Rendition(hash, Format::WebP)];
    for (key, length) in keys.iter().zip(1..) {
        put(&blobs, key, &content(length)).await;
    }
    for (key, length) in keys.iter().zip(1..) {
        assert_eq!(read(&blobs, key).await, Some(content(length)), "{key} was taken for another");
    }
    blobs.delete(&keys[0]).await.expect("a delete");
    assert_eq!(read(&blobs, &keys[0]).await, None);
    assert_eq!(read(&blobs, &keys[1]).await, Some(content(2)));
}

/// `get` reads the part of a blob within `range`.
pub async fn a_range_is_that_part_of_the_blob<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let (key, whole) = (key(), content(200_000));
    put(&blobs, &key, &whole).await;
    for (from, to) in [(0_u32, 200_000_u32), (0, 1), (1, 100), (65_530, 131_080), (199_999, 200_000)] {
        let (range, bytes) = part(&blobs, &key, from.into()..to.into(), 200_000).await;
        assert_eq!(range, from.into()..to.into());
        assert!(bytes == whole[from as usize..to as usize], "{from}..{to} is another part");
    }
}

/// `get` MUST cut a range that reaches beyond the end.
pub async fn a_range_is_cut_at_the_end<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let (key, whole) = (key(), content(1_000));
    put(&blobs, &key, &whole).await;
    for end in [1_001, u64::MAX] {
        let (range, bytes) = part(&blobs, &key, 900..end, 1_000).await;
        assert_eq!((range, bytes), (900..1_000, whole.slice(900..)));
    }
}

/// `get` MUST give an empty body for a range that begins at the end, or beyond.
pub async fn a_range_that_begins_at_the_end_is_empty<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let key = key();
    put(&blobs, &key, &content(1_000)).await;
    for begin in [1_000, 1_001, u64::MAX - 1] {
        let (range, bytes) = part(&blobs, &key, begin..u64::MAX, 1_000).await;
        assert!(range.is_empty() && bytes.is_empty(), "{begin}.. gave {} bytes as {range:?}", bytes.len());
    }
}

/// `head` tells what is known of a blob.
pub async fn head_tells_name_and_size<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    for (key, length) in keys().into_iter().zip([0, 1, 70_000]) {
        put(&blobs, &key, &content(length)).await;
        let meta = within("head answers", blobs.head(&key)).await.expect("a head");
        assert_eq!(meta, Some(BlobMeta { key, bytes: length.into() }));
    }
}

/// `get` and `head` answer `None` when there is no such blob.
pub async fn a_missing_blob_is_none<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    put(&blobs, &key(), &content(1)).await;
    for key in keys() {
        assert!(blobs.get(&key, None).await.expect("a get").is_none());
        assert!(blobs.get(&key, Some(0..1)).await.expect("a get").is_none());
        assert_eq!(blobs.head(&key).await.expect("a head"), None);
    }
}

/// `delete` deletes a blob; it can be put again.
pub async fn a_deleted_blob_is_gone<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let (gone, kept) = (key(), key());
    put(&blobs, &gone, &content(10)).await;
    put(&blobs, &kept, &content(11)).await;
    within("delete answers", blobs.delete(&gone)).await.expect("a delete");
    assert_eq!(read(&blobs, &gone).await, None);
    assert_eq!(blobs.head(&gone).await.expect("a head"), None);
    assert_eq!(read(&blobs, &kept).await, Some(content(11)));
    put(&blobs, &gone, &content(10)).await;
    assert_eq!(read(&blobs, &gone).await, Some(content(10)));
}

/// `delete` MUST answer `Ok` for a blob that is not there.
pub async fn deleting_a_missing_blob_is_ok<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    for key in keys() {
        within("delete answers", fixture.blobs().delete(&key)).await.expect("nothing to delete is fine");
    }
}

/// `leftovers` MUST count all that is `age` old, and remove it when told to.
pub async fn what_was_left_behind_is_counted_and_removed<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, 0, "a fresh blob store has nothing left behind");
    let left = fixture.leave_behind().await;
    assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, left);
    assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, 0, "it is not removed");
    let again = fixture.leave_behind().await;
    assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, again);
}

/// `leftovers` MUST remove what was left behind only when told to.
pub async fn leftovers_are_removed_only_when_told<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let left = fixture.leave_behind().await;
    for _ in 0..3 {
        assert_eq!(leftovers(&blobs, Duration::ZERO, false).await, left, "unasked");
    }
    assert_eq!(leftovers(&fixture.blobs(), Duration::ZERO, true).await, left);
}

/// `leftovers` MUST NOT count or touch a blob, however old.
pub async fn a_blob_is_no_leftover<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    for key in keys() {
        put(&blobs, &key, &content(1_000)).await;
        for remove in [false, true] {
            assert_eq!(leftovers(&blobs, Duration::ZERO, remove).await, 0, "{key} was counted");
        }
        let left = fixture.leave_behind().await;
        assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, left);
        assert_eq!(read(&blobs, &key).await, Some(content(1_000)), "{key} was touched");
    }
}

/// `leftovers` MUST NOT count or touch what was written within `age`: the put may be going on.
pub async fn what_was_left_within_the_age_is_not_touched<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let left = fixture.leave_behind().await;
    for age in [LONG, Duration::MAX] {
        assert_eq!(leftovers(&blobs, age, true).await, 0, "it is younger than {age:?}");
    }
    assert_eq!(leftovers(&blobs, Duration::ZERO, true).await, left, "it was touched");
}

/// `leftovers` MUST NOT touch what a put that is still going on has written within `age`.
pub async fn a_put_that_goes_on_is_not_disturbed<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let whole = content(2_000_000);
    let ended = Arc::new(AtomicBool::new(false));
    let sweeper = tokio::spawn({
        let (blobs, ended) = (fixture.blobs(), Arc::clone(&ended));
        async move {
            while !ended.load(Ordering::SeqCst) {
                assert_eq!(leftovers(&blobs, LONG, true).await, 0, "a put that goes on was counted");
                tokio::task::yield_now().await;
            }
        }
    });
    eight("eight tasks put", |_| {
        let (blobs, whole) = (fixture.blobs(), whole.clone());
        async move {
            for key in keys() {
                put(&blobs, &key, &whole).await;
                assert!(read(&blobs, &key).await.as_ref() == Some(&whole), "{key} was spoilt");
            }
        }
    })
    .await;
    ended.store(true, Ordering::SeqCst);
    within("the sweeper ends", sweeper).await.expect("a sweeper that found nothing");
}

/// `check` tells whether blobs can be read and written.
pub async fn check_answers_ok_for_a_store_that_is_fit<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    within("check answers", fixture.blobs().check()).await.expect("a fresh blob store is fit");
}
