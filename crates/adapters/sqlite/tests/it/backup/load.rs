//! Wareroom at work: fifty products a second, each with an image, half of them deleted soon, their bytes collected at once.

use bytes::Bytes;
use std::{
    collections::VecDeque,
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use wareroom_application::{
    AddImages, Application, Context, CreateProduct, DeleteProduct, ErrorCode, Ports, RegisterUser, Settings,
    UploadedFile,
};
use wareroom_domain::{BlobKey, Description, PersonName, Price, ProductId, ProductName, UserId};
use wareroom_memory::MemoryImage;
use wareroom_object_store::ObjectStoreBlobs;
use wareroom_port_contracts::async_trait;
use wareroom_ports::{Blob, BlobError, BlobListing, BlobMeta, BlobStore};
use wareroom_sqlite::{SqliteConfig, SqliteStore};
use wareroom_system::{SystemClock, SystemIds};

/// How long bytes are kept from the collector after they were claimed.
pub(super) const CLAIM: Duration = Duration::from_secs(2);
/// Between two products.
const PACE: Duration = Duration::from_millis(20);

pub(super) struct Live {
    pub(super) application: Arc<Application>,
    pub(super) config: SqliteConfig,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Every product whose image was answered with success.
    acknowledged: Mutex<Vec<ProductId>>,
    /// Those of them that are to be deleted, with the moment.
    doomed: Mutex<VecDeque<(ProductId, Instant)>>,
    collected: AtomicU64,
    ended: AtomicBool,
}

impl Live {
    pub(super) async fn begin(folder: &Path) -> Self {
        let config = SqliteConfig::at(folder.join("wareroom.sqlite"));
        let store = SqliteStore::open(config.clone()).await.unwrap();
        let settings = Settings { blob_claim: CLAIM, min_free_space: 0, outbox_limit: 0, ..Settings::default() };
        let (clock, ids) = (Arc::new(SystemClock::default()), Arc::new(SystemIds));
        let rest = wareroom_bootstrap::in_memory(clock, ids, None, settings.clone()).application.ports().clone();
        let ports = Ports {
            store: Arc::new(store.clone()),
            products: Arc::new(store.clone()),
            users: Arc::new(store.clone()),
            dead_letters: Arc::new(store.clone()),
            jobs: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            events: Arc::new(store.clone()),
            retention: Arc::new(store),
            blobs: Arc::new(ObjectStoreBlobs::files(&folder.join("blobs")).unwrap()),
            ..rest
        };
        let application = Arc::new(Application::new(ports, settings));
        let name = PersonName::new("Ada").unwrap();
        let user = RegisterUser { first_name: name.clone(), last_name: name };
        let owner = application.register_user(&Context::operator(), user).await.unwrap().id;
        let shared = Arc::new(Shared::default());
        let mut live = Self { application, config, shared, tasks: vec![] };
        live.tasks.push(tokio::spawn(write(Arc::clone(&live.application), Arc::clone(&live.shared), owner)));
        live.tasks.push(tokio::spawn(delete(Arc::clone(&live.application), Arc::clone(&live.shared))));
        live.tasks.push(tokio::spawn(collect(Arc::clone(&live.application), Arc::clone(&live.shared))));
        live
    }

    /// Whether a product is never deleted.
    pub(super) fn stays(id: ProductId) -> bool {
        id.get() % 2 == 1
    }

    pub(super) fn acknowledged(&self) -> Vec<ProductId> {
        self.shared.acknowledged.lock().unwrap().clone()
    }

    /// How many blobs were collected.
    pub(super) fn collected(&self) -> u64 {
        self.shared.collected.load(Ordering::SeqCst)
    }

    /// Deletes at once all whose bytes may be collected at once.
    pub(super) async fn delete_old(&self) {
        delete_before(&self.application, &self.shared, Instant::now() - CLAIM).await;
    }

    /// Stops all of it; answers to how many products were written.
    pub(super) async fn end(self) -> usize {
        self.shared.ended.store(true, Ordering::SeqCst);
        for task in self.tasks {
            timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
        }
        self.shared.acknowledged.lock().unwrap().len()
    }
}

async fn write(application: Arc<Application>, shared: Arc<Shared>, owner: UserId) {
    let (context, mut pace, mut number) = (Context::operator(), interval(PACE), 0_u32);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !shared.ended.load(Ordering::SeqCst) {
        pace.tick().await;
        number += 1;
        let (name, description) = (ProductName::new("Lamp").unwrap(), Description::new("").unwrap());
        let command = CreateProduct { owner, name, description, price: Price::default(), images: vec![] };
        let product = application.create_product(&context, command).await.unwrap().product.id;
        let [.., red, green, blue] = number.to_be_bytes();
        let bytes = MemoryImage::filled(40, 30, [red, green, blue]).encode();
        let files = vec![UploadedFile { filename: None, bytes }];
        match application.add_images(&context, AddImages::new(product, files)).await {
            Ok(_) => {}
            // The disk was slow and the claim nearly over: it was not acknowledged.
            Err(error) if error.code == ErrorCode::Conflict => continue,
            Err(error) => panic!("{error:?}"),
        }
        shared.acknowledged.lock().unwrap().push(product);
        if !Live::stays(product) {
            shared.doomed.lock().unwrap().push_back((product, Instant::now()));
        }
    }
}

async fn delete(application: Arc<Application>, shared: Arc<Shared>) {
    while !shared.ended.load(Ordering::SeqCst) {
        sleep(PACE).await;
        delete_before(&application, &shared, Instant::now() - 3 * CLAIM).await;
    }
}

async fn delete_before(application: &Application, shared: &Shared, moment: Instant) {
    loop {
        let old = {
            let mut doomed = shared.doomed.lock().unwrap();
            if doomed.front().is_some_and(|(_, at)| *at < moment) { doomed.pop_front() } else { None }
        };
        let Some((id, _)) = old else { return };
        let command = DeleteProduct { product: id, precondition: wareroom_application::Precondition::None };
        application.delete_product(&Context::operator(), command).await.unwrap();
    }
}

async fn collect(application: Arc<Application>, shared: Arc<Shared>) {
    while !shared.ended.load(Ordering::SeqCst) {
        sleep(PACE).await;
        match application.prune(false).await {
            Ok(pruned) => drop(shared.collected.fetch_add(pruned.blobs, Ordering::SeqCst)),
            // It waits for its turn like everybody.
            Err(error) if matches!(error.code, ErrorCode::Unavailable | ErrorCode::Conflict) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Blobs that take their time to be read.
pub(super) struct Slow(pub(super) Arc<dyn BlobStore>);

#[async_trait]
impl BlobStore for Slow {
    async fn put(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.0.put(key, bytes).await
    }

    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Option<Blob>, BlobError> {
        sleep(Duration::from_millis(10)).await;
        self.0.get(key, range).await
    }

    async fn head(&self, key: &BlobKey) -> Result<Option<BlobMeta>, BlobError> {
        self.0.head(key).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.0.delete(key).await
    }

    fn list(&self, after: Option<&BlobKey>) -> BlobListing {
        self.0.list(after)
    }

    async fn leftovers(&self, age: Duration, remove: bool) -> Result<u64, BlobError> {
        self.0.leftovers(age, remove).await
    }

    async fn check(&self) -> Result<(), BlobError> {
        self.0.check().await
    }
}

pub(super) async fn eventually(what: &str, come: impl Fn() -> bool) {
    let waited = timeout(Duration::from_mins(1), async {
        while !come() {
            sleep(PACE).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{what}: not within a minute"));
}
