//! What the port does not say: how the files lie on disk.

use bytes::Bytes;
use futures::StreamExt;
use std::{
    fs::{self, File},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use wareroom_domain::{BlobKey, Format, Sha256};
use wareroom_object_store::{ObjectStoreBlobs, OpenError};
use wareroom_ports::{BlobError, BlobStore, BlobStoreExt};

const SOURCE: BlobKey = BlobKey::Source(Sha256([7; 32]));
const RENDITION: BlobKey = BlobKey::Rendition(Sha256([8; 32]), Format::WebP);

fn open(root: &TempDir) -> ObjectStoreBlobs {
    ObjectStoreBlobs::files(root.path()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn files_lie_where_their_keys_say_and_nothing_else_does() {
    let root = TempDir::new().unwrap();
    let below = root.path().join("deep/data");
    let blobs = ObjectStoreBlobs::files(&below).unwrap();
    for key in [SOURCE, RENDITION] {
        blobs.put(&key, Bytes::from_static(b"bytes")).await.unwrap();
        assert_eq!(fs::read(below.join(key.to_string())).unwrap(), b"bytes");
    }
    blobs.check().await.unwrap();
    assert_eq!(names(&below), ["media", "sources"]);
    assert_eq!(names(&below.join("sources")).len(), 1);
    blobs.delete(&SOURCE).await.unwrap();
    assert!(names(&below.join("sources")).is_empty());
}

#[tokio::test]
async fn blobs_survive_a_new_start() {
    let root = TempDir::new().unwrap();
    open(&root).put(&SOURCE, Bytes::from_static(b"bytes")).await.unwrap();
    assert_eq!(open(&root).read(&SOURCE).await.unwrap().unwrap(), "bytes");
}

#[tokio::test]
async fn a_put_that_is_dropped_half_way_leaves_nothing_visible_but_the_whole() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    let bytes = Bytes::from(vec![42; 8 << 20]);
    for micros in [0, 50, 500, 2_000, 8_000, 30_000] {
        let put = blobs.put(&SOURCE, bytes.clone());
        let _ = tokio::time::timeout(Duration::from_micros(micros), put).await;
        for _ in 0..20 {
            if let Some(meta) = blobs.head(&SOURCE).await.unwrap() {
                assert_eq!(meta.bytes, 8 << 20);
                assert_eq!(blobs.read(&SOURCE).await.unwrap().unwrap(), bytes);
            }
        }
        blobs.delete(&SOURCE).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_crash_left_behind_is_removed_at_the_next_start() {
    let root = TempDir::new().unwrap();
    open(&root).put(&SOURCE, Bytes::from_static(b"bytes")).await.unwrap();
    for name in [format!("{SOURCE}#1"), format!("{SOURCE}#12"), format!("{RENDITION}#1"), "probe-1-0".to_owned()] {
        fs::write(root.path().join(name), b"by").unwrap();
    }
    fs::write(root.path().join("media/notes.txt"), b"not ours").unwrap();
    let blobs = open(&root);
    assert_eq!(names(root.path()), ["media", "sources"]);
    assert_eq!(names(&root.path().join("sources")).len(), 1);
    assert_eq!(names(&root.path().join("media")), ["notes.txt"]);
    assert_eq!(blobs.read(&SOURCE).await.unwrap().unwrap(), "bytes");
}

#[tokio::test]
async fn who_opens_beside_another_process_takes_nothing_from_it() {
    let root = TempDir::new().unwrap();
    let below = root.path().join("deep/data");
    let beside = ObjectStoreBlobs::files_beside(&below).unwrap();
    assert_eq!(names(&below), ["media", "sources"]);
    let staged = [format!("{SOURCE}#1"), format!("{RENDITION}#12"), "probe-1-0".to_owned(), "probe-1-0#1".to_owned()];
    for name in &staged {
        fs::write(below.join(name), b"by").unwrap();
    }
    for blobs in [beside, ObjectStoreBlobs::files_beside(&below).unwrap()] {
        blobs.put(&SOURCE, Bytes::from_static(b"bytes")).await.unwrap();
        blobs.check().await.unwrap();
        assert_eq!(blobs.read(&SOURCE).await.unwrap().unwrap(), "bytes");
        for name in &staged {
            assert_eq!(fs::read(below.join(name)).unwrap(), b"by", "{name}");
        }
    }
}

#[test]
fn a_file_in_the_place_of_a_folder_is_reported_beside_another_process_too() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("sources"), b"").unwrap();
    assert!(matches!(ObjectStoreBlobs::files_beside(root.path()), Err(OpenError::Folder { .. })));
}

/// Makes a file look as if it was last written so long ago, or so long in the future.
fn shift(file: &Path, by: impl Fn(SystemTime) -> SystemTime) {
    let file = File::options().write(true).open(file).unwrap();
    file.set_modified(by(file.metadata().unwrap().modified().unwrap())).unwrap();
}

#[tokio::test]
async fn leftovers_are_judged_by_when_they_were_last_written() {
    const HOUR: Duration = Duration::from_hours(1);
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    blobs.put(&SOURCE, Bytes::from_static(b"bytes")).await.unwrap();
    let old = [format!("{SOURCE}#1"), format!("{RENDITION}#12"), "probe-1-0".to_owned(), "probe-1-0#1".to_owned()];
    let young = [format!("{SOURCE}#2"), format!("{RENDITION}#1"), "probe-1-1".to_owned()];
    let not_ours = ["media/notes.txt", "media/notes#x", "media/#", "notes#1"].map(str::to_owned);
    for name in old.iter().chain(&young).chain(&not_ours) {
        fs::write(root.path().join(name), b"by").unwrap();
    }
    fs::create_dir(root.path().join("media/folder#1")).unwrap();
    for name in old.iter().chain(&not_ours).chain([&SOURCE.to_string()]) {
        shift(&root.path().join(name), |written| written - 2 * HOUR);
    }
    // A clock that was set back since is no reason to take what may be a put's.
    shift(&root.path().join(&young[0]), |written| written + 2 * HOUR);
    let there = |names: &[String]| names.iter().filter(|name| root.path().join(name).exists()).count();

    assert_eq!(blobs.leftovers(3 * HOUR, true).await.unwrap(), 0);
    assert_eq!(blobs.leftovers(HOUR, false).await.unwrap(), 4);
    assert_eq!(there(&old), 4);
    assert_eq!(blobs.leftovers(HOUR, true).await.unwrap(), 4);
    assert_eq!((there(&old), there(&young), there(&not_ours)), (0, 3, 4));
    assert_eq!(blobs.leftovers(HOUR, true).await.unwrap(), 0);
    assert_eq!(blobs.leftovers(Duration::ZERO, true).await.unwrap(), 3);
    assert_eq!((there(&young), there(&not_ours)), (0, 4));
    assert!(root.path().join("media/folder#1").is_dir());
    assert_eq!(blobs.read(&SOURCE).await.unwrap().unwrap(), "bytes");
}

/// The names of staged files are the library's, which says nothing of them: this would notice other ones.
#[tokio::test]
async fn what_a_put_stages_is_what_would_be_left_of_it() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    let bytes = Bytes::from(vec![42; 32 << 20]);
    let mut seen = 0;
    for _ in 0..20 {
        let mut put = std::pin::pin!(blobs.put(&SOURCE, bytes.clone()));
        loop {
            tokio::select! {
                outcome = &mut put => break outcome.unwrap(),
                count = blobs.leftovers(Duration::ZERO, false) => seen = seen.max(count.unwrap()),
            }
        }
        if seen > 0 {
            break;
        }
    }
    assert_eq!(seen, 1, "no put was ever seen at work");
    assert_eq!(blobs.leftovers(Duration::ZERO, false).await.unwrap(), 0);
}

#[tokio::test]
async fn a_put_whose_staged_file_is_taken_away_answers_an_error_and_the_next_one_keeps_the_whole() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    let bytes = Bytes::from(vec![42; 32 << 20]);
    let mut spoilt = false;
    for _ in 0..20 {
        let ended = AtomicBool::new(false);
        let put = async {
            let outcome = blobs.put(&SOURCE, bytes.clone()).await;
            ended.store(true, Ordering::SeqCst);
            outcome
        };
        let sweep = async {
            while !ended.load(Ordering::SeqCst) {
                blobs.leftovers(Duration::ZERO, true).await.unwrap();
            }
        };
        let (outcome, ()) = tokio::join!(put, sweep);
        let kept = blobs.head(&SOURCE).await.unwrap();
        assert_eq!(outcome.is_ok(), kept.is_some(), "{outcome:?}");
        spoilt |= outcome.is_err();
        blobs.delete(&SOURCE).await.unwrap();
    }
    assert!(spoilt, "no staged file was ever taken away");
    blobs.put(&SOURCE, bytes.clone()).await.unwrap();
    assert_eq!(blobs.read(&SOURCE).await.unwrap().unwrap(), bytes);
}

#[tokio::test]
async fn folders_that_are_gone_are_an_error_and_not_a_clean_store() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    fs::remove_dir(root.path().join("media")).unwrap();
    assert!(matches!(blobs.leftovers(Duration::ZERO, false).await, Err(BlobError::Backend(_))));
}

#[tokio::test]
async fn a_large_blob_comes_in_pieces_and_a_part_of_it_alone() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    let bytes: Bytes = (0..3_000_001u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    blobs.put(&SOURCE, bytes.clone()).await.unwrap();
    let body = blobs.get(&SOURCE, None).await.unwrap().unwrap().body;
    // A reader is not disturbed by a delete.
    blobs.delete(&SOURCE).await.unwrap();
    let pieces: Vec<Bytes> = body.map(Result::unwrap).collect().await;
    assert!(pieces.len() > 1);
    assert_eq!(pieces.concat(), bytes);
    blobs.put(&SOURCE, bytes.clone()).await.unwrap();
    let part = blobs.get(&SOURCE, Some(5..2_000_005)).await.unwrap().unwrap();
    let pieces: Vec<Bytes> = part.body.map(Result::unwrap).collect().await;
    assert_eq!(pieces.concat(), bytes[5..2_000_005]);
}

#[tokio::test]
async fn checks_may_overlap() {
    let root = TempDir::new().unwrap();
    for blobs in [open(&root), ObjectStoreBlobs::memory()] {
        let outcomes = futures::future::join_all((0..16).map(|_| blobs.check())).await;
        assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_fails_the_check() {
    let root = TempDir::new().unwrap();
    let blobs = open(&root);
    fs::remove_dir_all(root.path()).unwrap();
    fs::write(root.path(), b"a file in its place").unwrap();
    assert!(matches!(blobs.check().await, Err(BlobError::Backend(_))));
    fs::remove_file(root.path()).unwrap();
}

#[test]
fn a_file_in_the_place_of_a_folder_is_reported_with_its_path() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("media"), b"").unwrap();
    let Err(error) = ObjectStoreBlobs::files(root.path()) else { panic!("opened") };
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains("media"));
}
