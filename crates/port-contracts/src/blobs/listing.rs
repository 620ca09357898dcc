//! Listings: all of it, once, in order.

use super::{BlobsFixture, content, put};
use crate::patience::{LONG, within};
use crate::samples::{hash, key, keys};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;
use std::time::Duration;
use wareroom_domain::{BlobKey, Format};
use wareroom_ports::{BlobMeta, BlobStore, ListedBlob};

/// More than a store hands out in one go.
const MANY: usize = 300;

async fn listed(blobs: &Arc<dyn BlobStore>, after: Option<&BlobKey>) -> Vec<ListedBlob> {
    within("a listing ends", blobs.list(after).try_collect()).await.expect("a listing")
}

async fn names(blobs: &Arc<dyn BlobStore>, after: Option<&BlobKey>) -> Vec<String> {
    listed(blobs, after).await.iter().map(|listed| listed.meta.key.to_string()).collect()
}

/// Puts a few of each kind, and answers their names in order. Renditions of one hash differ in the last letters alone.
async fn few(blobs: &Arc<dyn BlobStore>) -> Vec<BlobKey> {
    let same = hash();
    let mut keys: Vec<_> = (0..3).flat_map(|_| keys()).collect();
    keys.extend([
        BlobKey::Source(same),
        BlobKey::Rendition(same, Format::WebP),
        BlobKey::Rendition(same, Format::Jpeg),
    ]);
    for key in &keys {
        put(blobs, key, &content(1)).await;
    }
    keys.sort_by_key(BlobKey::to_string);
    keys
}

/// `list` MUST list each blob once: any number of them, with their sizes.
pub async fn every_blob_is_listed_once_with_its_size<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    assert_eq!(listed(&blobs, None).await, [], "there is none yet");
    let mut metas = Vec::new();
    for (index, key) in std::iter::repeat_with(keys).flatten().take(MANY).enumerate() {
        let length = u32::try_from(index % 7).expect("a small number");
        put(&blobs, &key, &content(length)).await;
        metas.push(BlobMeta { key, bytes: length.into() });
    }
    metas.sort_by_key(|meta| meta.key.to_string());
    let mut found: Vec<_> = listed(&blobs, None).await.iter().map(|listed| listed.meta).collect();
    found.sort_by_key(|meta| meta.key.to_string());
    assert!(found == metas, "{} blobs were listed where {MANY} are", found.len());
}

/// `list` MUST list them in the order of their names.
pub async fn blobs_are_listed_in_the_order_of_their_names<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let keys: Vec<_> = few(&blobs).await.iter().map(BlobKey::to_string).collect();
    assert_eq!(names(&blobs, None).await, keys);
}

/// `list` MUST list only those behind `after`: the next one first, the last one last.
pub async fn a_listing_goes_on_behind_a_name<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let keys = few(&blobs).await;
    for (index, key) in keys.iter().enumerate() {
        let behind: Vec<_> = keys[index + 1..].iter().map(BlobKey::to_string).collect();
        assert_eq!(names(&blobs, Some(key)).await, behind, "behind {key}");
    }
}

/// `list` MUST list those behind `after`, which need not be there.
pub async fn a_listing_goes_on_behind_a_name_that_is_gone<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let mut keys = few(&blobs).await;
    for index in [keys.len() - 1, 4, 0] {
        let gone = keys.remove(index);
        within("delete answers", blobs.delete(&gone)).await.expect("a delete");
        let behind: Vec<_> = keys[index..].iter().map(BlobKey::to_string).collect();
        assert_eq!(names(&blobs, Some(&gone)).await, behind, "behind {gone}");
    }
}

/// `list` MUST NOT list anything that is not a blob: nothing deleted, nothing left behind, nothing of a check's.
pub async fn what_is_no_blob_is_not_listed<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let (kept, gone) = (key(), key());
    for key in [&kept, &gone] {
        put(&blobs, key, &content(10)).await;
    }
    within("delete answers", blobs.delete(&gone)).await.expect("a delete");
    within("check answers", blobs.check()).await.expect("a fresh blob store is fit");
    fixture.leave_behind().await;
    assert_eq!(names(&blobs, None).await, [kept.to_string()]);
}

/// `list` MUST list each blob once that is there all the while, whatever is put and deleted meanwhile.
pub async fn what_is_there_all_the_while_is_listed_once<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    let mut kept: Vec<_> = few(&blobs).await.iter().map(BlobKey::to_string).collect();
    // Names before and behind those that stay.
    let mut passing: Vec<_> = (0..20).map(|_| key()).collect();
    passing.extend([[0; 32], [0xff; 32]].map(|hash| BlobKey::Source(wareroom_domain::Sha256(hash))));
    let mut listing = blobs.list(None);
    let mut found = Vec::new();
    let mut changes = passing.iter().cycle();
    while let Some(next) = within("a listing goes on", listing.next()).await {
        found.push(next.expect("a listing").meta.key.to_string());
        for key in changes.by_ref().take(2) {
            match blobs.head(key).await.expect("a head") {
                None => put(&blobs, key, &content(2)).await,
                Some(_) => within("delete answers", blobs.delete(key)).await.expect("a delete"),
            }
        }
    }
    found.retain(|name| kept.contains(name));
    kept.sort();
    assert_eq!(found, kept);
}

/// `list` tells how long ago a blob was written.
pub async fn a_listed_blob_tells_its_age<F: BlobsFixture>() {
    let fixture = F::fresh().await;
    let blobs = fixture.blobs();
    put(&blobs, &key(), &content(10)).await;
    let fresh = listed(&blobs, None).await[0].age;
    assert!(fresh < LONG, "what was just put is said to be {fresh:?} old");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let later = listed(&blobs, None).await[0].age;
    assert!(later > fresh && later < LONG, "it was {fresh:?} old, and 2 s later {later:?}");
}
