//! A blob store of one's own: it keeps every blob in two other stores, say a disk and a bucket, and goes on reading when one
//! of them has lost something or cannot be reached. The contract suite proves it, and Wareroom runs with it.
//!
//! Run it: `cargo run -p wareroom-examples --example own_blob_store`; prove it: `cargo test -p wareroom-examples`

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryFutureExt, TryStreamExt, future::join, stream};
use std::{collections::BTreeMap, error::Error, ops::Range, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Worker, WorkerSettings};
use wareroom_application::{
    AddImages, Application, Context, CreateProduct, Ports, RegisterUser, Settings, UploadedFile,
};
use wareroom_domain::{BlobKey, Description, ImageState, PersonName, ProductName};
use wareroom_memory::{MemoryBlobs, MemoryImage};
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};
use wareroom_system::{SystemClock, SystemIds};

/// Every blob, in two places.
struct Mirrored {
    first: Arc<dyn BlobStore>,
    second: Arc<dyn BlobStore>,
}

/// What the first store has, or else the second. When one cannot tell, that the other has nothing is no answer.
async fn either<T>(
    first: impl Future<Output = Result<Option<T>, BlobError>>,
    second: impl Future<Output = Result<Option<T>, BlobError>>,
) -> Result<Option<T>, BlobError> {
    match first.await {
        Ok(Some(found)) => Ok(Some(found)),
        Ok(None) => second.await,
        Err(error) => second.await?.map(Some).ok_or(error),
    }
}

#[async_trait]
impl BlobStore for Mirrored {
    /// `Ok` is a promise that the blob is kept: both stores have to give it.
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        let (first, second) = join(self.first.put(key, bytes.clone()), self.second.put(key, bytes)).await;
        first.and(second)
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        either(self.first.get(key, range.clone()), self.second.get(key, range)).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        either(self.first.head(key), self.second.head(key)).await
    }

    /// An error tells the caller to come again: what one store still has would be read.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let (first, second) = join(self.first.delete(key), self.second.delete(key)).await;
        first.and(second)
    }

    /// What either has, once; held in memory meanwhile, as an example may.
    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        let both = self.first.list(after).chain(self.second.list(after));
        let named = both.map_ok(|listed| (listed.meta.key.to_string(), listed)).try_collect::<BTreeMap<_, _>>();
        named.map_ok(|named| stream::iter(named.into_values().map(Ok))).try_flatten_stream().boxed()
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        Ok(self.first.leftovers(age, remove).await? + self.second.leftovers(age, remove).await?)
    }

    async fn check(&self) -> Result<(), BlobError> {
        let (first, second) = join(self.first.check(), self.second.check()).await;
        first.and(second)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (disk, bucket) = (Arc::new(MemoryBlobs::default()), Arc::new(MemoryBlobs::default()));
    // Any application will do: everything but the blobs stays as it is.
    let (clock, ids) = (Arc::new(SystemClock::default()), Arc::new(SystemIds));
    let plain = wareroom_bootstrap::in_memory(clock, ids, None, Settings::default()).application;
    let blobs = Arc::new(Mirrored { first: disk.clone(), second: bucket });
    let app = Arc::new(Application::new(Ports { blobs, ..plain.ports().clone() }, Settings::default()));
    let (worker, stop) = (Worker::new(app.clone(), WorkerSettings::default()), CancellationToken::new());
    let until = stop.clone();
    let working = tokio::spawn(async move { worker.run(until).await });

    let me = Context::operator();
    let name = RegisterUser { first_name: PersonName::new("Ada")?, last_name: PersonName::new("Lovelace")? };
    let owner = app.register_user(&me, name).await?.id;
    let (name, description) = (ProductName::new("Kettle")?, Description::new("Boils water")?);
    let command = CreateProduct { owner, name, description, price: "18.99".parse()?, images: vec![] };
    let product = app.create_product(&me, command).await?.product.id;
    let files = vec![UploadedFile { filename: None, bytes: MemoryImage::filled(640, 480, [200, 80, 40]).encode() }];
    app.add_images(&me, AddImages::new(product, files)).await?;
    while !app.get_product(&me, product).await?.view.images.iter().all(|image| image.state.settled()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    for image in &app.get_product(&me, product).await?.view.images {
        let ImageState::Ready { renditions, .. } = &image.state else { return Err("the image failed".into()) };
        for rendition in renditions {
            disk.delete(&rendition.key).await?;
            let blob = app.get_rendition(rendition.key, None).await?;
            println!("{} is lost on the disk: its {} bytes come from the bucket", rendition.name, blob.meta.bytes);
        }
    }
    stop.cancel();
    Ok(working.await.map(drop)?)
}

#[cfg(test)]
mod proof {
    use super::*;
    use wareroom_port_contracts::blobs::BlobsFixture;

    struct Fixture(Arc<Mirrored>);

    #[async_trait]
    impl BlobsFixture for Fixture {
        async fn fresh() -> Self {
            let store = || Arc::new(MemoryBlobs::default());
            Self(Arc::new(Mirrored { first: store(), second: store() }))
        }

        fn blobs(&self) -> Arc<dyn BlobStore> {
            self.0.clone()
        }

        /// Stores in memory leave nothing behind.
        async fn leave_behind(&self) -> u64 {
            0
        }
    }

    wareroom_port_contracts::blobs_suite!(Fixture);

    #[tokio::test]
    async fn what_one_store_lost_the_other_still_has() {
        let Fixture(blobs) = Fixture::fresh().await;
        let key = BlobKey::Source(wareroom_domain::Sha256([7; 32]));
        for store in [&blobs.first, &blobs.second] {
            blobs.put(&key, Bytes::from_static(b"kept twice")).await.unwrap();
            store.delete(&key).await.unwrap();
            assert_eq!(blobs.head(&key).await.unwrap(), Some(BlobMeta { key, bytes: 10 }));
        }
    }
}
