//! How blobs lie in a bucket, and what it says of them.

use super::*;
use futures::StreamExt;
use object_store::{Attribute, GetOptions, ObjectStore};
use wareroom_ports::{BlobError, BlobMeta, BlobStoreExt};
use wareroom_test_s3::Trouble;

/// What the server says of an object: its media type, and how long it may be kept.
async fn said_of(bucket: &Bucket, key: BlobKey) -> (String, String) {
    let found = bucket.raw().get_opts(&place(&key), GetOptions::default()).await.unwrap();
    let said = |attribute| found.attributes.get(&attribute).unwrap().to_string();
    (said(Attribute::ContentType), said(Attribute::CacheControl))
}

#[tokio::test]
async fn objects_lie_below_the_prefix_where_their_keys_say_and_nothing_else_does() {
    let bucket = Bucket::new().await;
    for key in [SOURCE, RENDITION] {
        bucket.blobs.put(&key, content(1_000)).await.unwrap();
        assert_eq!(fs::read(bucket.file(&key)).unwrap(), content(1_000));
    }
    bucket.blobs.check().await.unwrap();
    bucket.blobs.delete(&SOURCE).await.unwrap();
    assert!(!bucket.file(&SOURCE).exists());
    assert_eq!(fs::read_dir(bucket.file(&"probes")).unwrap().count(), 0);
}

#[tokio::test]
async fn renditions_may_be_kept_for_good_and_sources_by_nobody() {
    let bucket = Bucket::new().await;
    let jpeg = BlobKey::Rendition(Sha256([9; 32]), Format::Jpeg);
    let for_good = "public, max-age=31536000, immutable";
    // Small, and in parts.
    for length in [1_000, 7 << 20] {
        for (key, media_type, cache) in [
            (SOURCE, "application/octet-stream", "private, no-store"),
            (RENDITION, "image/webp", for_good),
            (jpeg, "image/jpeg", for_good),
        ] {
            bucket.blobs.put(&key, content(length)).await.unwrap();
            assert_eq!(said_of(&bucket, key).await, (media_type.to_owned(), cache.to_owned()));
            bucket.blobs.delete(&key).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_is_there_is_not_written_again() {
    let bucket = Bucket::new().await;
    for length in [1_000, 7 << 20] {
        bucket.blobs.put(&SOURCE, content(length)).await.unwrap();
        let written = || fs::metadata(bucket.file(&SOURCE)).unwrap().modified().unwrap();
        let before = written();
        bucket.blobs.put(&SOURCE, content(length)).await.unwrap();
        assert_eq!(written(), before, "{length} bytes");
        bucket.blobs.delete(&SOURCE).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_there_and_not_whole_is_put_right() {
    let bucket = Bucket::new().await;
    for length in [1_000, 7 << 20] {
        fs::create_dir_all(bucket.file(&"sources")).unwrap();
        fs::write(bucket.file(&SOURCE), b"a part").unwrap();
        bucket.blobs.put(&SOURCE, content(length)).await.unwrap();
        assert!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap() == content(length));
    }
}

#[tokio::test]
async fn a_service_that_knows_no_conditions_is_written_to_without() {
    let bucket = Bucket::with(|server| server.conditions = false).await;
    for _ in 0..3 {
        bucket.blobs.put(&SOURCE, content(1_000)).await.unwrap();
        assert_eq!(bucket.blobs.read(&SOURCE).await.unwrap().unwrap(), content(1_000));
    }
}

#[tokio::test]
async fn objects_of_others_are_not_listed() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&RENDITION, content(10)).await.unwrap();
    bucket.blobs.put(&SOURCE, content(20)).await.unwrap();
    for other in
        [place(&"media/notes.txt"), place(&"notes"), Location::from(SOURCE.to_string()), place(&"media/deep/1")]
    {
        bucket.raw().put(&other, PutPayload::from_static(b"not ours")).await.unwrap();
    }
    let listed: Vec<_> = bucket.blobs.list(None).map(|listed| listed.unwrap().meta).collect().await;
    let meta = |key, bytes| BlobMeta { key, bytes };
    assert_eq!(listed, [meta(RENDITION, 10), meta(SOURCE, 20)]);
}

#[tokio::test]
async fn a_listing_has_as_many_pages_as_it_needs() {
    let bucket = Bucket::new().await;
    let keys: Vec<_> = (0..2_100_u32).map(|number| BlobKey::Source(Sha256(hash_of(number)))).collect();
    fs::create_dir_all(bucket.file(&"sources")).unwrap();
    for key in &keys {
        fs::write(bucket.file(key), b"bytes").unwrap();
    }
    let listed: Vec<_> = bucket.blobs.list(None).map(|listed| listed.unwrap().meta.key).collect().await;
    assert!(listed == keys, "{} were listed", listed.len());
    let behind: Vec<_> = bucket.blobs.list(Some(&keys[999])).map(|listed| listed.unwrap().meta.key).collect().await;
    assert!(behind == keys[1_000..], "{} were listed", behind.len());
}

/// In the order of their numbers.
fn hash_of(number: u32) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    hash
}

#[tokio::test]
async fn a_bucket_that_is_gone_is_an_error_and_not_a_bucket_without_blobs() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&SOURCE, content(10)).await.unwrap();
    fs::remove_dir_all(bucket.folder.path().join("wareroom")).unwrap();
    let blobs = &bucket.blobs;
    let listed = blobs.list(None).next().await;
    let outcomes = [
        blobs.get(&SOURCE, None).await.map(drop),
        blobs.get(&SOURCE, Some(0..1)).await.map(drop),
        blobs.head(&SOURCE).await.map(drop),
        blobs.put(&SOURCE, content(10)).await,
        blobs.put(&SOURCE, content(7 << 20)).await,
        blobs.delete(&SOURCE).await,
        blobs.leftovers(Duration::ZERO, true).await.map(drop),
        blobs.check().await,
        listed.map_or(Ok(()), |first| first.map(drop)),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(BlobError::Backend(_))), "{outcome:?}");
    }
    assert!(!bucket.folder.path().join("wareroom").exists());
}

#[tokio::test]
async fn checks_may_overlap() {
    let bucket = Bucket::new().await;
    let outcomes = futures::future::join_all((0..16).map(|_| bucket.blobs.check())).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
}

#[tokio::test]
async fn a_link_is_for_reading_one_rendition_and_nothing_else() {
    let bucket = Bucket::new().await;
    bucket.blobs.put(&RENDITION, content(1_000)).await.unwrap();
    let link = bucket.blobs.links().link(&RENDITION).await.unwrap().unwrap();
    assert_eq!(link.valid, Duration::from_mins(15));
    assert!(!link.url.contains("secret"));
    let answer = follow(Method::GET, &link.url).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "image/webp");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
    let another = BlobKey::Rendition(Sha256([9; 32]), Format::WebP);
    let forged = link.url.replace(&RENDITION.to_string(), &another.to_string());
    bucket.blobs.put(&another, content(10)).await.unwrap();
    assert_ne!(forged, link.url);
    assert_eq!(follow(Method::GET, &forged).await.status(), 403);
    assert_eq!(follow(Method::DELETE, &link.url).await.status(), 403);
    assert_eq!(follow(Method::PUT, &link.url).await.status(), 403);
    let plain = link.url.split('?').next().unwrap();
    assert_eq!(follow(Method::GET, plain).await.status(), 403);
}

#[tokio::test]
async fn a_link_is_made_without_asking_anybody() {
    let bucket = Bucket::new().await;
    bucket.wire.set(Trouble::Silent).await;
    bucket.blobs.links().link(&RENDITION).await.unwrap().unwrap();
    assert_eq!(bucket.wire.connections(), 0);
}
