//! An application over stores that are disturbed, and what each of those who work there does.

use super::disturbed::{DisturbedBlobs, DisturbedStore, Pauses, Wrong};
use bytes::Bytes;
use fastrand::Rng;
use jiff::Timestamp;
use sha2::Digest;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use wareroom_application::{
    AddImages, Application, AttemptBegun, Context, CreateProduct, Error, ErrorCode, Outcome, Ports, RegisterUser,
    Settings, Sourced, UploadedFile,
};
use wareroom_bootstrap::in_memory;
use wareroom_domain::{
    BlobKey, Description, ImageId, ImageOwner, ImageState, Job, MessageId, PersonName, Price, ProductId, ProductName,
    Reason, Stamped, Trace, UserId,
};
use wareroom_object_store::ObjectStoreBlobs;
use wareroom_ports::{BlobStoreExt, Clock, StoreError};
use wareroom_sqlite::{SqliteConfig, SqliteStore};
use wareroom_system::SystemIds;

/// Bytes that a row names are not there, or are others.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Lost(String);

/// An application, and its stores as they are without disturbance.
pub(super) struct House {
    application: Application,
    calm: Ports,
    user: UserId,
    wrong: Option<Wrong>,
    pub(super) claim: Duration,
    /// How often somebody was told of a conflict and repeated what it did.
    pub(super) conflicts: AtomicU64,
}

/// The time as tokio tells it, which the stores in memory go by.
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.elapsed().as_micros().try_into().unwrap()).unwrap()
    }
}

/// Every port in memory.
fn ports(settings: &Settings) -> Ports {
    let memory = in_memory(Arc::new(TokioClock(Instant::now())), Arc::new(SystemIds), None, settings.clone());
    memory.application.ports().clone()
}

impl House {
    pub(super) async fn in_memory(claim: Duration, wrong: Option<Wrong>, random: &mut Rng) -> Self {
        let settings = Settings { blob_claim: claim, ..Settings::default() };
        Self::over(ports(&settings), settings, wrong, random).await
    }

    pub(super) async fn on_disk(folder: &Path, claim: Duration, random: &mut Rng) -> Self {
        let settings = Settings { blob_claim: claim, ..Settings::default() };
        // Everybody comes to their turn, however long the line.
        let config =
            SqliteConfig { begin_wait: Duration::from_mins(1), ..SqliteConfig::at(folder.join("rows.sqlite")) };
        let store = Arc::new(SqliteStore::open(config).await.unwrap());
        let ports = Ports {
            store: store.clone(),
            products: store.clone(),
            queue: store.clone(),
            events: store.clone(),
            retention: store,
            blobs: Arc::new(ObjectStoreBlobs::files(&folder.join("blobs")).unwrap()),
            ..ports(&settings)
        };
        Self::over(ports, settings, None, random).await
    }

    async fn over(calm: Ports, settings: Settings, wrong: Option<Wrong>, random: &mut Rng) -> Self {
        let (claim, pauses) = (settings.blob_claim, Pauses::new(random));
        let disturbed = Ports {
            store: Arc::new(DisturbedStore { store: calm.store.clone(), pauses: pauses.clone(), wrong }),
            blobs: Arc::new(DisturbedBlobs { blobs: calm.blobs.clone(), pauses }),
            ..calm.clone()
        };
        let application = Application::new(disturbed, settings);
        let name = |text: &str| PersonName::new(text).unwrap();
        let command = RegisterUser { first_name: name("Ada"), last_name: name("Lovelace") };
        let user = application.register_user(&Context::operator(), command).await.unwrap().id;
        Self { application, calm, user, wrong, claim, conflicts: AtomicU64::new(0) }
    }

    /// Does something until nothing conflicts with it. Any other error is a defect.
    async fn repeated<T>(&self, step: impl AsyncFn() -> Result<T, Error>) -> T {
        loop {
            match step().await {
                Ok(done) => return done,
                Err(error) if error.code == ErrorCode::Conflict => {
                    self.conflicts.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => panic!("{error}: {:?}", error.source),
            }
        }
    }

    pub(super) async fn product(&self) -> ProductId {
        let command = || CreateProduct {
            owner: self.user,
            name: ProductName::new("kettle").unwrap(),
            description: Description::new("").unwrap(),
            price: Price::default(),
            images: vec![],
        };
        let created =
            self.repeated(async || self.application.create_product(&Context::operator(), command()).await).await;
        created.product.id
    }

    /// Uploads one image to a product.
    pub(super) async fn upload(&self, product: ProductId, bytes: &Bytes) -> ImageId {
        let file = || UploadedFile { filename: None, bytes: bytes.clone() };
        let command = || AddImages::new(product, vec![file()]);
        self.repeated(async || self.application.add_images(&Context::operator(), command()).await).await.added[0]
    }

    /// Uploads one image to a product and makes it ready.
    pub(super) async fn put(&self, product: ProductId, bytes: &Bytes) -> Result<(), Lost> {
        let image = self.upload(product, bytes).await;
        match self.attempt(image).await {
            Outcome::Ready => Ok(()),
            Outcome::Postponed(failure) if failure.reason == Reason::SourceMissing => {
                Err(Lost(format!("the source of {image} is gone")))
            }
            other => panic!("{image} ended otherwise: {other:?}"),
        }
    }

    async fn attempt(&self, image: ImageId) -> Outcome {
        let job = Stamped {
            id: MessageId(self.calm.ids.uuid()),
            at: self.calm.clock.now(),
            trace: Trace::default(),
            body: Job::ProcessImage(image),
        };
        match self.repeated(async || self.application.begin_attempt(&job, &Sourced::Kept).await).await {
            AttemptBegun::Attempt(attempt) => {
                self.repeated(async || self.application.make_attempt(&attempt, &Sourced::Kept).await).await
            }
            other => panic!("no attempt at {image}: {other:?}"),
        }
    }

    /// Deletes products and gives up what their images name.
    pub(super) async fn delete(&self, products: &[ProductId]) {
        self.repeated(async || {
            let mut unit = self.application.ports().store.begin().await?;
            for &product in products {
                let keys = keys_of(&mut *unit, product).await?;
                unit.blobs().drop_references(&keys).await?;
                assert!(unit.products().delete(product).await?, "{product} is gone already");
            }
            Ok(unit.commit().await?)
        })
        .await;
    }

    /// Collects once; answers to how many blobs went.
    pub(super) async fn collect(&self) -> u64 {
        if self.wrong == Some(Wrong::DeletesFirst) {
            return self.repeated(async || self.collect_wrongly().await).await;
        }
        self.repeated(async || self.application.prune(false).await).await.blobs
    }

    async fn collect_wrongly(&self) -> Result<u64, Error> {
        let ports = self.application.ports();
        let mut unit = ports.store.begin().await?;
        let keys = unit.blobs().condemn(16).await?;
        // Rolled back: nobody knows of it.
        drop(unit);
        for key in &keys {
            ports.blobs.delete(key).await?;
        }
        let mut unit = ports.store.begin().await?;
        let condemned = unit.blobs().condemn(usize::MAX).await?;
        let (gone, _): (Vec<_>, Vec<_>) = condemned.into_iter().partition(|key| keys.contains(key));
        unit.blobs().bury(&gone).await?;
        unit.commit().await?;
        Ok(gone.len() as u64)
    }

    /// Every name that images of these products use.
    pub(super) async fn named(&self, products: &[ProductId]) -> Vec<BlobKey> {
        let mut unit = self.calm.store.begin().await.unwrap();
        let mut keys = vec![];
        for &product in products {
            keys.extend(keys_of(&mut *unit, product).await.unwrap());
        }
        keys
    }

    /// Each of these names has the bytes that it was made of.
    pub(super) async fn check(&self, keys: &[BlobKey]) -> Result<(), Lost> {
        for key in keys {
            let (BlobKey::Source(hash) | BlobKey::Rendition(hash, _)) = key;
            let Some(bytes) = self.calm.blobs.read(key).await.unwrap() else {
                return Err(Lost(format!("{key} is named and not there")));
            };
            if sha2::Sha256::digest(&bytes)[..] != hash.0 {
                return Err(Lost(format!("{key} is named and has other bytes")));
            }
        }
        Ok(())
    }

    /// How many of these names have bytes.
    pub(super) async fn left(&self, keys: &[BlobKey]) -> usize {
        let mut left = 0;
        for key in keys {
            left += usize::from(self.calm.blobs.head(key).await.unwrap().is_some());
        }
        left
    }
}

async fn keys_of(unit: &mut dyn wareroom_ports::UnitOfWork, product: ProductId) -> Result<Vec<BlobKey>, StoreError> {
    let mut keys = vec![];
    for image in unit.images().of_owner(ImageOwner::Product(product)).await? {
        keys.extend(image.source.sha256().map(BlobKey::Source));
        if let ImageState::Ready { renditions, .. } = &image.state {
            keys.extend(renditions.iter().map(|rendition| rendition.key));
        }
    }
    Ok(keys)
}
